//! [`rows`]: what varies, its levels, and what each of them does.
//!
//! Does not know how levels are compared or how curves are averaged.

use super::{
    AxisRow, AxisScale, CellRow, LevelRow, SettingRow,
    blocks::{Entry, LevelEffects, LevelEntry, effects},
    curves::Curves,
    sources::Sources,
    values::{number, short_value},
};
use crate::{
    analysis::{FOREGROUND, Measure},
    event::Split,
    record::RunState,
    spec::{SweepAxis, short_keys},
};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// More different numbers than this are compared in thirds.
const MOST_NUMBERS: usize = 8;
/// More names than this are not compared one by one.
pub(super) const MOST_LEVELS: usize = 12;
/// Positive numbers that span this ratio lie by factors.
const LOG_FROM_RATIO: f64 = 8.0;

/// Every key with more than one value.
pub(super) fn rows(
    sources: &Sources<'_>,
    cells: &[CellRow],
    settings: &[SettingRow],
) -> Vec<AxisRow> {
    let keys = &sources.plan.differing;
    let curves = Curves::of(&sources.tables.epochs);
    let entries = entries(sources, cells);
    let named: Vec<(&String, String)> = keys.iter().zip(short_keys(keys)).collect();
    let row = |(key, short): (&String, String)| {
        let found = distinct(sources, key);
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        let scale = scale(sources, key, &found);
        let values = ordered(found, scale);
        let levels = Levels::of(&values, scale);
        let level_of = |setting: usize| levels.of_value.get(&settings[setting].values[key]);
        let placed: Vec<LevelEntry<'_>> = entries
            .iter()
            .filter_map(|entry| {
                let level = *level_of(entry.setting)?;
                let others = (!levels.are_ranges).then(|| others(&settings[entry.setting], key));
                Some(LevelEntry { entry, level, others })
            })
            .collect();
        let LevelEffects { levels: mut rows, design, compared } =
            effects(&placed, levels.names.len());
        for (level, row) in rows.iter_mut().enumerate() {
            let has_level = |setting: usize| level_of(setting) == Some(&level);
            row.name.clone_from(&levels.names[level]);
            row.n_settings = (0..settings.len()).filter(|idx| has_level(*idx)).count();
            let of_level = || cells.iter().filter(|cell| has_level(cell.setting));
            let is_compared = |cell: &&CellRow| compared.contains(&(cell.setting, cell.seed));
            row.curve = match row.n_runs {
                0 => curves.of_cells(of_level()),
                _ => curves.of_cells(of_level().filter(is_compared)),
            };
        }
        AxisRow { key: key.clone(), short, scale, values, levels: rows, design }
    };
    named.into_par_iter().map(row).filter(|axis: &AxisRow| axis.values.len() > 1).collect()
}

/// The values of a key, in the order in which the plan comes to them.
fn distinct(sources: &Sources<'_>, key: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let cells = sources.plan.cells.iter();
    let values = cells.map(|cell| sources.base.value_of(&cell.settings, key));
    values.filter(|value| seen.insert(value.clone())).collect()
}

/// What each setting scored with each seed, from its finished runs. Folds have no case in common.
fn entries<'a>(sources: &Sources<'a>, cells: &[CellRow]) -> Vec<Entry<'a>> {
    let mut entries: BTreeMap<(usize, u64), Entry<'a>> = BTreeMap::new();
    for (cell, run) in cells.iter().zip(&sources.run_of) {
        let Some(run) = run.filter(|_| cell.state == RunState::Finished) else { continue };
        let cases = sources.cases.of_run(run, Split::Valid, FOREGROUND, Measure::Dice);
        if cases.is_empty() {
            continue;
        }
        let (setting, seed) = (cell.setting, cell.seed);
        let entry = entries.entry((setting, seed)).or_insert_with(|| Entry {
            setting,
            seed,
            cases: BTreeMap::new(),
            n_runs: 0,
        });
        entry.cases.extend(cases);
        entry.n_runs += 1;
    }
    entries.into_values().collect()
}

fn others<'a>(setting: &'a SettingRow, key: &str) -> Vec<&'a str> {
    let others = setting.values.iter().filter(|(other, _)| *other != key);
    others.map(|(_, value)| value.as_str()).collect()
}

fn scale(sources: &Sources<'_>, key: &str, values: &[&str]) -> AxisScale {
    let numbers: Option<Vec<f64>> = values.iter().map(|value| number(value)).collect();
    let Some(numbers) = numbers else { return AxisScale::Names };
    let sweep = sources.base.experiment.as_ref().and_then(|it| it.sweep.as_ref());
    if let Some(SweepAxis::Range(span)) = sweep.and_then(|sweep| sweep.axes.get(key)) {
        return if span.log { AxisScale::Log } else { AxisScale::Linear };
    }
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low > 0.0 && high / low >= LOG_FROM_RATIO { AxisScale::Log } else { AxisScale::Linear }
}

fn ordered(mut values: Vec<&str>, scale: AxisScale) -> Vec<String> {
    if scale != AxisScale::Names {
        let place = |value: &str| number(value).unwrap_or(0.0);
        values.sort_by(|a, b| place(a).total_cmp(&place(b)));
    }
    values.into_iter().map(str::to_owned).collect()
}

/// What of an axis is compared.
struct Levels {
    names: Vec<String>,
    of_value: BTreeMap<String, usize>,
    are_ranges: bool,
}

impl Levels {
    fn of(values: &[String], scale: AxisScale) -> Self {
        if scale == AxisScale::Names || values.len() <= MOST_NUMBERS {
            let shown = &values[..values.len().min(MOST_LEVELS)];
            let of_value = shown.iter().cloned().zip(0..).collect();
            return Self { names: shown.to_vec(), of_value, are_ranges: false };
        }
        let thirds: Vec<&[String]> = values.chunks(values.len().div_ceil(3)).collect();
        let name = |third: &&[String]| match third {
            [first, .., last] => format!("{} to {}", short_value(first), short_value(last)),
            _ => third.concat(),
        };
        let of_value = thirds
            .iter()
            .enumerate()
            .flat_map(|(level, third)| third.iter().map(move |value| (value.clone(), level)));
        Self {
            names: thirds.iter().map(name).collect(),
            of_value: of_value.collect(),
            are_ranges: true,
        }
    }
}

impl LevelRow {
    /// Whether anything is known of it.
    pub fn is_scored(&self) -> bool {
        self.score.mean.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(numbers: std::ops::Range<u32>) -> Vec<String> {
        numbers.map(|number| number.to_string()).collect()
    }

    #[test]
    fn numbers_are_in_order_of_size_and_many_in_thirds() {
        assert_eq!(ordered(vec!["0.01", "1e-3", "2"], AxisScale::Log), ["1e-3", "0.01", "2"]);
        assert_eq!(Levels::of(&values(0..8), AxisScale::Linear).names.len(), 8);
        let levels = Levels::of(&values(0..20), AxisScale::Linear);
        assert_eq!(levels.names, ["0 to 6", "7 to 13", "14 to 19"]);
        assert_eq!((levels.of_value["6"], levels.of_value["7"]), (0, 1));
        assert_eq!(Levels::of(&values(0..30), AxisScale::Names).names.len(), MOST_LEVELS);
    }
}
