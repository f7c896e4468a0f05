//! Settings of runs as dotted keys, and [`differing`]: those that not all runs share.
//!
//! Does not know what a key means.

use super::rows::RunRow;
use crate::spec::short_keys;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// Keys that name an experiment and change nothing in it.
const NAMES: [&str; 2] = ["name", "question"];

/// Every key of a resolved spec, dotted, with its value as TOML text. Taken from the file and not
/// through the spec's types: a run of another build has the keys of that build.
pub(super) fn flatten(resolved: &Table) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    gather(resolved, "", &mut settings);
    settings
}

fn gather(table: &Table, prefix: &str, settings: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let dotted = format!("{prefix}{key}");
        match value {
            Value::Table(inner) => gather(inner, &format!("{dotted}."), settings),
            value => {
                settings.insert(dotted, value.to_string());
            }
        }
    }
}

/// Keys whose values are not the same in all runs, in order; a key that some run lacks differs.
/// Runs without any setting, as damaged ones are, do not count; neither do name and question.
pub fn differing<'a>(runs: impl IntoIterator<Item = &'a RunRow>) -> Vec<String> {
    let mut settings = runs.into_iter().map(|run| &run.settings).filter(|s| !s.is_empty());
    let Some(first) = settings.next() else { return Vec::new() };
    let mut differing = BTreeSet::new();
    for other in settings {
        // Runs of one build have the same keys, and ten thousand of them are listed in a moment
        // if nothing has to be looked up.
        let pairs = || first.iter().zip(other);
        if first.len() == other.len() && pairs().all(|((left, _), (right, _))| left == right) {
            let unequal = pairs().filter(|((_, left), (_, right))| left != right);
            differing.extend(unequal.map(|((key, _), _)| key));
        } else {
            let keys = first.keys().chain(other.keys());
            differing.extend(keys.filter(|key| first.get(*key) != other.get(*key)));
        }
    }
    differing.into_iter().filter(|key| !NAMES.contains(&key.as_str())).cloned().collect()
}

/// `max-lr = 0.001, background = true`: the shortest names of some keys with their values.
pub(super) fn setting_in_words(keys: &[String], values: impl Iterator<Item = String>) -> String {
    let words = short_keys(keys).into_iter().zip(values);
    words.map(|(short, value)| format!("{short} = {value}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_become_dotted_keys_with_toml_values() {
        let table = toml::from_str("seed = 1\n[loss.dice]\nbackground = true\nabsent = 'skip'\n");
        let settings = flatten(&table.unwrap());
        let expected =
            [("loss.dice.absent", "\"skip\""), ("loss.dice.background", "true"), ("seed", "1")];
        assert_eq!(settings, expected.map(|(key, value)| (key.into(), value.into())).into());
    }

    #[test]
    fn keys_that_not_all_runs_share_differ() {
        let run = |settings: &[(&str, &str)]| RunRow {
            settings: settings.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            ..RunRow::default()
        };
        let runs = [
            run(&[]),
            run(&[("a", "1"), ("b", "1"), ("c", "1"), ("name", "x")]),
            run(&[("a", "1"), ("b", "2"), ("c", "1"), ("name", "y")]),
            run(&[("a", "1"), ("b", "1"), ("d", "1"), ("name", "x")]),
        ];
        assert_eq!(differing(&runs), ["b", "c", "d"]);
        assert_eq!(differing(&runs[..2]), Vec::<String>::new());
    }
}
