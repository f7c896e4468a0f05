//! [`experiment`]: every key there is, read from the types through their JSON Schema.
//!
//! Does not know about files or faults.

use super::{
    Experiment,
    shape::{Key, Range, Shape, Variant},
};
use serde_json::Value as Json;
use std::sync::LazyLock;

/// The keys of an experiment, in the order of its fields.
pub(super) fn experiment() -> &'static [Key] {
    static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
        let schema = schemars::schema_for!(Experiment).to_value();
        keys_of(&schema, &schema)
    });
    &KEYS
}

fn keys_of(root: &Json, table: &Json) -> Vec<Key> {
    let required: Vec<&str> = words(&table["required"]).collect();
    let properties = table["properties"].as_object().into_iter().flatten();
    properties
        .filter(|(_, property)| property.get("const").is_none())
        .map(|(name, property)| Key {
            name: name.clone(),
            meaning: meaning(property),
            default: property.get("default").filter(|default| !default.is_null()).cloned(),
            required: required.contains(&name.as_str()),
            shape: shape_of(root, property),
        })
        .collect()
}

/// A schema's shape: exactly the forms that schemars gives to the types of this room.
fn shape_of(root: &Json, schema: &Json) -> Shape {
    if let Some(name) = schema["$ref"].as_str() {
        return shape_of(root, &root["$defs"][name.trim_start_matches("#/$defs/")]);
    }
    if let Some(choices) = choices(schema) {
        return Shape::Choice(choices);
    }
    if let Some(variants) = schema["oneOf"].as_array() {
        return Shape::Variants(variants.iter().map(|one| variant_of(root, one)).collect());
    }
    if let Some(either) = schema["anyOf"].as_array() {
        let mut shapes: Vec<Shape> = either
            .iter()
            .filter(|one| one["type"] != "null")
            .map(|one| shape_of(root, one))
            .collect();
        return match shapes.len() {
            1 => shapes.remove(0),
            _ => Shape::Either(shapes),
        };
    }
    // An optional value is of two types, the second being null.
    let kind = schema["type"].as_str().or(schema["type"][0].as_str()).unwrap_or_default();
    match kind {
        "object"
            if schema["additionalProperties"].is_object()
                || schema["additionalProperties"] == true =>
        {
            Shape::Map(Box::new(shape_of(root, &schema["additionalProperties"])))
        }
        "object" => Shape::Table(keys_of(root, schema)),
        "array" => Shape::List {
            item: Box::new(shape_of(root, &schema["items"])),
            min: count(&schema["minItems"]).unwrap_or(0),
            max: count(&schema["maxItems"]).unwrap_or(usize::MAX),
        },
        "integer" => Shape::Integer(range_of(schema)),
        "number" => Shape::Number(range_of(schema)),
        "boolean" => Shape::Flag,
        // A value that may be anything has the schema `true`.
        _ if schema.is_boolean() || schema.get("type").is_none() => Shape::Any,
        _ => Shape::Text,
    }
}

fn variant_of(root: &Json, schema: &Json) -> Variant {
    Variant {
        kind: schema["properties"]["kind"]["const"].as_str().unwrap_or_default().into(),
        meaning: meaning(schema),
        keys: keys_of(root, schema),
    }
}

/// The words of an enumeration: documented ones are `oneOf` constants, bare ones an `enum`.
fn choices(schema: &Json) -> Option<Vec<(String, String)>> {
    if schema["enum"].is_array() {
        return Some(words(&schema["enum"]).map(|word| (word.into(), String::new())).collect());
    }
    let constant = |one: &Json| Some((one["const"].as_str()?.to_owned(), meaning(one)));
    schema["oneOf"].as_array()?.iter().map(constant).collect()
}

fn words(list: &Json) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Json::as_str)
}

fn count(number: &Json) -> Option<usize> {
    number.as_u64().and_then(|number| usize::try_from(number).ok())
}

fn range_of(schema: &Json) -> Range {
    Range {
        min: schema["minimum"].as_f64().unwrap_or(f64::NEG_INFINITY),
        max: schema["maximum"].as_f64().unwrap_or(f64::INFINITY),
    }
}

/// The doc comment on one line.
fn meaning(schema: &Json) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find<'a>(keys: &'a [Key], name: &str) -> &'a Key {
        keys.iter().find(|key| key.name == name).unwrap()
    }

    #[test]
    fn every_key_has_a_meaning_and_a_shape_that_the_check_knows() {
        fn look(path: &str, keys: &[Key]) {
            for key in keys {
                let path = format!("{path}.{}", key.name);
                assert!(!key.meaning.is_empty(), "`{path}` says nothing");
                look_at(&path, &key.shape);
            }
        }
        fn look_at(path: &str, shape: &Shape) {
            match shape {
                Shape::Table(keys) => look(path, keys),
                Shape::Variants(variants) => variants.iter().for_each(|variant| {
                    assert!(!variant.kind.is_empty(), "`{path}` has a variant without a kind");
                    assert!(!variant.meaning.is_empty(), "`{path}.{}`", variant.kind);
                    look(path, &variant.keys);
                }),
                Shape::Choice(words) => {
                    assert!(words.iter().all(|(_, meaning)| !meaning.is_empty()), "{path}");
                }
                Shape::Map(inner) | Shape::List { item: inner, .. } => look_at(path, inner),
                Shape::Either(shapes) => shapes.iter().for_each(|shape| look_at(path, shape)),
                _ => {}
            }
        }
        look("", experiment());
    }

    #[test]
    fn limits_of_the_types_arrive() {
        let Shape::Table(model) = &find(experiment(), "model").shape else { panic!("a table") };
        assert_eq!(find(model, "dropout").shape.describe(), "number, 0 to 0.95");
        let widths = find(model, "widths").shape.describe();
        assert_eq!(widths, "list of 2 to 8: integer, 1 to 2048");
        assert!(find(experiment(), "data").required);
        assert!(!find(experiment(), "model").required);
    }
}
