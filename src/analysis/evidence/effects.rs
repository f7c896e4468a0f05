//! [`Effect`]: what an arm differs from its base by, case by case, with a verdict; table `effects`.
//!
//! Knows nothing of how a score came about.

use super::{
    Change, Setting, Subject,
    evidence_table::EvidenceTable,
    measure::{FOREGROUND, Measure},
    value::{Form, Value},
};
use crate::{
    analysis::{RunRow, apart},
    base::text::counted,
    event::Split,
    statistics::{
        Comparison, Ground, NoiseFloor, Scores, Strength, Verdict, Why, compare, holm, noise_floor,
        strength, verdict,
    },
};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Budgets that differ by more than this share are told.
const SAME_BUDGET: f64 = 0.01;

/// An arm against its base, in one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    /// Position of the arm.
    pub arm: usize,
    /// Position of its base.
    pub base: usize,
    /// Class, or `foreground`.
    pub class: String,
    /// Setting less base.
    pub comparison: Comparison,
    /// The difference of each case that both have, in the order of their names.
    pub by_case: Vec<(String, f64)>,
    /// Wilcoxon's p after Holm over the family; 1 without a test.
    pub p_holm: f64,
    /// How many comparisons the family has.
    pub n_comparisons: usize,
    /// How far two such means lie apart by the seed alone, in 95 of 100 worlds.
    pub noise: Option<f64>,
    /// What may be said.
    pub verdict: Verdict,
    /// What it rests on, or what held it back.
    pub why: String,
    /// How far it can be leaned on.
    pub strength: Strength,
    /// Why the two may not be comparable.
    pub flags: Vec<String>,
}

/// Noise floor of Dice by class.
pub(super) fn noise_floors(subject: &Subject<'_>) -> BTreeMap<String, NoiseFloor> {
    let of = |class: &str| {
        let groups: Vec<Scores> = subject
            .arms
            .iter()
            .map(|arm| subject.cases.scores(&arm.runs, subject.split, class, Measure::Dice))
            .collect();
        Some((class.to_owned(), noise_floor(&groups)?))
    };
    subject.classes_and_foreground().filter_map(of).collect()
}

/// Every arm that has a base, in every class. The foreground is the primary family that Holm
/// corrects over, all classes together are the second.
pub(super) fn effects(
    subject: &Subject<'_>,
    floors: &BTreeMap<String, NoiseFloor>,
    margin: Option<f64>,
) -> Vec<Effect> {
    let pairs: Vec<(usize, usize)> =
        (0..subject.arms.len()).filter_map(|arm| Some((arm, subject.arms[arm].base?))).collect();
    let classes: Vec<&str> = subject.classes_and_foreground().collect();
    let asked: Vec<(usize, usize, &str)> = pairs
        .iter()
        .flat_map(|(arm, base)| classes.iter().map(move |class| (*arm, *base, *class)))
        .collect();
    let compared: Vec<Compared<'_>> = asked
        .into_par_iter()
        .filter_map(|(arm, base, class)| {
            let of = |arm: usize| {
                let runs = &subject.arms[arm].runs;
                subject.cases.scores(runs, subject.split, class, Measure::Dice)
            };
            let (ours, theirs) = (of(arm), of(base));
            let of = compare(&ours, &theirs, margin)?;
            let by_case = by_case(&ours, &theirs);
            let all: BTreeSet<&String> = ours.cases().iter().chain(theirs.cases()).collect();
            let n_unpaired = all.len() - by_case.len();
            Some(Compared { arm, base, class, of, by_case, n_unpaired })
        })
        .collect();
    let mut effects = Vec::with_capacity(compared.len());
    for is_primary in [true, false] {
        let family: Vec<&Compared<'_>> =
            compared.iter().filter(|it| (it.class == FOREGROUND) == is_primary).collect();
        let p = |it: &&Compared<'_>| it.of.wilcoxon.as_ref().map_or(1.0, |test| test.p);
        let adjusted = holm(&family.iter().map(p).collect::<Vec<_>>());
        for (it, p_holm) in family.iter().zip(adjusted) {
            effects.push(effect(subject, it, p_holm, family.len(), floors));
        }
    }
    effects.sort_by_key(|effect| (effect.arm, effect.class != FOREGROUND));
    effects
}

