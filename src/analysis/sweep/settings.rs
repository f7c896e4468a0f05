//! [`rows`]: every setting of a sweep with its scores, ranked.
//!
//! Does not know about axes.

use super::{SettingRow, ranking::rank, scored_setting::ScoredSetting, sources::Sources};
use crate::statistics::Required;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The settings in order, and each cell's place among them.
pub(super) struct RankedSettings {
    pub(super) settings: Vec<SettingRow>,
    pub(super) place_of: Vec<usize>,
    /// What it would take to tell the first two apart.
    pub(super) enough: Option<Required>,
}

/// Every setting of the plan.
pub(super) fn rows(sources: &Sources<'_>) -> RankedSettings {
    let (groups, group_of) = groups(sources);
    let mut scored: Vec<ScoredSetting<'_>> =
        groups.par_iter().map(|cells| ScoredSetting::of(sources, cells)).collect();
    let enough = rank(&mut scored);
    let mut order: Vec<usize> = (0..scored.len()).collect();
    let mean = |idx: &usize| scored[*idx].row.score.mean.unwrap_or(f64::NEG_INFINITY);
    let rank = |idx: &usize| scored[*idx].row.rank.unwrap_or(usize::MAX);
    // Sorted stably: what nothing tells apart stays in the order of the plan.
    order.sort_by(|a, b| rank(a).cmp(&rank(b)).then(mean(b).total_cmp(&mean(a))));
    let mut place = vec![0; order.len()];
    for (place_idx, group_idx) in order.iter().enumerate() {
        place[*group_idx] = place_idx;
    }
    let place_of = group_of.into_iter().map(|group_idx| place[group_idx]).collect();
    let mut rows: Vec<Option<SettingRow>> = scored.into_iter().map(|it| Some(it.row)).collect();
    let settings = order.into_iter().filter_map(|idx| rows[idx].take()).collect();
    RankedSettings { settings, place_of, enough }
}

/// Indices of the cells of each setting, and each cell's setting, in the order of the plan.
fn groups(sources: &Sources<'_>) -> (Vec<Vec<usize>>, Vec<usize>) {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut group_of = Vec::with_capacity(sources.plan.cells.len());
    for (cell_idx, cell) in sources.plan.cells.iter().enumerate() {
        let name = serde_json::to_string(&cell.settings).unwrap_or_default();
        let group_idx = *known.entry(name).or_insert(groups.len());
        if group_idx == groups.len() {
            groups.push(Vec::new());
        }
        groups[group_idx].push(cell_idx);
        group_of.push(group_idx);
    }
    (groups, group_of)
}
