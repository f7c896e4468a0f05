//! [`digest`]: one short name for what an experiment means, data included; [`differences`] between
//! two meanings.
//!
//! Does not know about files; key order, comments and spelling are gone before it is called.

use super::Experiment;
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// Names, questions, where the data lie, how a run is kept and what it is compared with.
const LEFT_OUT: [&str; 11] = [
    "name",
    "question",
    "checkpoint",
    "provenance",
    "disk",
    "sweep",
    "data.root",
    "data.phantom",
    "preprocess.cache",
    "schedule.on-extend",
    "train.walltime",
];

/// Keys that came after digests were first given, each with the value that means what there was
/// before it, as JSON: an experiment that has it keeps its name.
const CAME_LATER: [(&str, &str); 2] =
    [("train.accumulate", "1"), ("evaluate.surface-tolerance-mm", "[1.0,2.0]")];

/// Keys that a run's result depends on, and that tell repetitions of one setting apart: another
/// seed, another fold, other cases, other scores of the same weights. Runs that were scored on
/// other cases, or otherwise, are told apart by their fingerprints.
const REPETITION: [&str; 4] = ["seed", "split.fold", "split.seed", "evaluate"];

/// Names an experiment on a data set and a split: 32 hexadecimal digits.
///
/// The name, the question, where the data lie and how the run is kept are left out: they change
/// no result. What the data are is in their fingerprint.
pub fn digest(experiment: &Experiment, data_fingerprint: &str, split_fingerprint: &str) -> String {
    Digests::default().of(experiment, data_fingerprint, split_fingerprint)
}

/// Names the setting of an experiment: what its repetitions with other seeds and folds share. The
/// data and the split are left out, which tell runs apart by their fingerprints. 32 hexadecimal
/// digits.
pub fn setting_digest(experiment: &Experiment) -> String {
    let mut json = meaning(experiment);
    for key in REPETITION {
        leave_out(&mut json, key);
    }
    leave_out_defaults(&mut json);
    blake3::hash(canonical(&json).as_bytes()).to_hex()[..32].into()
}

/// Digests of experiments that have much in common, such as the cells of a sweep: each table is
/// brought into its one form once.
#[derive(Debug, Default)]
pub struct Digests(BTreeMap<(&'static str, String), String>);

impl Digests {
    /// As [`digest`].
    pub fn of(
        &mut self,
        experiment: &Experiment,
        data_fingerprint: &str,
        split_fingerprint: &str,
    ) -> String {
        let Experiment {
            seed,
            data,
            split,
            preprocess,
            augment,
            model,
            loss,
            optimizer,
            schedule,
            train,
            evaluate,
            // Each of these is in `LEFT_OUT`.
            question: _,
            name: _,
            checkpoint: _,
            provenance: _,
            disk: _,
            sweep: _,
        } = experiment;
        let tables = [
            self.table("augment", augment),
            self.table("data", data),
            self.table("evaluate", evaluate),
            self.table("loss", loss),
            self.table("model", model),
            self.table("optimizer", optimizer),
            self.table("preprocess", preprocess),
            self.table("schedule", schedule),
            self.table("seed", seed),
            self.table("split", split),
            self.table("train", train),
        ];
        let meaning = tables.join(",");
        let text = format!("{{{meaning}}}\n{data_fingerprint}\n{split_fingerprint}");
        blake3::hash(text.as_bytes()).to_hex()[..32].into()
    }

    /// The canonical form of a key of the spec and its value, without what changes no result.
    fn table(&mut self, key: &'static str, value: &impl Serialize) -> String {
        // Only NaN could fail here, and a spec cannot hold it.
        let written = serde_json::to_string(value).unwrap_or_default();
        let form = self.0.entry((key, written)).or_insert_with(|| {
            let mut json = json!({ key: value });
            for out in LEFT_OUT.iter().filter(|out| out.contains('.')) {
                leave_out(&mut json, out);
            }
            leave_out_defaults(&mut json);
            let form = canonical(&json);
            form[1..form.len() - 1].to_owned()
        });
        form.clone()
    }
}

/// A key with the values it has in two experiments, as JSON; `-` where it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Dotted key.
    pub key: String,
    /// Its values.
    pub values: [String; 2],
}

/// The keys in which two experiments mean different things, in order.
pub fn differences(first: &Experiment, second: &Experiment) -> Vec<Difference> {
    let [first, second] = [first, second].map(|experiment| {
        let mut leaves = BTreeMap::new();
        flatten("", &meaning(experiment), &mut leaves);
        leaves
    });
    let keys: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let values = |key| [&first, &second].map(|leaves| leaves.get(key).cloned());
    keys.into_iter()
        .map(|key| (key, values(key)))
        .filter(|(_, [first, second])| first != second)
        .map(|(key, values)| Difference {
            key: key.clone(),
            values: values.map(|value| value.unwrap_or_else(|| "-".into())),
        })
        .collect()
}

fn flatten(prefix: &str, value: &Json, leaves: &mut BTreeMap<String, String>) {
    let Some(table) = value.as_object() else {
        leaves.insert(prefix.to_owned(), canonical(value));
        return;
    };
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        flatten(&path, value, leaves);
    }
}

