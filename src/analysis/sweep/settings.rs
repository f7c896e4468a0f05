//! [`rows`]: every setting with its scores, ranked.
//!
//! Ranked are settings that were scored on as many cases as any: a mean over fewer cases is a
//! mean over other cases. The rest follows without a place, with its paired difference to the
//! best on the cases that both have.
//!
//! Knows nothing of axes.

use super::{
    SettingRow,
    load::Sources,
    scores::{RunScores, by_seed},
    values::in_words,
};
use crate::{
    analysis::Mean,
    record::RunState,
    spec::short_keys,
    statistics::{self, Comparison, Enough, Scores, Verdict, holm, noise_floor},
    sweep::store::CellStatus,
};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The settings in order, and each cell's place among them.
pub(super) struct Settled {
    pub(super) settings: Vec<SettingRow>,
    pub(super) place_of: Vec<usize>,
    /// What it would take to tell the first two apart.
    pub(super) enough: Option<Enough>,
}

/// Every setting of the plan.
pub(super) fn rows(sources: &Sources) -> Settled {
    let (groups, group_of) = groups(sources);
    let shorts = short_keys(&sources.plan.differing);
    let mut tried: Vec<Tried> =
        groups.par_iter().map(|cells| Tried::of(sources, &shorts, cells)).collect();
    let enough = rank(&mut tried);
    let mut order: Vec<usize> = (0..tried.len()).collect();
    let mean = |idx: &usize| tried[*idx].row.score.mean.unwrap_or(f64::NEG_INFINITY);
    let rank = |idx: &usize| tried[*idx].row.rank.unwrap_or(usize::MAX);
    // Sorted stably: what nothing tells apart stays in the order of the plan.
    order.sort_by(|a, b| rank(a).cmp(&rank(b)).then(mean(b).total_cmp(&mean(a))));
    let mut place = vec![0; order.len()];
    for (place_idx, group_idx) in order.iter().enumerate() {
        place[*group_idx] = place_idx;
    }
    let place_of = group_of.into_iter().map(|group_idx| place[group_idx]).collect();
    let mut rows: Vec<Option<SettingRow>> = tried.into_iter().map(|it| Some(it.row)).collect();
    let settings = order.into_iter().filter_map(|idx| rows[idx].take()).collect();
    Settled { settings, place_of, enough }
}

/// Indices of the cells of each setting, and each cell's setting, in the order of the plan.
fn groups(sources: &Sources) -> (Vec<Vec<usize>>, Vec<usize>) {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut group_of = Vec::with_capacity(sources.plan.cells.len());
    for (cell_idx, cell) in sources.plan.cells.iter().enumerate() {
        let name = serde_json::to_string(&cell.settings).unwrap_or_default();
        let group_idx = *known.entry(name).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group_idx].push(cell_idx);
        group_of.push(group_idx);
    }
    (groups, group_of)
}

/// A setting with the scores that its row is worked out from.
struct Tried {
    row: SettingRow,
    /// Validation scores of its finished cells.
    parts: BTreeMap<Part, BTreeMap<String, f64>>,
}

/// A seed and a fold.
type Part = (u64, usize);

impl Tried {
    fn of(sources: &Sources, shorts: &[String], cells: &[usize]) -> Self {
        let standings: Vec<&CellStatus> =
            cells.iter().map(|idx| &sources.standings[*idx]).collect();
        let keys = &sources.plan.differing;
        let settings = &standings[0].cell.settings;
        let values: Vec<String> =
            keys.iter().map(|key| sources.base.value_of(settings, key)).collect();
        let words = shorts.iter().zip(&values).map(|(s, value)| (s.as_str(), value.as_str()));
        let finished: Vec<(u64, String)> = standings
            .iter()
            .filter(|standing| standing.state == RunState::Finished)
            .filter_map(|standing| Some((standing.cell.seed, run_of(standing)?)))
            .collect();
        let scored = || {
            let scores = |(seed, run): &(u64, String)| Some((*seed, sources.scores.get(run)?));
            finished.iter().filter_map(scores)
        };
        let parts: BTreeMap<Part, BTreeMap<String, f64>> = standings
            .iter()
            .filter(|standing| standing.state == RunState::Finished)
            .filter_map(|standing| {
                let scores = sources.scores.get(&run_of(standing)?)?;
                Some(((standing.cell.seed, standing.cell.fold), scores.valid.clone()))
            })
            .collect();
        let valid = on(&parts, &parts.keys().copied().collect());
        let test = by_seed(scored().map(|(seed, scores)| (seed, &scores.test)));
        let total = |of: fn(&RunScores) -> usize| scored().map(|(_, scores)| of(scores)).sum();
        let mut states = BTreeMap::new();
        for standing in &standings {
            *states.entry(standing.state.name().to_owned()).or_default() += 1;
        }
        let runs = || standings.iter().filter_map(|it| sources.runs.get(&run_of(it)?));
        let seconds: Vec<f64> = finished
            .iter()
            .filter_map(|(_, run)| sources.runs.get(run))
            .map(|run| run.seconds)
            .collect();
        let row = SettingRow {
            name: in_words(words),
            rank: None,
            states,
            n_seeds: valid.n_seeds(),
            score: mean_of(&valid),
            interval: statistics::interval(&valid),
            seed_means: valid.seed_means(),
            n_undefined: total(|scores| scores.n_undefined),
            n_pairs: total(|scores| scores.n_pairs),
            to_best: None,
            verdict: None,
            test: mean_of(&test),
            test_interval: statistics::interval(&test),
            monitored: statistics::mean(
                &runs().filter_map(|run| run.best_monitored).collect::<Vec<_>>(),
            ),
            seconds: statistics::mean(&seconds),
            runs: finished.into_iter().map(|(_, run)| run).collect(),
            values: keys.iter().cloned().zip(values).collect(),
        };
        Self { row, parts }
    }