/// A comparison before it is judged among others.
struct Compared<'a> {
    arm: usize,
    base: usize,
    class: &'a str,
    of: Comparison,
    by_case: Vec<(String, f64)>,
    n_unpaired: usize,
}

fn effect(
    subject: &Subject<'_>,
    it: &Compared<'_>,
    p_holm: f64,
    n_comparisons: usize,
    floors: &BTreeMap<String, NoiseFloor>,
) -> Effect {
    let noise = floors.get(it.class).map(|floor| floor.of_difference(it.of.n_seeds));
    let noise = noise.filter(|floor| floor.is_finite());
    let (said, why) = verdict(&it.of, p_holm, n_comparisons, noise);
    let ground = if subject.split == Split::Test { Ground::Test } else { Ground::Validation };
    let mut flags = flags(subject, &subject.arms[it.arm], &subject.arms[it.base]);
    if it.n_unpaired > 0 {
        flags.push(format!("{} scored in one of the two only", counted(it.n_unpaired, "case")));
    }
    let mut strength = strength(said, &it.of, ground);
    if !flags.is_empty() {
        // What is not alike cannot be strong evidence, however much of it there is.
        strength = strength.min(Strength::Weak);
    }
    Effect {
        arm: it.arm,
        base: it.base,
        class: it.class.to_owned(),
        comparison: it.of,
        by_case: it.by_case.clone(),
        p_holm,
        n_comparisons,
        noise,
        verdict: said,
        why: Why::to_string(&why),
        strength,
        flags,
    }
}

fn by_case(ours: &Scores, theirs: &Scores) -> Vec<(String, f64)> {
    let theirs: BTreeMap<&String, f64> = theirs.cases().iter().zip(theirs.case_means()).collect();
    let ours = ours.cases().iter().zip(ours.case_means());
    ours.filter_map(|(case, mean)| Some((case.clone(), mean - theirs.get(case)?))).collect()
}

