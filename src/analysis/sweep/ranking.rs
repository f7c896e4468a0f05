//! [`rank`]: the places of settings, and their differences to the first.
//!
//! Ranked are settings that were scored on as many cases as any: a mean over fewer cases is a
//! mean over other cases. The others follow without a place, with their paired difference to the
//! best on the cases that both have.
//!
//! Does not know what the settings are.

use super::{
    ToBest,
    scored_setting::{ScoredSetting, SeedAndFold},
};
use crate::statistics::{
    Comparison, Required, Scores, compare, judge, mean, noise_floor, seeds_to_tell,
};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Gives each setting its place and its difference to the first, and says what it would take to
/// tell the second from it.
///
/// Places rest on the seeds and folds that most settings have finished, and on the cases that are
/// scored in all of them; a difference rests on the seeds and folds that both have. Otherwise a
/// setting with a lucky seed more, or one that is undefined in a hard case, would win by that.
pub(super) fn rank(settings: &mut [ScoredSetting<'_>]) -> Option<Required> {
    let shared = shared(settings);
    let has_all = |it: &ScoredSetting<'_>| shared.iter().all(|part| it.parts.contains_key(part));
    let mut ranked: Vec<(usize, Scores)> = settings
        .iter()
        .enumerate()
        .filter(|(_, it)| !shared.is_empty() && has_all(it))
        .map(|(idx, it)| (idx, it.on(&shared)))
        .collect();
    let cases = common_cases(ranked.iter().map(|(_, scores)| scores));
    let mean = |scores: &Scores| mean_on(scores, &cases).unwrap_or(f64::NEG_INFINITY);
    ranked.sort_by(|(_, a), (_, b)| mean(b).total_cmp(&mean(a)));
    let (best_idx, best_scores) = ranked.first()?;
    let best_idx = *best_idx;
    let enough = ranked.get(1).map(|(_, second)| seeds_to_tell(best_scores, second));
    for (place, (idx, _)) in ranked.iter().enumerate() {
        settings[*idx].row.rank = Some(place + 1);
    }
    compare_with(settings, best_idx);
    enough
}

/// Compares every setting with the first, as one family; all settings tell how far repeated seeds
/// scatter.
fn compare_with(settings: &mut [ScoredSetting<'_>], best_idx: usize) {
    let best = &settings[best_idx];
    let compared: Vec<(usize, Comparison)> = settings
        .par_iter()
        .enumerate()
        .filter(|(idx, _)| *idx != best_idx)
        .filter_map(|(idx, it)| {
            let parts = it.parts.keys().filter(|part| best.parts.contains_key(part));
            let both: BTreeSet<SeedAndFold> = parts.copied().collect();
            Some((idx, compare(&it.on(&both), &best.on(&both), None)?))
        })
        .collect();
    let all = |it: &ScoredSetting<'_>| it.on(&it.parts.keys().copied().collect());
    let floor = noise_floor(&settings.iter().map(all).collect::<Vec<_>>());
    let judged = judge(compared.iter().map(|(_, it)| (*it, floor.as_ref())).collect());
    for ((idx, _), judged) in compared.into_iter().zip(judged) {
        settings[idx].row.to_best = Some(ToBest::judged(&judged));
    }
}

/// The seeds and folds that most settings have finished; when no setting has all of those, the
/// first of them.
fn shared(settings: &[ScoredSetting<'_>]) -> BTreeSet<SeedAndFold> {
    let mut counts: BTreeMap<SeedAndFold, usize> = BTreeMap::new();
    for part in settings.iter().flat_map(|it| it.parts.keys()) {
        *counts.entry(*part).or_default() += 1;
    }
    let most = counts.values().max().copied().unwrap_or(0);
    let shared: BTreeSet<SeedAndFold> =
        counts.iter().filter(|(_, n)| **n == most).map(|(part, _)| *part).collect();
    let has_all = |it: &ScoredSetting<'_>| shared.iter().all(|part| it.parts.contains_key(part));
    if settings.iter().any(has_all) { shared } else { shared.into_iter().take(1).collect() }
}

/// Cases that are scored in all of them.
fn common_cases<'a>(mut all: impl Iterator<Item = &'a Scores>) -> BTreeSet<String> {
    let of = |scores: &Scores| scores.cases().iter().cloned().collect::<BTreeSet<String>>();
    let first = all.next().map(of).unwrap_or_default();
    all.fold(first, |common, scores| common.intersection(&of(scores)).cloned().collect())
}

/// The mean over some cases, each averaged over its seeds before.
fn mean_on(scores: &Scores, cases: &BTreeSet<String>) -> Option<f64> {
    let means = scores.case_means();
    let of_case = scores.cases().iter().zip(&means).filter(|(case, _)| cases.contains(*case));
    mean(&of_case.map(|(_, mean)| *mean).collect::<Vec<_>>())
}