    /// Its scores of some seeds and folds.
    fn on(&self, which: &BTreeSet<Part>) -> Scores {
        on(&self.parts, which)
    }
}

/// Gives each setting its place and its difference to the first, and says what it would take to
/// tell the second from it.
///
/// Places rest on the seeds and folds that most settings have finished, and on the cases that are
/// scored in all of them; a difference rests on the seeds and folds that both have. Otherwise a
/// setting with a lucky seed more, or one that is undefined in a hard case, would win by that.
fn rank(tried: &mut [Tried]) -> Option<Enough> {
    let shared = shared(tried);
    let has_all = |it: &Tried| shared.iter().all(|part| it.parts.contains_key(part));
    let mut ranked: Vec<(usize, Scores)> = tried
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
    let enough = ranked.get(1).map(|(_, second)| statistics::seeds_to_tell(best_scores, second));
    for (place, (idx, _)) in ranked.iter().enumerate() {
        tried[*idx].row.rank = Some(place + 1);
    }
    judge(tried, best_idx);
    enough
}

/// Compares every setting with the first, and says what holds after correction for their number
/// and against the scatter of repeated seeds, of which all settings tell.
fn judge(tried: &mut [Tried], best_idx: usize) {
    let best = &tried[best_idx].parts;
    let compare = |it: &Tried| {
        let both: BTreeSet<Part> =
            it.parts.keys().filter(|part| best.contains_key(part)).copied().collect();
        statistics::compare(&it.on(&both), &on(best, &both), None)
    };
    let compared: Vec<Option<Comparison>> = tried
        .par_iter()
        .enumerate()
        .map(|(idx, it)| if idx == best_idx { None } else { compare(it) })
        .collect();
    let all = |it: &Tried| it.on(&it.parts.keys().copied().collect());
    let floor = noise_floor(&tried.iter().map(all).collect::<Vec<_>>());
    let p = |it: &Comparison| it.wilcoxon.as_ref().map_or(1.0, |test| test.p);
    let adjusted = holm(&compared.iter().flatten().map(p).collect::<Vec<_>>());
    let n_comparisons = adjusted.len();
    let judged = tried.iter_mut().zip(&compared);
    let judged = judged.filter_map(|(it, compared)| Some((it, compared.as_ref()?)));
    for ((it, compared), p_holm) in judged.zip(adjusted) {
        let noise = floor.as_ref().map(|floor| floor.of_difference(compared.n_seeds));
        let noise = noise.filter(|noise| noise.is_finite());
        let is_one_seed = compared.n_seeds.iter().any(|n| *n < 2) && noise.is_none();
        let (verdict, _) = statistics::verdict(compared, p_holm, n_comparisons, noise);
        it.row.to_best = Some(compared.difference);
        it.row.verdict = Some(words(verdict, is_one_seed));
    }
}

/// The seeds and folds that most settings have finished; when no setting has all of those, the
/// first of them.
fn shared(tried: &[Tried]) -> BTreeSet<Part> {
    let mut counts: BTreeMap<Part, usize> = BTreeMap::new();
    for part in tried.iter().flat_map(|it| it.parts.keys()) {
        *counts.entry(*part).or_default() += 1;
    }
    let most = counts.values().max().copied().unwrap_or(0);
    let shared: BTreeSet<Part> =
        counts.iter().filter(|(_, n)| **n == most).map(|(part, _)| *part).collect();
    let is_had = |it: &Tried| shared.iter().all(|part| it.parts.contains_key(part));
    if tried.iter().any(is_had) { shared } else { shared.into_iter().take(1).collect() }
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
    statistics::mean(&of_case.map(|(_, mean)| *mean).collect::<Vec<_>>())
}

/// Scores of some seeds and folds.
fn on(parts: &BTreeMap<Part, BTreeMap<String, f64>>, which: &BTreeSet<Part>) -> Scores {
    let chosen = parts.iter().filter(|(part, _)| which.contains(part));
    by_seed(chosen.map(|((seed, _), scores)| (*seed, scores)))
}

/// A verdict in words. With one seed a difference that the cases show may still be that of the
/// seeds, and the words say so.
pub(super) fn words(verdict: Verdict, is_one_seed: bool) -> String {
    match verdict {
        Verdict::TooFewCases => verdict.words().to_owned(),
        _ if is_one_seed => format!("{}, one seed", verdict.words()),
        _ => verdict.words().to_owned(),
    }
}

pub(super) fn mean_of(scores: &Scores) -> Mean {
    Mean { mean: scores.mean(), n: scores.cases().len() }
}

/// Id of the run that answers a cell.
pub(super) fn run_of(standing: &CellStatus) -> Option<String> {
    standing.run.as_deref().map(crate::record::id_of)
}
