//! [`Effect`]: what a setting differs from its base by, case by case, with a verdict; table `effects`.
//!
//! Does not know how a score came about.

use super::{
    Change, Setting, Subject,
    evidence_table::EvidenceTable,
    value::{CellValue, NumberFormat},
};
use crate::{
    analysis::{FOREGROUND, RunRow, incomparable},
    base::text::counted,
    event::Split,
    statistics::{
        Comparison, Ground, Judgement, NoiseFloor, Scores, Strength, compare, judge, mean,
        noise_floor, strength,
    },
};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Budgets that differ by more than this share are flagged.
const SAME_BUDGET: f64 = 0.01;

/// A setting against its base, in one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    /// Position of the setting.
    pub setting: usize,
    /// Position of its base.
    pub base: usize,
    /// Class, or `foreground`.
    pub class: String,
    /// Setting less base, judged within its family.
    pub judged: Judgement,
    /// The difference of each case that both have, in the order of their names.
    pub by_case: Vec<(String, f64)>,
    /// How far the verdict can be trusted.
    pub strength: Strength,
    /// Why the two may not be comparable.
    pub flags: Vec<String>,
}

/// Noise floor of Dice by class.
pub(super) fn noise_floors(subject: &Subject<'_>) -> BTreeMap<String, NoiseFloor> {
    let of = |class: &str| {
        let groups: Vec<Scores> =
            subject.settings.iter().map(|setting| subject.dice(setting, class)).collect();
        Some((class.to_owned(), noise_floor(&groups)?))
    };
    subject.classes_and_foreground().filter_map(of).collect()
}

/// Every setting that has a base, in every class. The foreground is the primary family that Holm
/// corrects over, all classes together are the second.
pub(super) fn effects(
    subject: &Subject<'_>,
    floors: &BTreeMap<String, NoiseFloor>,
    margin: Option<f64>,
) -> Vec<Effect> {
    let classes: Vec<&str> = subject.classes_and_foreground().collect();
    let pairs = subject.settings.iter().enumerate().filter_map(|(idx, it)| Some((idx, it.base?)));
    let pairs: Vec<Pair<'_>> = pairs
        .flat_map(|(setting, base)| classes.iter().map(move |class| Pair { setting, base, class }))
        .collect();
    let compared: Vec<Compared<'_>> =
        pairs.into_par_iter().filter_map(|pair| pair.compared(subject, margin)).collect();
    let (foreground, classes): (Vec<_>, Vec<_>) =
        compared.into_iter().partition(|it| it.pair.class == FOREGROUND);
    let mut effects = Vec::new();
    for family in [foreground, classes] {
        let judged =
            judge(family.iter().map(|it| (it.comparison, floors.get(it.pair.class))).collect());
        effects
            .extend(family.into_iter().zip(judged).map(|(it, judged)| it.effect(subject, judged)));
    }
    effects.sort_by_key(|effect| (effect.setting, effect.class != FOREGROUND));
    effects
}

/// What is compared: positions of a setting and of its base, and a class.
struct Pair<'a> {
    setting: usize,
    base: usize,
    class: &'a str,
}

/// A comparison before it is judged among others.
struct Compared<'a> {
    pair: Pair<'a>,
    comparison: Comparison,
    by_case: Vec<(String, f64)>,
    n_unpaired: usize,
}

impl<'a> Pair<'a> {
    fn compared(self, subject: &Subject<'_>, margin: Option<f64>) -> Option<Compared<'a>> {
        let of = |idx: usize| subject.dice(&subject.settings[idx], self.class);
        let (ours, theirs) = (of(self.setting), of(self.base));
        let comparison = compare(&ours, &theirs, margin)?;
        let by_case = by_case(&ours, &theirs);
        let all: BTreeSet<&String> = ours.cases().iter().chain(theirs.cases()).collect();
        let n_unpaired = all.len() - by_case.len();
        Some(Compared { pair: self, comparison, by_case, n_unpaired })
    }
}

impl Compared<'_> {
    fn effect(self, subject: &Subject<'_>, judged: Judgement) -> Effect {
        let Self { pair: Pair { setting, base, class }, by_case, n_unpaired, .. } = self;
        let ground = if subject.split == Split::Test { Ground::Test } else { Ground::Validation };
        let mut flags = flags(subject, &subject.settings[setting], &subject.settings[base]);
        if n_unpaired > 0 {
            flags.push(format!("{} scored in one of the two only", counted(n_unpaired, "case")));
        }
        let mut strength = strength(judged.verdict, &judged.comparison, ground);
        if !flags.is_empty() {
            // What is not alike cannot be strong evidence, however much of it there is.
            strength = strength.min(Strength::Weak);
        }
        Effect { setting, base, class: class.to_owned(), judged, by_case, strength, flags }
    }
}

