//! [`listing`]: every key as a row, for people to read; made from the types, not kept beside them.
//!
//! Does not know about any particular spec.

use super::{
    schema,
    shape::{self, Key, Shape},
    to_toml::toml_text,
    tree::join,
};
use serde::Serialize;
use serde_json::Value as Json;

/// One key of a spec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyRow {
    /// The dotted key.
    pub key: String,
    /// The `kind` of its table that it goes with; empty when it goes with all.
    pub when: String,
    /// Type with range or choices.
    #[serde(rename = "type")]
    pub shape: String,
    /// The words it can be, where it is one of a few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Value when the key is not set, as TOML; `required`, or `absent`.
    pub default: String,
    /// What it means.
    pub meaning: String,
}

/// A word that a key can be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The word.
    pub word: String,
    /// What it means.
    pub meaning: String,
}

/// Every key in the order of the types: `extends` first, leaves of all kinds, and those tables
/// that may be absent.
pub fn listing() -> Vec<KeyRow> {
    let mut rows = vec![KeyRow {
        key: "extends".into(),
        when: String::new(),
        shape: "string".into(),
        choices: Vec::new(),
        default: "absent".into(),
        meaning: "Path of another spec, relative to this file: its keys hold where this file sets \
                  none. Its `name` is not taken over."
            .into(),
    }];
    list("", "", schema::experiment(), None, &mut rows);
    rows
}

fn list(path: &str, when: &str, keys: &[Key], defaults: Option<&Json>, rows: &mut Vec<KeyRow>) {
    for key in keys {
        let path = join(path, &key.name);
        let default = defaults.and_then(|table| table.get(&key.name)).or(key.default.as_ref());
        let row = |key_path: &str, shape: &Shape, default: Option<&Json>| KeyRow {
            key: key_path.into(),
            when: when.into(),
            shape: shape.describe(),
            choices: choices(shape),
            default: match default {
                Some(default) => toml_text(default),
                None if key.required => "required".into(),
                None => "absent".into(),
            },
            meaning: key.meaning.clone(),
        };
        match &key.shape {
            Shape::Table(keys) => {
                if default.is_none() && !key.required {
                    rows.push(row(&path, &key.shape, None));
                }
                list(&path, "", keys, default, rows);
            }
            Shape::Variants(variants) => {
                let usual = default.map(|default| &default["kind"]);
                rows.push(row(&join(&path, "kind"), &shape::kinds(variants), usual));
                for variant in variants {
                    let own = default.filter(|default| default["kind"] == *variant.kind);
                    list(&path, &variant.kind, &variant.keys, own, rows);
                }
            }
            shape => rows.push(row(&path, shape, default)),
        }
    }
}

fn choices(shape: &Shape) -> Vec<Choice> {
    match shape {
        Shape::Choice(words) => words
            .iter()
            .map(|(word, meaning)| Choice { word: word.clone(), meaning: meaning.clone() })
            .collect(),
        Shape::List { item, .. } => choices(item),
        Shape::Either(shapes) => shapes.iter().flat_map(choices).collect(),
        _ => Vec::new(),
    }
}