/// Everything that can change a result.
fn meaning(experiment: &Experiment) -> Json {
    // Only NaN could fail here, and a spec cannot hold it.
    let mut json = serde_json::to_value(experiment).unwrap_or_default();
    for key in LEFT_OUT {
        leave_out(&mut json, key);
    }
    json
}

/// Whether no value of a dotted key changes a result, so it is not part of the digest.
pub(super) fn changes_no_result(key: &str) -> bool {
    LEFT_OUT.iter().any(|out| is_or_holds(out, key))
}

/// Whether runs with other values of a dotted key, or with this value and without the key, are of
/// different settings. The value is TOML or JSON text.
pub fn tells_settings_apart(key: &str, value: &str) -> bool {
    let is_repetition = REPETITION.iter().any(|out| is_or_holds(out, key));
    !(is_repetition || changes_no_result(key) || CAME_LATER.contains(&(key, value)))
}

/// Whether a key is `outer`, or lies in it.
fn is_or_holds(outer: &str, key: &str) -> bool {
    key.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether two values are one, however their numbers are spelt.
pub fn is_same_value(one: &Json, other: &Json) -> bool {
    one == other || canonical(one) == canonical(other)
}

/// Leaves out keys that came later, where they have the value that means what there was before.
fn leave_out_defaults(json: &mut Json) {
    for (later, before) in CAME_LATER {
        let value = later.split('.').try_fold(&*json, |table, part| table.get(part));
        let written = value.map(Json::to_string);
        if written.as_deref() == Some(before) {
            leave_out(json, later);
        }
    }
}

fn leave_out(table: &mut Json, key: &str) {
    let (table, key) = match key.split_once('.') {
        Some((outer, key)) => (table.get_mut(outer), key),
        None => (Some(table), key),
    };
    if let Some(table) = table.and_then(Json::as_object_mut) {
        table.shift_remove(key);
    }
}

/// JSON with sorted keys and one way to write each number.
fn canonical(value: &Json) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

/// Into one text: a sweep has ten thousand digests to take.
fn write_canonical(value: &Json, text: &mut String) {
    match value {
        Json::Object(table) => {
            let mut sorted: Vec<(&String, &Json)> = table.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (idx, (key, value)) in sorted.into_iter().enumerate() {
                // Writing to a string cannot fail.
                let _ = write!(text, "{}{}:", if idx > 0 { "," } else { "" }, json!(key));
                write_canonical(value, text);
            }
            text.push('}');
        }
        Json::Array(items) => {
            text.push('[');
            for (idx, item) in items.iter().enumerate() {
                text.push_str(if idx > 0 { "," } else { "" });
                write_canonical(item, text);
            }
            text.push(']');
        }
        // 1 and 1.0 are one number, and so are 0.0 and -0.0.
        Json::Number(number) if number.is_f64() => {
            let _ = write!(text, "{}", number.as_f64().unwrap_or_default() + 0.0);
        }
        other => {
            let _ = write!(text, "{other}");
        }
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
    fn experiments_keep_the_names_they_had_before_a_key_came() {
        let mut meaning = meaning(&load_resolved(PLAIN).unwrap());
        assert_eq!(meaning["train"]["accumulate"], 1);
        leave_out(&mut meaning, "train.accumulate");
        leave_out(&mut meaning, "evaluate.surface-tolerance-mm");
        let text = format!("{}\ndata\nsplit", canonical(&meaning));
        assert_eq!(of(PLAIN), blake3::hash(text.as_bytes()).to_hex()[..32]);
        assert_eq!(of(&format!("{PLAIN}\n[train]\naccumulate = 1")), of(PLAIN));
        assert_ne!(of(&format!("{PLAIN}\n[train]\naccumulate = 2")), of(PLAIN));
        let tolerance = |mm: &str| format!("{PLAIN}\n[evaluate]\nsurface-tolerance-mm = {mm}");
        assert_eq!(of(&tolerance("[1.0, 2.0]")), of(PLAIN));
        assert_ne!(of(&tolerance("[1.0, 3.0]")), of(PLAIN));
    }

    #[test]
    fn a_digest_is_of_the_whole_meaning_and_the_same_however_many_were_taken() {
        let mut digests = Digests::default();
        for more in ["", "\n[train]\nepochs = 3\naccumulate = 2", "\n[model]\ndropout = 0.1", ""] {
            let experiment = load_resolved(&format!("{PLAIN}{more}")).unwrap();
            let mut meaning = meaning(&experiment);
            leave_out(&mut meaning, "evaluate.surface-tolerance-mm");
            if meaning["train"]["accumulate"] == 1 {
                leave_out(&mut meaning, "train.accumulate");
            }
            let text = format!("{}\ndata\nsplit", canonical(&meaning));
            let expected = blake3::hash(text.as_bytes()).to_hex()[..32].to_owned();
            assert_eq!(digests.of(&experiment, "data", "split"), expected, "{more}");
        }
    }

    #[test]
    fn a_setting_is_what_repetitions_share() {
        let of = |text: &str| setting_digest(&load_resolved(text).unwrap());
        let fold = "\n[split]\nkind = 'k-fold'\nfolds = 3\nfold = ";
        let same = ["seed = 1", "seed = 2"].map(|seed| PLAIN.replace("seed = 1", seed));
        assert_eq!(of(&same[0]), of(&same[1]));
        assert_eq!(of(&format!("{PLAIN}{fold}0")), of(&format!("{PLAIN}{fold}2")));
        assert_eq!(of(&PLAIN.replace("name = 'a'", "name = 'b'")), of(PLAIN));
        assert_eq!(of(&format!("{PLAIN}\n[train]\naccumulate = 1")), of(PLAIN));
        assert_ne!(of(&format!("{PLAIN}\n[train]\naccumulate = 2")), of(PLAIN));
        assert_ne!(of(&PLAIN.replace("weight = 0.7", "weight = 0.8")), of(PLAIN));
        assert_eq!(of(PLAIN).len(), 32);
    }

    #[test]
    fn differences_are_those_that_the_digest_sees() {
        let first = load_resolved(PLAIN).unwrap();
        let other = PLAIN.replace("seed = 1", "seed = 2\nquestion = 'Why?'");
        let second = load_resolved(&(other + "\n[train]\nwalltime = '8h'\nepochs = 3")).unwrap();
        let found = differences(&first, &second);
        let keys: Vec<&str> = found.iter().map(|difference| difference.key.as_str()).collect();
        assert_eq!(keys, ["seed", "train.epochs"]);
        assert_eq!(found[0].values, ["1", "2"]);
        assert_eq!(differences(&first, &first), []);
    }

    #[test]
    fn repetitions_and_what_changes_no_result_are_one_setting() {
        for key in ["seed", "split.fold", "data.phantom.cases", "provenance.dirty", "sweep.seeds"] {
            assert!(!tells_settings_apart(key, "1"), "{key}");
        }
        assert!(tells_settings_apart("split.folds", "5") && tells_settings_apart("seeds", "1"));
        assert!(!tells_settings_apart("train.accumulate", "1"));
        assert!(tells_settings_apart("train.accumulate", "2"));
    }

    #[test]
    fn numbers_have_one_spelling() {
        let text = |json: &str| canonical(&serde_json::from_str(json).unwrap());
        assert_eq!(text(r#"{"b": [1.0, -0.0], "a": 1e-5}"#), r#"{"a":0.00001,"b":[1,0]}"#);
        assert_eq!(text("18446744073709551615"), "18446744073709551615");
    }
}