fn by_case(ours: &Scores, theirs: &Scores) -> Vec<(String, f64)> {
    let theirs: BTreeMap<&String, f64> = theirs.cases().iter().zip(theirs.case_means()).collect();
    let ours = ours.cases().iter().zip(ours.case_means());
    ours.filter_map(|(case, mean)| Some((case.clone(), mean - theirs.get(case)?))).collect()
}

/// Why the means of two settings may not be comparable.
fn flags(subject: &Subject<'_>, setting: &Setting, base: &Setting) -> Vec<String> {
    let mut flags: BTreeSet<String> = BTreeSet::new();
    let both = || setting.runs.iter().chain(&base.runs).map(|run| &subject.runs[*run]);
    let folds: BTreeSet<usize> = both().map(|run| run.fold).collect();
    for fold in folds {
        let runs: Vec<&RunRow> = both().filter(|run| run.fold == fold).collect();
        for found in incomparable(&runs) {
            flags.insert(format!("the runs {}", found.aspect.difference()));
        }
    }
    let steps = |setting: &Setting| -> f64 {
        let sum: usize = setting.runs.iter().map(|run| subject.runs[*run].steps).sum();
        sum as f64 / setting.runs.len().max(1) as f64
    };
    let (ours, theirs) = (steps(setting), steps(base));
    if theirs > 0.0 && (ours / theirs - 1.0).abs() > SAME_BUDGET {
        flags.insert(format!("other budgets: {ours:.0} steps a run against {theirs:.0}"));
    }
    if setting.seeds != base.seeds {
        flags.insert("other seeds".to_owned());
    }
    let devices: BTreeSet<&String> = both().filter_map(|run| run.device.as_ref()).collect();
    if devices.len() > 1 {
        flags.insert("other devices: times do not compare".to_owned());
    }
    flags.into_iter().collect()
}

/// The effects as a table.
pub(super) fn table(subject: &Subject<'_>, effects: &[Effect]) -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "effects",
            "Effects of the ablations",
            "Dice of a setting less that of the one it is an ablation of, on the cases that both have, seeds averaged within a case. Interval: the middle 95 % of 2000 resamples of cases and seeds; over cases alone it is that of these very runs, bias-corrected. A case in which Dice is undefined in one of the two, as where only one invents a structure, is in no difference and is counted under beware. p: Wilcoxon's signed-rank test over cases, two-sided; after Holm over all settings for the foreground, and over all settings and classes for the classes. Better or worse is said when the interval leaves out 0, p after Holm is below 5 %, and the difference is larger than what repeated seeds differ by; equivalent when a margin was named and the test for equivalence shows the difference to lie within it.",
        ),
        &["setting", "class"],
        &[
            ("base", "compared with", NumberFormat::Words),
            ("difference", "difference", NumberFormat::Signed),
            ("interval", "95 % interval", NumberFormat::Signed),
            ("over-cases", "over cases alone", NumberFormat::Signed),
            ("verdict", "verdict", NumberFormat::Words),
            ("strength", "strength", NumberFormat::Words),
            ("n", "n cases", NumberFormat::Count),
            ("seeds", "seeds", NumberFormat::Words),
            ("p", "p", NumberFormat::P),
            ("p-holm", "p after Holm", NumberFormat::P),
            ("dz", "dz", NumberFormat::Signed),
            ("cliffs-delta", "Cliff's delta", NumberFormat::Signed),
            ("wins", "wins/ties/losses", NumberFormat::Words),
            ("noise", "noise floor", NumberFormat::Score),
            ("equivalence-p", "p of equivalence", NumberFormat::P),
            ("why", "why", NumberFormat::Words),
            ("flags", "beware", NumberFormat::Words),
        ],
    );
    for effect in effects {
        let (setting, base) = (&subject.settings[effect.setting], &subject.settings[effect.base]);
        let it = &effect.judged.comparison;
        let runs: Vec<String> = setting.run_ids.iter().chain(&base.run_ids).cloned().collect();
        let [wins, ties, losses] = it.wins_ties_losses;
        let [ours, theirs] = it.n_seeds;
        let seeds = if ours == theirs { ours.to_string() } else { format!("{ours} and {theirs}") };
        table.push(
            &[&setting.name, &effect.class],
            &runs,
            vec![
                CellValue::words(base.name.as_str()),
                CellValue::Number(it.difference.mean),
                CellValue::Interval(it.difference.interval),
                CellValue::Interval(it.over_cases),
                CellValue::Verdict(effect.judged.verdict),
                CellValue::words(effect.strength.words()),
                CellValue::count(it.difference.n_cases),
                CellValue::words(seeds),
                it.wilcoxon.map(|test| test.p).into(),
                it.wilcoxon.map(|_| effect.judged.p_holm).into(),
                it.dz.into(),
                it.cliffs_delta.into(),
                CellValue::words(format!("{wins}/{ties}/{losses}")),
                effect.judged.noise.into(),
                it.equivalence.map(|test| test.p).into(),
                CellValue::words(effect.judged.why.to_string()),
                CellValue::joined(&effect.flags, "; "),
            ],
        );
    }
    table.without_empty_columns()
}

