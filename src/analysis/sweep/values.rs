//! [`Base`]: the spec that the cells of a sweep lay their settings over; values as text.
//!
//! Does not know about runs.

use crate::{
    spec::{Experiment, Settings, load_resolved, toml_text},
    sweep::store::SweepPlan,
};
use serde_json::Value as Json;
use toml::{Table, Value};

/// Numbers of more letters than this are rounded where they are only looked at.
const LONGEST_NUMBER: usize = 8;

/// The spec of a sweep, as far as it can be read.
pub(super) struct Base {
    pub(super) experiment: Option<Experiment>,
    table: Table,
}

impl Base {
    pub(super) fn read(plan: &SweepPlan) -> Self {
        // Another build may have written it: then what its types would tell is left out.
        let experiment = load_resolved(&plan.base).ok();
        Self { experiment, table: toml::from_str(&plan.base).unwrap_or_default() }
    }

    fn value(&self, key: &str) -> Option<&Value> {
        let mut words = key.split('.');
        let first = self.table.get(words.next()?);
        words.fold(first, |value, word| value?.as_table()?.get(word))
    }

    /// A value that is text.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.value(key)?.as_str()
    }

    /// The value that a cell has for a key, as TOML text: its own, or that of the spec.
    pub(super) fn value_of(&self, settings: &Settings, key: &str) -> String {
        if let Some(own) = settings.get(key) {
            return toml_text(own);
        }
        let json = self.value(key).and_then(|value| serde_json::to_value(value).ok());
        toml_text(&json.unwrap_or(Json::Null))
    }

    /// Whether the spec, without its sweep, would still be sound with another number for a key.
    pub(super) fn allows(&self, key: &str, number: &Value) -> bool {
        let mut table = self.table.clone();
        table.remove("sweep");
        let Some((outer, last)) = key.rsplit_once('.') else { return false };
        let place = outer.split('.').try_fold(&mut table, |table, word| {
            table.entry(word).or_insert_with(|| Value::Table(Table::new())).as_table_mut()
        });
        let Some(place) = place else { return false };
        place.insert(last.to_owned(), number.clone());
        toml::to_string(&table).is_ok_and(|text| load_resolved(&text).is_ok())
    }
}

/// A value as a number, where it is one.
pub(super) fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A value as it is written, a number of many digits rounded to three that count.
pub fn short_value(text: &str) -> String {
    match number(text) {
        Some(number) if text.len() > LONGEST_NUMBER => format!("{number:.2e}")
            .parse()
            .map_or_else(|_| text.to_owned(), |it: f64| it.to_string()),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_rounded_and_others_stay_as_they_are() {
        let values = ["0.000965489385", "0.01", "[8, 16, 32, 64]", "123456789"];
        assert_eq!(values.map(short_value), ["0.000965", "0.01", "[8, 16, 32, 64]", "123000000"]);
    }
}
