//! [`Setting`]: the runs that differ in nothing but their seed and fold, and what they are compared
//! with.
//!
//! A setting of an experiment that `extends` another is an ablation of it: it is compared with the
//! setting of the other that the spec described when it was run, or else with the one that it
//! differs from in the fewest keys. Where the other was never run, what that extends takes its
//! place. Settings of one experiment, as a sweep makes them, are compared with the one that was
//! run first.
//!
//! Does not know about scores.

use crate::{
    analysis::{RunRow, differing, setting_in_words},
    spec::tells_settings_apart,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Runs of one setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    /// Experiment, and what sets it apart from others of it.
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
    /// Position of the setting it is compared with.
    pub base: Option<usize>,
    /// Keys in which it differs from that: key, value there, value here.
    pub changes: Vec<Change>,
    /// Its keys with their values as TOML, by which it is found under a name that it had while fewer
    /// or other settings of its experiment had been run.
    #[serde(skip)]
    pub keys: BTreeMap<String, String>,
    /// The experiment that it extends, where no answered run of it is among the runs.
    pub missing_base: Option<String>,
}

impl Setting {
    /// How often each of its cases was scored: its runs over its folds.
    pub fn n_repeats(&self) -> f64 {
        (self.runs.len() as f64 / self.folds.len().max(1) as f64).max(1.0)
    }

    /// Whether a name fits it, such as `sweep: lr = 1` or `sweep` alone: it may have had that name
    /// while other settings of its experiment had been run.
    pub(in crate::analysis) fn fits(&self, name: &str) -> bool {
        let (experiment, words) = name.split_once(": ").unwrap_or((name, ""));
        self.experiment == experiment
            && pairs(words).iter().all(|(key, value)| self.has(key, value))
    }

    fn has(&self, short: &str, value: &str) -> bool {
        let is_it = |key: &str| {
            key.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let mut values = self.keys.iter().filter(|(key, _)| is_it(key)).map(|(_, value)| value);
        if value == "absent" {
            values.next().is_none()
        } else {
            values.any(|it| in_a_name(it) == value)
        }
    }
}

/// `lr = 1, widths = [4, 8]` as pairs; a list holds commas of its own.
fn pairs(words: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for part in words.split(", ").filter(|part| !part.is_empty()) {
        match (part.split_once(" = "), pairs.last_mut()) {
            (Some((key, value)), _) => pairs.push((key.to_owned(), value.to_owned())),
            (None, Some((_, value))) => value.extend([", ", part]),
            (None, None) => pairs.push((part.to_owned(), String::new())),
        }
    }
    pairs
}

/// A value without the quotes of TOML: a name is used in references, which have quotes of their own.
fn in_a_name(value: &str) -> String {
    value.replace('"', "")
}

/// A key that an ablation sets otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Dotted key.
    pub key: String,
    /// Value of the base, as TOML; `None` where it has none.
    pub from: Option<String>,
    /// Value of this setting, as TOML; `None` where it has none.
    pub to: Option<String>,
}

impl Change {
    /// `augment.flip.p 0.5 -> 0.0`.
    pub fn words(&self) -> String {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "absent".to_owned());
        format!("{} {} -> {}", self.key, value(&self.from), value(&self.to))
    }
}

/// What runs of one setting share: their experiment and its keys, but those that tell repetitions
/// apart or change no result.
type Shared<'a> = (&'a str, Vec<(&'a String, &'a String)>);

fn shared(run: &RunRow) -> Shared<'_> {
    let keys = run.settings.iter().filter(|(key, value)| tells_settings_apart(key, value));
    (run.experiment.as_str(), keys.collect())
}

