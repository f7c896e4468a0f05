//! Settings of runs as dotted keys, and [`differing`]: those worth showing.
//!
//! Knows nothing of what a key means.

use super::RunRow;
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
pub fn differing(runs: &[RunRow]) -> Vec<String> {
    let settings: Vec<_> = runs.iter().map(|run| &run.settings).filter(|s| !s.is_empty()).collect();
    let keys: BTreeSet<&String> = settings.iter().flat_map(|settings| settings.keys()).collect();
    keys.into_iter()
        .filter(|key| !NAMES.contains(&key.as_str()))
        .filter(|key| settings.windows(2).any(|pair| pair[0].get(*key) != pair[1].get(*key)))
        .cloned()
        .collect()
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
}
