//! [`axis_type`]: what a dotted key of a sweep may hold; and dotted keys as users write them.
//!
//! Does not know about any particular spec.

use super::{
    keys, schema,
    shape::{Key, Shape},
    tree::{Node, Table, Value, join},
};
use crate::base::suggest;

/// What an axis over a key is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AxisType {
    /// Whole numbers.
    Integer,
    /// Numbers.
    Number,
    /// Anything else: no range of it makes sense.
    Other,
}

/// The type of a dotted key; `None` when there is no such key.
pub fn axis_type(key: &str) -> Option<AxisType> {
    Some(match shape_in(schema::experiment(), key)? {
        Shape::Integer(_) => AxisType::Integer,
        Shape::Number(_) => AxisType::Number,
        _ => AxisType::Other,
    })
}

fn shape_in<'a>(keys: &'a [Key], path: &str) -> Option<&'a Shape> {
    static WORD: Shape = Shape::Text;
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let shape = &keys.iter().find(|key| key.name == name)?.shape;
    match (rest, shape) {
        (None, shape) => Some(shape),
        (Some(rest), Shape::Table(keys)) => shape_in(keys, rest),
        (Some("kind"), Shape::Variants(_)) => Some(&WORD),
        (Some(rest), Shape::Variants(variants)) => {
            variants.iter().find_map(|variant| shape_in(&variant.keys, rest))
        }
        (Some(_), Shape::Map(shape)) => Some(shape),
        _ => None,
    }
}

/// The dotted key that the user may have meant.
pub(super) fn nearest(key: &str) -> Option<String> {
    let rows = keys::listing();
    let words = rows.iter().map(|row| row.key.as_str());
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let same_end = || rows.iter().find(|row| last(&row.key) == last(key)).map(|row| &row.key);
    suggest::nearest(key, words).map(str::to_owned).or_else(|| same_end().cloned())
}

/// Makes `axes.train.epochs` the same as `axes."train.epochs"`, so that layers merge either way.
pub(super) fn flatten_axes(tree: &mut Table) {
    let Some(Value::Table(sweep)) = tree.get_mut("sweep").map(|node| &mut node.value) else {
        return;
    };
    if let Some(Value::Table(axes)) = sweep.get_mut("axes").map(|node| &mut node.value) {
        flatten(axes, &|path, table| {
            let is_leaf = shape_in(schema::experiment(), path).is_some_and(|shape| {
                !matches!(shape, Shape::Table(_) | Shape::Variants(_) | Shape::Map(_))
            });
            is_leaf || table.contains_key("from") || table.contains_key("to")
        });
    }
}

/// The same for the tables of `exclude` and `include`, but for a key that is itself an axis: its
/// values are tables.
pub(super) fn flatten_settings(tree: &mut Table) {
    let Some(Value::Table(sweep)) = tree.get_mut("sweep").map(|node| &mut node.value) else {
        return;
    };
    let axes: Vec<String> = match sweep.get("axes").map(|node| &node.value) {
        Some(Value::Table(axes)) => axes.keys().cloned().collect(),
        _ => Vec::new(),
    };
    for list in ["exclude", "include"] {
        let Some(Value::List(items)) = sweep.get_mut(list).map(|node| &mut node.value) else {
            continue;
        };
        for item in items {
            if let Value::Table(settings) = &mut item.value {
                flatten(settings, &|path, _| axes.iter().any(|axis| axis == path));
            }
        }
    }
}

/// Joins the keys of tables within tables; one that is empty or that `stays` is a value.
fn flatten(table: &mut Table, stays: &dyn Fn(&str, &Table) -> bool) {
    fn add(
        path: &str,
        table: Table,
        stays: &dyn Fn(&str, &Table) -> bool,
        flat: &mut Vec<(String, Node)>,
    ) {
        for (name, node) in table {
            let path = join(path, &name);
            match node.value {
                Value::Table(table) if !table.is_empty() && !stays(&path, &table) => {
                    add(&path, table, stays, flat);
                }
                value => flat.push((path, Node { value, ..node })),
            }
        }
    }
    let mut flat = Vec::new();
    add("", std::mem::take(table), stays, &mut flat);
    table.extend(flat);
}