/// The settings of runs, in order of experiment; only runs that came to an answer count.
pub(super) fn settings(runs: &[RunRow], baseline: Option<&str>) -> Vec<Setting> {
    let mut groups: BTreeMap<Shared<'_>, Vec<usize>> = BTreeMap::new();
    let mut by_experiment: BTreeMap<&str, Vec<&RunRow>> = BTreeMap::new();
    for (run_idx, run) in runs.iter().enumerate().filter(|(_, run)| run.status.is_answered()) {
        groups.entry(shared(run)).or_default().push(run_idx);
        by_experiment.entry(&run.experiment).or_default().push(run);
    }
    let keys_of = |runs: &Vec<&RunRow>| -> Vec<String> {
        let keys = differing(runs.iter().copied()).into_iter();
        keys.filter(|key| tells_settings_apart(key, "")).collect()
    };
    let differing: BTreeMap<&str, Vec<String>> =
        by_experiment.iter().map(|(experiment, runs)| (*experiment, keys_of(runs))).collect();
    let mut n_settings: BTreeMap<&str, usize> = BTreeMap::new();
    for (experiment, _) in groups.keys() {
        *n_settings.entry(experiment).or_default() += 1;
    }
    let mut settings = Vec::with_capacity(groups.len());
    for ((experiment, _), indices) in &groups {
        let indices = newest(indices, runs);
        let of = |idx: &usize| &runs[*idx];
        let name = match n_settings[experiment] {
            1 => (*experiment).to_owned(),
            _ => format!("{experiment}: {}", in_words(of(&indices[0]), &differing[experiment])),
        };
        let seeds: BTreeSet<u64> = indices.iter().map(|idx| of(idx).seed).collect();
        let folds: BTreeSet<usize> = indices.iter().map(|idx| of(idx).fold).collect();
        let first = indices[0];
        settings.push(Setting {
            name,
            experiment: (*experiment).to_owned(),
            run_ids: indices.iter().map(|idx| of(idx).run.clone()).collect(),
            runs: indices,
            seeds: seeds.into_iter().collect(),
            folds: folds.into_iter().collect(),
            base: None,
            changes: Vec::new(),
            keys: runs[first].settings.clone(),
            missing_base: None,
        });
    }
    let missing: Vec<Option<String>> =
        settings.iter().map(|setting| missing_base(&settings, &runs[setting.runs[0]])).collect();
    for (setting, missing) in settings.iter_mut().zip(missing) {
        setting.missing_base = missing;
    }
    let bases: Vec<Option<usize>> =
        (0..settings.len()).map(|idx| base_of(&settings, idx, runs, baseline)).collect();
    for (setting_idx, base) in bases.into_iter().enumerate() {
        let first = |idx: usize| &runs[settings[idx].runs[0]];
        let changes = base.map(|base| changes(first(base), first(setting_idx)));
        (settings[setting_idx].base, settings[setting_idx].changes) =
            (base, changes.unwrap_or_default());
    }
    settings
}

/// How many settings were tried, finished or not.
pub(super) fn n_tried(runs: &[RunRow]) -> usize {
    let tried = runs.iter().filter(|run| !run.settings.is_empty());
    tried.map(shared).collect::<BTreeSet<_>>().len()
}

/// Of runs with one seed and fold, which would count a case twice, the newest; in order of name.
fn newest(indices: &[usize], runs: &[RunRow]) -> Vec<usize> {
    let of = |idx: &usize| &runs[*idx];
    let mut newest = indices.to_vec();
    newest.sort_by(|a, b| (&of(b).created, &of(b).run).cmp(&(&of(a).created, &of(a).run)));
    let mut seen = BTreeSet::new();
    newest.retain(|idx| seen.insert((of(idx).seed, of(idx).fold)));
    newest.sort_by_key(|idx| &of(idx).run);
    newest
}

fn in_words(run: &RunRow, keys: &[String]) -> String {
    let value = |key: &String| run.settings.get(key).map_or("absent".into(), |it| in_a_name(it));
    setting_in_words(keys, keys.iter().map(value))
}

/// The nearest experiment that a run extends, if it has no setting.
fn missing_base(settings: &[Setting], run: &RunRow) -> Option<String> {
    let (name, _) = run.chain().into_iter().next()?;
    let has_runs = settings.iter().any(|setting| setting.experiment == name);
    (!has_runs && name != run.experiment).then(|| name.to_owned())
}

fn base_of(
    settings: &[Setting],
    setting_idx: usize,
    runs: &[RunRow],
    baseline: Option<&str>,
) -> Option<usize> {
    let setting = &settings[setting_idx];
    let first = |idx: usize| &runs[settings[idx].runs[0]];
    let of = |experiment: &str| -> Vec<usize> {
        let is_other = |idx: &usize| *idx != setting_idx && settings[*idx].experiment == experiment;
        (0..settings.len()).filter(is_other).collect()
    };
    let named = baseline.filter(|name| *name != setting.experiment).map(|name| (name, None));
    let chain = first(setting_idx).chain().into_iter().chain(named);
    let found = chain.map(|(name, digest)| (of(name), digest)).find(|(of, _)| !of.is_empty());
    let Some((candidates, digest)) = found else {
        // A sweep alone: what it ran first, which is what its axes name first.
        let began = |idx: &usize| settings[*idx].runs.iter().map(|run| &runs[*run].created).min();
        let is_same = |idx: &usize| settings[*idx].experiment == setting.experiment;
        let first = (0..settings.len()).filter(is_same).min_by_key(began)?;
        return (first != setting_idx).then_some(first);
    };
    let is_meant = |idx: &usize| digest.is_some() && first(*idx).setting.as_deref() == digest;
    let n_changes = |idx: &usize| changes(first(*idx), first(setting_idx)).len();
    candidates.into_iter().min_by_key(|idx| (!is_meant(idx), n_changes(idx)))
}