/// Why the means of two arms may not be comparable.
fn flags(subject: &Subject<'_>, arm: &Setting, base: &Setting) -> Vec<String> {
    let mut flags: BTreeSet<String> = BTreeSet::new();
    let both = || arm.runs.iter().chain(&base.runs).map(|run| &subject.runs[*run]);
    let folds: BTreeSet<usize> = both().map(|run| run.fold).collect();
    for fold in folds {
        let runs: Vec<&RunRow> = both().filter(|run| run.fold == fold).collect();
        for found in apart(&runs) {
            flags.insert(format!("the runs {}", found.matter.deed()));
        }
    }
    let steps = |arm: &Setting| -> f64 {
        let sum: usize = arm.runs.iter().map(|run| subject.runs[*run].steps).sum();
        sum as f64 / arm.runs.len().max(1) as f64
    };
    let (ours, theirs) = (steps(arm), steps(base));
    if theirs > 0.0 && (ours / theirs - 1.0).abs() > SAME_BUDGET {
        flags.insert(format!("other budgets: {ours:.0} steps a run against {theirs:.0}"));
    }
    if arm.seeds != base.seeds {
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
            ("base", "compared with", Form::Words),
            ("difference", "difference", Form::Signed),
            ("interval", "95 % interval", Form::Signed),
            ("over-cases", "over cases alone", Form::Signed),
            ("verdict", "verdict", Form::Words),
            ("strength", "strength", Form::Words),
            ("n", "n cases", Form::Count),
            ("seeds", "seeds", Form::Words),
            ("p", "p", Form::P),
            ("p-holm", "p after Holm", Form::P),
            ("dz", "dz", Form::Signed),
            ("cliffs-delta", "Cliff's delta", Form::Signed),
            ("wins", "wins/ties/losses", Form::Words),
            ("noise", "noise floor", Form::Score),
            ("equivalence-p", "p of equivalence", Form::P),
            ("why", "why", Form::Words),
            ("flags", "beware", Form::Words),
        ],
    );
    for effect in effects {
        let (arm, base) = (&subject.arms[effect.arm], &subject.arms[effect.base]);
        let it = &effect.comparison;
        let runs: Vec<String> = arm.run_ids.iter().chain(&base.run_ids).cloned().collect();
        let [wins, ties, losses] = it.wins_ties_losses;
        let [ours, theirs] = it.n_seeds;
        table.push(
            &[&arm.name, &effect.class],
            &runs,
            vec![
                Value::words(base.name.as_str()),
                Value::Number(it.difference.mean),
                Value::Interval(it.difference.interval),
                Value::Interval(it.over_cases),
                Value::words(effect.verdict.words()),
                Value::words(effect.strength.words()),
                Value::count(it.difference.n_cases),
                Value::words(if ours == theirs {
                    ours.to_string()
                } else {
                    format!("{ours} and {theirs}")
                }),
                it.wilcoxon.as_ref().map(|test| test.p).into(),
                it.wilcoxon.as_ref().map(|_| effect.p_holm).into(),
                it.dz.into(),
                it.cliffs_delta.into(),
                Value::words(format!("{wins}/{ties}/{losses}")),
                effect.noise.into(),
                it.equivalence.as_ref().map(|test| test.p).into(),
                Value::words(effect.why.as_str()),
                if effect.flags.is_empty() {
                    Value::NONE
                } else {
                    Value::words(effect.flags.join("; "))
                },
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
            ("base", "compared with", Form::Words),
            ("change", "change", Form::Words),
            ("runs", "runs", Form::Count),
            ("parameters", "parameters", Form::Count),
            ("parameters-change", "change", Form::Change),
            ("steps", "steps a run", Form::Number),
            ("seconds", "time a run", Form::Seconds),
            ("seconds-change", "change", Form::Change),
            ("memory", "memory in MB", Form::Number),
            ("memory-change", "change", Form::Change),
            ("latency", "latency a case", Form::Seconds),
        ],
    );
    let mean_of = |arm: &Setting, of: &dyn Fn(&RunRow) -> Option<f64>| {
        let values: Vec<f64> = arm.runs.iter().filter_map(|run| of(&subject.runs[*run])).collect();
        crate::statistics::mean(&values)
    };
    for arm in &subject.arms {
        let base = arm.base.map(|base| &subject.arms[base]);
        let of = |of: &dyn Fn(&RunRow) -> Option<f64>| {
            let ours = mean_of(arm, of);
            let theirs = base.and_then(|base| mean_of(base, of)).filter(|it| *it > 0.0);
            (ours, ours.zip(theirs).map(|(ours, theirs)| ours / theirs - 1.0))
        };
        let (seconds, slower) = of(&|run| Some(run.seconds));
        let (parameters, larger) = of(&|run| run.n_parameters.map(|n| n as f64));
        let (steps, _) = of(&|run| Some(run.steps as f64));
        let (memory, fuller) = of(&|run| run.memory_bytes.map(|bytes| bytes as f64 / 1e6));
        let (latency, _) = of(&|run| run.seconds_per_case);
        let words: Vec<String> = arm.changes.iter().map(Change::words).collect();
        table.push(
            &[&arm.name],
            &arm.run_ids,
            vec![
                base.map_or(Value::NONE, |base| Value::words(base.name.as_str())),
                if words.is_empty() { Value::NONE } else { Value::words(words.join(", ")) },
                Value::count(arm.runs.len()),
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
