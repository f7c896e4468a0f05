//! [`Setting`]: the runs that differ in nothing but their seed and fold, and what they are compared
//! with.
//!
//! An arm of an experiment that `extends` another is an ablation of it: it is compared with the
//! arm of the other that it differs from in the fewest keys. Arms of one experiment, as a sweep
//! makes them, are compared with the one that was run first.
//!
//! Knows nothing of scores.

use crate::{
    analysis::{RunRow, differing},
    spec::short_keys,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Keys that tell runs of one arm apart, and those that change no weight. Where the cases were
/// drawn otherwise, the comparison is flagged.
const NOT_ASKED: [&str; 11] = [
    "seed",
    "split.fold",
    "split.seed",
    "name",
    "question",
    "data.root",
    "preprocess.cache",
    "train.walltime",
    "evaluate",
    "checkpoint",
    "disk",
];
/// A key that came later, with the value that means what there was before it.
const CAME_LATER: (&str, &str) = ("train.accumulate", "1");

/// Runs of one setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    /// Experiment, and what sets the arm apart from others of it.
    pub name: String,
    /// Experiment.
    pub experiment: String,
    /// Positions of its runs that have an answer.
    pub runs: Vec<usize>,
    /// Its runs by name.
    pub run_ids: Vec<String>,
    /// Seeds of its runs, each once.
    pub seeds: Vec<u64>,
    /// Folds of its runs, each once.
    pub folds: Vec<usize>,
    /// Position of the arm it is compared with.
    pub base: Option<usize>,
    /// Keys in which it differs from that: key, value there, value here.
    pub changes: Vec<Change>,
}

impl Setting {
    /// How often each of its cases was scored: its runs over its folds.
    pub fn n_repeats(&self) -> f64 {
        (self.runs.len() as f64 / self.folds.len().max(1) as f64).max(1.0)
    }
}

/// A key that an ablation sets otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Dotted key.
    pub key: String,
    /// Value of the base, as TOML; `None` where it has none.
    pub from: Option<String>,
    /// Value here.
    pub to: Option<String>,
}

impl Change {
    /// `augment.flip.p 0.5 -> 0.0`.
    pub fn words(&self) -> String {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "absent".to_owned());
        format!("{} {} -> {}", self.key, value(&self.from), value(&self.to))
    }
}

/// Experiment and settings: what runs of one arm share.
type Meaning<'a> = (&'a str, Vec<(&'a String, &'a String)>);

/// The arms of runs, in order of experiment; only runs that came to an answer count.
pub(super) fn arms(runs: &[RunRow], baseline: Option<&str>) -> Vec<Setting> {
    let mut groups: BTreeMap<Meaning<'_>, Vec<usize>> = BTreeMap::new();
    for (run_idx, run) in runs.iter().enumerate().filter(|(_, run)| is_answered(run)) {
        let asked = run.settings.iter().filter(is_asked).collect();
        groups.entry((run.experiment.as_str(), asked)).or_default().push(run_idx);
    }
    for indices in groups.values_mut() {
        newest(indices, runs);
    }
    let mut n_arms: BTreeMap<&str, usize> = BTreeMap::new();
    for (experiment, _) in groups.keys() {
        *n_arms.entry(experiment).or_default() += 1;
    }
    let differing = keys_within_experiments(runs);
    let mut arms: Vec<Setting> = groups
        .iter()
        .map(|((experiment, _), indices)| {
            let first = &runs[indices[0]];
            let name = match n_arms[experiment] {
                1 => (*experiment).to_owned(),
                _ => format!("{experiment}: {}", in_words(first, &differing[*experiment])),
            };
            let of = |idx: &usize| &runs[*idx];
            let seeds: BTreeSet<u64> = indices.iter().map(|idx| of(idx).seed).collect();
            let folds: BTreeSet<usize> = indices.iter().map(|idx| of(idx).fold).collect();
            Setting {
                name,
                experiment: (*experiment).to_owned(),
                runs: indices.clone(),
                run_ids: indices.iter().map(|idx| of(idx).run.clone()).collect(),
                seeds: seeds.into_iter().collect(),
                folds: folds.into_iter().collect(),
                base: None,
                changes: Vec::new(),
            }
        })
        .collect();
    for arm_idx in 0..arms.len() {
        let base = base_of(&arms, arm_idx, runs, baseline);
        arms[arm_idx].base = base;
        if let Some(base) = base {
            arms[arm_idx].changes =
                changes(&runs[arms[base].runs[0]], &runs[arms[arm_idx].runs[0]]);
        }
    }
    arms
}