/// What each ablation changes, and what it costs.
pub(super) fn ablations(subject: &Subject<'_>) -> EvidenceTable {
    let mut table = EvidenceTable::new(
        (
            "ablations",
            "What each setting changes and costs",
            "The keys in which a setting differs from the one it is compared with. Time is that of a whole run, averaged over its runs, whatever else the machine did meanwhile; changes are relative to the base. Latency: from the volume in memory to the prediction on its grid, the median case.",
        ),
        &["setting"],
        &[
            ("base", "compared with", NumberFormat::Words),
            ("change", "change", NumberFormat::Words),
            ("runs", "runs", NumberFormat::Count),
            ("parameters", "parameters", NumberFormat::Count),
            ("parameters-change", "change", NumberFormat::Change),
            ("steps", "steps a run", NumberFormat::Number),
            ("seconds", "time a run", NumberFormat::Seconds),
            ("seconds-change", "change", NumberFormat::Change),
            ("memory", "memory in MB", NumberFormat::Number),
            ("memory-change", "change", NumberFormat::Change),
            ("latency", "latency a case", NumberFormat::Seconds),
        ],
    );
    let mean_of = |setting: &Setting, of: &dyn Fn(&RunRow) -> Option<f64>| {
        let values: Vec<f64> =
            setting.runs.iter().filter_map(|run| of(&subject.runs[*run])).collect();
        mean(&values)
    };
    for setting in &subject.settings {
        let base = setting.base.map(|base| &subject.settings[base]);
        let of = |of: &dyn Fn(&RunRow) -> Option<f64>| {
            let ours = mean_of(setting, of);
            let theirs = base.and_then(|base| mean_of(base, of)).filter(|it| *it > 0.0);
            (ours, ours.zip(theirs).map(|(ours, theirs)| ours / theirs - 1.0))
        };
        let (seconds, slower) = of(&|run| Some(run.seconds));
        let (parameters, larger) = of(&|run| run.n_parameters.map(|n| n as f64));
        let (steps, _) = of(&|run| Some(run.steps as f64));
        let (memory, fuller) = of(&|run| run.memory_bytes.map(|bytes| bytes as f64 / 1e6));
        let (latency, _) = of(&|run| run.seconds_per_case);
        let changes: Vec<String> = setting.changes.iter().map(Change::words).collect();
        table.push(
            &[&setting.name],
            &setting.run_ids,
            vec![
                base.map_or(CellValue::NONE, |base| CellValue::words(base.name.as_str())),
                CellValue::joined(&changes, ", "),
                CellValue::count(setting.runs.len()),
                parameters.into(),
                larger.into(),
                steps.into(),
                seconds.into(),
                slower.into(),
                memory.into(),
                fuller.into(),
                latency.into(),
            ],
        );
    }
    table.without_empty_columns()
}