fn changes(from: &RunRow, to: &RunRow) -> Vec<Change> {
    let keys: BTreeSet<&String> = from.settings.keys().chain(to.settings.keys()).collect();
    let asked = |run: &RunRow, key: &String| {
        run.settings.get(key).filter(|value| tells_settings_apart(key, value)).cloned()
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
    use crate::{record::RunState, spec::BaseSpec};

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
            status: RunState::Finished,
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
    fn runs_of_one_setting_are_put_together_and_what_extends_another_is_compared_with_it() {
        let mut runs = vec![
            run("base", None, 1, &[("flip", "0.5")]),
            run("base", None, 2, &[("flip", "0.5")]),
            run("plain", Some("base"), 1, &[("flip", "0.0")]),
            run("plain", Some("base"), 2, &[("flip", "0.0")]),
        ];
        runs.push(RunRow { status: RunState::Failed, ..runs[3].clone() });
        let found = settings(&runs, None);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].name.as_str(), &found[0].seeds[..]), ("base", &[1, 2][..]));
        assert_eq!((found[0].base, found[1].base), (None, Some(0)));
        let words: Vec<String> = found[1].changes.iter().map(Change::words).collect();
        assert_eq!(words, ["flip 0.5 -> 0.0"]);
        assert_eq!(found[1].run_ids, ["plain-s1", "plain-s2"]);
    }

    #[test]
    fn a_setting_is_found_under_the_names_it_had() {
        let own = [("lr", "1"), ("model.widths", "[4, 8]"), ("model.norm", "\"group\"")];
        let found = settings(&[run("sweep", None, 1, &own)], None);
        let fits = |name: &str| found[0].fits(name);
        for name in [
            "sweep",
            "sweep: lr = 1",
            "sweep: widths = [4, 8], norm = group",
            "sweep: model.widths = [4, 8], lr = 1",
            "sweep: flip = absent",
        ] {
            assert!(fits(name), "{name}");
        }
        for name in ["other", "sweep: lr = 2", "sweep: r = 1", "sweep: lr = absent", "sweep: lr"] {
            assert!(!fits(name), "{name}");
        }
    }

    #[test]
    fn the_base_is_what_the_spec_described_when_it_was_run() {
        let base = |name: &str, setting: Option<&str>| BaseSpec {
            name: name.into(),
            setting: setting.map(str::to_owned),
        };
        let of = |setting: &str, run: RunRow| RunRow { setting: Some(setting.into()), ..run };
        let mut runs = [
            of("then", run("recipe", None, 1, &[("lr", "1"), ("flip", "0.5")])),
            of("later", run("recipe", None, 2, &[("lr", "2"), ("flip", "0.0")])),
            run("plain", Some("recipe"), 1, &[("lr", "2"), ("flip", "0.5"), ("size", "3")]),
            run("wide", Some("never-run"), 1, &[("lr", "1"), ("flip", "0.1")]),
        ];
        runs[2].bases = vec![base("recipe", Some("then"))];
        runs[3].bases = vec![base("never-run", Some("x")), base("recipe", Some("then"))];
        let found = settings(&runs, None);
        let names: Vec<&str> = found.iter().map(|setting| setting.name.as_str()).collect();
        let [flipped, plain] = ["recipe: flip = 0.0, lr = 2", "recipe: flip = 0.5, lr = 1"];
        assert_eq!(names, ["plain", flipped, plain, "wide"]);
        // Two keys away each: the digest decides. Through a spec that was never run, the next one.
        assert_eq!((found[0].base, found[0].missing_base.as_deref()), (Some(2), None));
        assert_eq!((found[3].base, found[3].missing_base.as_deref()), (Some(2), Some("never-run")));
        // Of an older run nothing but a name is known, which may be that of no experiment.
        runs[3].bases.clear();
        let found = settings(&runs, None);
        assert_eq!((found[3].base, found[3].missing_base.as_deref()), (None, Some("never-run")));
    }

    #[test]
    fn settings_of_a_sweep_are_named_by_what_differs_and_the_nearest_base_is_taken() {
        let runs = [
            run("base", None, 1, &[("loss.lr", "1"), ("flip", "0.5")]),
            run("base", None, 1, &[("loss.lr", "2"), ("flip", "0.5")]),
            run("plain", Some("base"), 1, &[("loss.lr", "2"), ("flip", "0.0")]),
        ];
        let found = settings(&runs, None);
        let names: Vec<&str> = found.iter().map(|setting| setting.name.as_str()).collect();
        assert_eq!(names, ["base: lr = 1", "base: lr = 2", "plain"]);
        assert_eq!(
            found.iter().map(|setting| setting.base).collect::<Vec<_>>(),
            [None, Some(0), Some(1)]
        );
        assert_eq!(found[2].changes.len(), 1);
    }
}