/// How many settings were tried, whatever became of them.
pub(super) fn n_tried(runs: &[RunRow]) -> usize {
    let asked = |run: &RunRow| -> (String, Vec<(String, String)>) {
        let settings = run.settings.iter().filter(is_asked);
        let settings = settings.map(|(key, value)| (key.clone(), value.clone()));
        (run.experiment.clone(), settings.collect())
    };
    let tried = runs.iter().filter(|run| !run.settings.is_empty());
    tried.map(asked).collect::<BTreeSet<_>>().len()
}

/// Whether a run trained to its end: what was given up or failed has no part in a comparison.
fn is_answered(run: &RunRow) -> bool {
    ["finished", "stopped-early"].contains(&run.status.as_str())
}

/// Of runs with one seed and fold, which would count a case twice, the newest; in order of name.
fn newest(indices: &mut Vec<usize>, runs: &[RunRow]) {
    let of = |idx: &usize| &runs[*idx];
    indices.sort_by(|a, b| (&of(b).created, &of(b).run).cmp(&(&of(a).created, &of(a).run)));
    let mut seen = BTreeSet::new();
    indices.retain(|idx| seen.insert((of(idx).seed, of(idx).fold)));
    indices.sort_by_key(|idx| &of(idx).run);
}

fn is_asked((key, value): &(&String, &String)) -> bool {
    let is = |not: &str| {
        key.as_str() == not || key.strip_prefix(not).is_some_and(|it| it.starts_with('.'))
    };
    let is_as_before = (key.as_str(), value.as_str()) == CAME_LATER;
    !NOT_ASKED.iter().any(|not| is(not)) && !key.starts_with("sweep.") && !is_as_before
}

/// Keys that differ between the runs of each experiment.
fn keys_within_experiments(runs: &[RunRow]) -> BTreeMap<&str, Vec<String>> {
    let mut by_experiment: BTreeMap<&str, Vec<RunRow>> = BTreeMap::new();
    for run in runs.iter().filter(|run| is_answered(run)) {
        let bare = RunRow { settings: run.settings.clone(), ..RunRow::default() };
        by_experiment.entry(&run.experiment).or_default().push(bare);
    }
    let keys = |rows: Vec<RunRow>| -> Vec<String> {
        let any = String::new();
        differing(&rows).into_iter().filter(|key| is_asked(&(key, &any))).collect()
    };
    by_experiment.into_iter().map(|(experiment, rows)| (experiment, keys(rows))).collect()
}

fn in_words(run: &RunRow, keys: &[String]) -> String {
    // Without the quotes of TOML: a name stands in references, which have quotes of their own.
    let value =
        |key: &String| run.settings.get(key).map_or("absent".into(), |it| it.replace('"', ""));
    let shorts = short_keys(keys);
    let words: Vec<String> =
        shorts.iter().zip(keys).map(|(short, key)| format!("{short} = {}", value(key))).collect();
    words.join(", ")
}

