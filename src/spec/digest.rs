//! [`digest`]: one short name for what an experiment means, data included.
//!
//! Knows nothing of files; key order, comments and spelling are gone before it is called.

use super::Experiment;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Names an experiment on a data set and a split: 32 hexadecimal digits.
///
/// The name, the question, where the data lie and how the run is kept are left out: they change
/// no result. What the data are is in their fingerprint.
pub fn digest(experiment: &Experiment, data_fingerprint: &str, split_fingerprint: &str) -> String {
    // Only a number that is no number could fail here, and no spec can hold one.
    let mut json = serde_json::to_value(experiment).unwrap_or_default();
    leave_out(&mut json, &["name", "question"]);
    leave_out(&mut json, &["checkpoint", "provenance", "disk"]);
    leave_out(&mut json["data"], &["root", "phantom"]);
    leave_out(&mut json["preprocess"], &["cache"]);
    leave_out(&mut json["schedule"], &["on-extend"]);
    leave_out(&mut json["train"], &["walltime"]);
    let text = format!("{}\n{data_fingerprint}\n{split_fingerprint}", canonical(&json));
    blake3::hash(text.as_bytes()).to_hex()[..32].into()
}

fn leave_out(table: &mut Json, keys: &[&str]) {
    if let Some(table) = table.as_object_mut() {
        table.retain(|key, _| !keys.contains(&key.as_str()));
    }
}

/// JSON with sorted keys and one way to write each number.
fn canonical(value: &Json) -> String {
    let joined = |parts: Vec<String>| parts.join(",");
    match value {
        Json::Object(table) => {
            let sorted: BTreeMap<_, _> = table.iter().collect();
            let entry = |(key, value): (&String, &Json)| {
                format!("{}:{}", Json::from(key.as_str()), canonical(value))
            };
            format!("{{{}}}", joined(sorted.into_iter().map(entry).collect()))
        }
        Json::Array(items) => format!("[{}]", joined(items.iter().map(canonical).collect())),
        // 1 and 1.0 are one number, and so are 0.0 and -0.0.
        Json::Number(number) if number.is_f64() => {
            (number.as_f64().unwrap_or_default() + 0.0).to_string()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::load_resolved;

    fn of(text: &str) -> String {
        digest(&load_resolved(text).unwrap(), "data", "split")
    }

    const PLAIN: &str = "name = 'a'\nseed = 1\n[data]\nroot = 'd'\nclasses = ['b', 't']\n\
        [loss]\ndice.weight = 1.0\ncross-entropy.weight = 0.7";

    #[test]
    fn spelling_order_comments_names_and_places_do_not_matter() {
        let other = "# why\nseed = 0x1\nname = 'other'\nquestion = 'Why?'\n\
            loss.cross-entropy = { weight = 7e-1 }\nloss.dice = { weight = 1 }\n\
            [data] # here\nclasses = [\n  \"b\",\n  \"t\",\n]\nroot = 'elsewhere'\n\
            phantom = { cases = 2, shape = [8, 8, 8] }\n[model]\ndropout = 0.3\n\
            [preprocess]\ncache = false\n[train]\nwalltime = '8h'\n\
            [checkpoint]\nevery-minutes = 5\n[disk]\nbudget = '1 GB'\n\
            [provenance]\ndirty = 'refuse'\n[schedule]\nkind = 'one-cycle'\n\
            on-extend = 'stretch'";
        assert_eq!(of(PLAIN), of(other));
        assert_eq!(of(PLAIN).len(), 32);
    }

    #[test]
    fn meaning_matters() {
        let plain = of(PLAIN);
        for (from, to) in [
            ("seed = 1", "seed = 2"),
            ("['b', 't']", "['t', 'b']"),
            ("weight = 0.7", "weight = 0.70001"),
            ("dice.weight = 1.0", "dice.background = false"),
        ] {
            assert!(PLAIN.contains(from));
            assert_ne!(of(&PLAIN.replace(from, to)), plain, "{from} -> {to}");
        }
        let experiment = load_resolved(PLAIN).unwrap();
        assert_ne!(digest(&experiment, "other data", "split"), plain);
        assert_ne!(digest(&experiment, "data", "other split"), plain);
    }

    #[test]
    fn numbers_have_one_spelling() {
        let text = |json: &str| canonical(&serde_json::from_str(json).unwrap());
        assert_eq!(text(r#"{"b": [1.0, -0.0], "a": 1e-5}"#), r#"{"a":0.00001,"b":[1,0]}"#);
        assert_eq!(text("18446744073709551615"), "18446744073709551615");
    }
}
