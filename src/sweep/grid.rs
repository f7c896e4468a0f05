//! [`combinations`]: every combination of one value of each axis.
//!
//! Does not know about keys or cells.

use crate::spec::{Settings, is_same_value};
use serde_json::Value as Json;

/// Every combination, the last axis varying fastest.
pub(super) fn combinations<'a>(axes: &'a [&'a [Json]]) -> impl Iterator<Item = Vec<Json>> + 'a {
    let n = axes.iter().fold(1_usize, |n, values| n.saturating_mul(values.len()));
    (0..n).map(|idx| {
        let mut rest = idx;
        let value = |values: &&'a [Json]| {
            let value = values[rest % values.len()].clone();
            rest /= values.len();
            value
        };
        let mut values: Vec<Json> = axes.iter().rev().map(value).collect();
        values.reverse();
        values
    })
}

/// Whether settings have every value of one of the tables.
pub(super) fn is_excluded(settings: &Settings, exclude: &[Settings]) -> bool {
    let has = |(key, value): (&String, &Json)| {
        settings.get(key).is_some_and(|own| is_same_value(own, value))
    };
    exclude.iter().any(|table| table.iter().all(has))
}