fn base_of(
    arms: &[Setting],
    arm_idx: usize,
    runs: &[RunRow],
    baseline: Option<&str>,
) -> Option<usize> {
    let arm = &arms[arm_idx];
    let extended = runs[arm.runs[0]].extends.as_deref();
    let of = |experiment: &str| -> Vec<usize> {
        let is_other = |idx: &usize| *idx != arm_idx && arms[*idx].experiment == experiment;
        (0..arms.len()).filter(is_other).collect()
    };
    let named = baseline.filter(|name| *name != arm.experiment);
    let candidates = [extended, named].into_iter().flatten().map(of).find(|it| !it.is_empty());
    let Some(candidates) = candidates else {
        // A sweep by itself: what it ran first, which is what its axes name first.
        let began = |idx: &usize| arms[*idx].runs.iter().map(|run| &runs[*run].created).min();
        let is_same = |idx: &usize| arms[*idx].experiment == arm.experiment;
        let first = (0..arms.len()).filter(is_same).min_by_key(began)?;
        return (first != arm_idx).then_some(first);
    };
    let n_changes = |idx: &usize| changes(&runs[arms[*idx].runs[0]], &runs[arm.runs[0]]).len();
    candidates.into_iter().min_by_key(n_changes)
}

fn changes(from: &RunRow, to: &RunRow) -> Vec<Change> {
    let keys: BTreeSet<&String> = from.settings.keys().chain(to.settings.keys()).collect();
    let asked = |run: &RunRow, key: &String| {
        run.settings.get(key).filter(|value| is_asked(&(key, value))).cloned()
    };
    let differs = |key: &&String| asked(from, key) != asked(to, key);
    let change = |key: &String| Change {
        key: key.clone(),
        from: from.settings.get(key).cloned(),
        to: to.settings.get(key).cloned(),
    };
    keys.into_iter().filter(differs).map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(
        experiment: &str,
        extends: Option<&str>,
        seed: u64,
        settings: &[(&str, &str)],
    ) -> RunRow {
        let seed_text = seed.to_string();
        let own = [("seed", seed_text.as_str()), ("train.walltime", &seed_text)];
        RunRow {
            experiment: experiment.into(),
            run: format!("{experiment}-s{seed}"),
            status: "finished".into(),
            extends: extends.map(str::to_owned),
            seed,
            settings: settings
                .iter()
                .chain(&own)
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            ..RunRow::default()
        }
    }

    #[test]
    fn runs_of_one_setting_are_an_arm_and_what_extends_another_is_compared_with_it() {
        let mut runs = vec![
            run("base", None, 1, &[("flip", "0.5")]),
            run("base", None, 2, &[("flip", "0.5")]),
            run("plain", Some("base"), 1, &[("flip", "0.0")]),
            run("plain", Some("base"), 2, &[("flip", "0.0")]),
        ];
        runs.push(RunRow { status: "failed".into(), ..runs[3].clone() });
        let arms = arms(&runs, None);
        assert_eq!(arms.len(), 2);
        assert_eq!((arms[0].name.as_str(), &arms[0].seeds[..]), ("base", &[1, 2][..]));
        assert_eq!((arms[0].base, arms[1].base), (None, Some(0)));
        let words: Vec<String> = arms[1].changes.iter().map(Change::words).collect();
        assert_eq!(words, ["flip 0.5 -> 0.0"]);
        assert_eq!(arms[1].run_ids, ["plain-s1", "plain-s2"]);
    }

    #[test]
    fn arms_of_a_sweep_are_named_by_what_differs_and_the_nearest_base_is_taken() {
        let runs = [
            run("base", None, 1, &[("loss.lr", "1"), ("flip", "0.5")]),
            run("base", None, 1, &[("loss.lr", "2"), ("flip", "0.5")]),
            run("plain", Some("base"), 1, &[("loss.lr", "2"), ("flip", "0.0")]),
        ];
        let arms = arms(&runs, None);
        let names: Vec<&str> = arms.iter().map(|arm| arm.name.as_str()).collect();
        assert_eq!(names, ["base: lr = 1", "base: lr = 2", "plain"]);
        assert_eq!(arms.iter().map(|arm| arm.base).collect::<Vec<_>>(), [None, Some(0), Some(1)]);
        assert_eq!(arms[2].changes.len(), 1);
    }
}
