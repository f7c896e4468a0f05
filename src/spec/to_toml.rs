//! [`flatten`]: a resolved experiment as dotted keys and TOML values; [`Experiment::to_toml`].
//!
//! Does not know where a value came from.

use super::{
    Experiment, schema,
    shape::{Key, Shape},
    tree::join,
};
use serde_json::Value as Json;
use std::{collections::BTreeMap, fmt::Write};

/// Every key with its value as TOML text; keys that are absent are left out.
pub fn flatten(experiment: &Experiment) -> BTreeMap<String, String> {
    leaves(experiment).into_iter().map(|leaf| (leaf.path(), leaf.value)).collect()
}

impl Experiment {
    /// The whole experiment as TOML, every default filled in; it loads back to the same.
    pub fn to_toml(&self) -> String {
        self.to_annotated_toml(|_| None)
    }

    /// As [`to_toml`](Self::to_toml), each key followed by what `note` says of it, as a comment.
    pub fn to_annotated_toml(&self, note: impl Fn(&str) -> Option<String>) -> String {
        let mut toml = String::new();
        let mut table = String::new();
        for leaf in leaves(self) {
            if leaf.table != table {
                // Writing to a string cannot fail.
                let _ = write!(toml, "\n[{}]\n", leaf.table);
            }
            let _ = write!(toml, "{} = {}", leaf.name, leaf.value);
            if let Some(note) = note(&leaf.path()) {
                let _ = write!(toml, "  # {note}");
            }
            toml.push('\n');
            table = leaf.table;
        }
        toml
    }
}

/// A key that holds a value.
struct Leaf {
    table: String,
    name: String,
    value: String,
}

impl Leaf {
    fn path(&self) -> String {
        join(&self.table, &self.name)
    }
}

fn leaves(experiment: &Experiment) -> Vec<Leaf> {
    // Only NaN could fail here, and a spec cannot hold it.
    let json = serde_json::to_value(experiment).unwrap_or_default();
    let mut leaves = Vec::new();
    add_leaves("", schema::experiment(), &json, &mut leaves);
    leaves
}

/// Leaves of a table first, its tables after, as TOML wants them.
fn add_leaves(path: &str, keys: &[Key], json: &Json, leaves: &mut Vec<Leaf>) {
    let mut push = |name: &str, value: &Json| {
        leaves.push(Leaf { table: path.into(), name: name.into(), value: toml_text(value) });
    };
    let values = || keys.iter().filter_map(|key| Some((key, json.get(&key.name)?)));
    if let Some(kind) = json.get("kind").filter(|_| !keys.iter().any(|key| key.name == "kind")) {
        push("kind", kind);
    }
    for (key, value) in values() {
        if !matches!(key.shape, Shape::Table(_) | Shape::Variants(_)) {
            push(&key.name, value);
        }
    }
    for (key, value) in values() {
        let path = join(path, &key.name);
        match &key.shape {
            Shape::Table(keys) => add_leaves(&path, keys, value, leaves),
            Shape::Variants(variants) => {
                if let Some(variant) = variants.iter().find(|it| value["kind"] == *it.kind) {
                    add_leaves(&path, &variant.keys, value, leaves);
                }
            }
            _ => {}
        }
    }
}

/// A value as TOML on one line.
pub fn toml_text(value: &Json) -> String {
    let list = |items: Vec<String>| items.join(", ");
    match value {
        // TOML reads the escapes of JSON, but wants one more character escaped.
        Json::String(_) => value.to_string().replace('\u{7f}', "\\u007F"),
        Json::Array(items) => format!("[{}]", list(items.iter().map(toml_text).collect())),
        Json::Object(table) if table.is_empty() => "{}".into(),
        Json::Object(table) => {
            let entry =
                |(key, value): (&String, _)| format!("{} = {}", toml_key(key), toml_text(value));
            format!("{{ {} }}", list(table.iter().map(entry).collect()))
        }
        other => other.to_string(),
    }
}

fn toml_key(key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !key.is_empty() && key.chars().all(is_bare) { key.into() } else { toml_text(&key.into()) }
}
