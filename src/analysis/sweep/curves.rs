//! [`Curves`]: validation Dice over the epochs, averaged over runs that have something in common.
//!
//! Averaged are finished runs; while none is finished, those under way, as far as all of them
//! are. A finished run that ended early keeps its last value: leaving it out from there on would
//! let the mean jump.
//!
//! Does not know what the runs have in common.

use super::{CellRow, CurvePoint, LevelCurve};
use crate::{analysis::EpochRow, record::RunState, statistics::mean};
use std::collections::BTreeMap;

/// Foreground Dice of one run by epoch.
type DiceByEpoch = [(usize, Option<f64>)];

/// Foreground Dice by run and epoch.
pub(super) struct Curves<'a> {
    by_run: BTreeMap<&'a str, Vec<(usize, Option<f64>)>>,
}

impl<'a> Curves<'a> {
    pub(super) fn of(epochs: &'a [EpochRow]) -> Self {
        let mut by_run: BTreeMap<&str, Vec<(usize, Option<f64>)>> = BTreeMap::new();
        for row in epochs {
            by_run.entry(&row.run).or_default().push((row.epoch, row.dice_foreground));
        }
        for curve in by_run.values_mut() {
            curve.sort_by_key(|(epoch, _)| *epoch);
        }
        Self { by_run }
    }

    /// The curve of some cells.
    pub(super) fn of_cells<'c>(&self, cells: impl Iterator<Item = &'c CellRow>) -> LevelCurve {
        let cells: Vec<&CellRow> = cells.collect();
        let in_states = |states: &[RunState]| -> Vec<(u64, &DiceByEpoch)> {
            let chosen = cells.iter().filter(|cell| states.contains(&cell.state));
            let curve = |cell: &&CellRow| {
                let curve = self.by_run.get(cell.run.as_deref()?)?;
                Some((cell.seed, curve.as_slice()))
            };
            chosen.filter_map(curve).collect()
        };
        let finished = in_states(&[RunState::Finished]);
        let is_open = finished.is_empty();
        let runs =
            if is_open { in_states(&[RunState::Running, RunState::Interrupted]) } else { finished };
        let ends = runs.iter().filter_map(|(_, curve)| curve.last()).map(|(epoch, _)| *epoch);
        let last = if is_open { ends.min() } else { ends.max() };
        let mut by_seed: BTreeMap<u64, Vec<&DiceByEpoch>> = BTreeMap::new();
        for (seed, curve) in &runs {
            by_seed.entry(*seed).or_default().push(curve);
        }
        let points = (1..=last.unwrap_or(0)).filter_map(|epoch| point(&by_seed, epoch));
        let points: Vec<CurvePoint> = points.collect();
        let is_open = is_open && !points.is_empty();
        LevelCurve { points, n_runs: runs.len(), n_seeds: by_seed.len(), is_open }
    }
}

fn point(by_seed: &BTreeMap<u64, Vec<&DiceByEpoch>>, epoch: usize) -> Option<CurvePoint> {
    let of_seed = |runs: &Vec<&DiceByEpoch>| {
        mean(&runs.iter().filter_map(|curve| at(curve, epoch)).collect::<Vec<_>>())
    };
    let seeds: Vec<f64> = by_seed.values().filter_map(of_seed).collect();
    CurvePoint::over(epoch, &seeds)
}

/// The value at an epoch; after the last one, that of the last.
fn at(curve: &DiceByEpoch, epoch: usize) -> Option<f64> {
    let next = curve.partition_point(|(known, _)| *known <= epoch);
    let (known, value) = curve.get(next.checked_sub(1)?)?;
    value.filter(|_| *known == epoch || next == curve.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(run: &str, dice: &[f64]) -> Vec<EpochRow> {
        let row = |(idx, dice): (usize, &f64)| EpochRow {
            run: run.into(),
            epoch: idx + 1,
            step: idx + 1,
            train_loss: 1.0,
            valid_loss: None,
            lr: 1e-3,
            dice: vec![],
            dice_foreground: Some(*dice),
            is_best: false,
        };
        dice.iter().enumerate().map(row).collect()
    }

    fn cell(run: &str, seed: u64, state: RunState) -> CellRow {
        CellRow { run: Some(run.into()), seed, state, ..CellRow::default() }
    }

    #[test]
    fn a_run_that_ended_early_keeps_its_last_value() {
        let epochs = [rows("a", &[0.25, 0.5, 0.75]), rows("b", &[0.25, 0.25])].concat();
        let cells = [
            cell("a", 1, RunState::Finished),
            cell("b", 2, RunState::Finished),
            cell("c", 1, RunState::Pruned),
        ];
        let curve = Curves::of(&epochs).of_cells(cells.iter());
        assert_eq!((curve.n_runs, curve.n_seeds, curve.is_open), (2, 2, false));
        let last = CurvePoint { epoch: 3, mean: 0.5, low: 0.25, high: 0.75 };
        assert_eq!(curve.points.last(), Some(&last));
    }

    #[test]
    fn runs_under_way_count_only_while_none_is_finished_and_as_far_as_all_are() {
        let epochs = [rows("a", &[0.2, 0.4, 0.6]), rows("b", &[0.4])].concat();
        let cells = [cell("a", 1, RunState::Running), cell("b", 1, RunState::Interrupted)];
        let curve = Curves::of(&epochs).of_cells(cells.iter());
        assert!(curve.is_open && curve.points.len() == 1);
        let cells = [cell("a", 1, RunState::Finished), cell("b", 1, RunState::Running)];
        let curve = Curves::of(&epochs).of_cells(cells.iter());
        assert_eq!((curve.is_open, curve.points.len(), curve.n_runs), (false, 3, 1));
        assert_eq!(Curves::of(&[]).of_cells(cells.iter()), LevelCurve::default());
    }
}
