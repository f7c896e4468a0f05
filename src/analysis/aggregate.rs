//! [`fill_means`]: means and counts of case scores, by polars.
//!
//! A score that is undefined is null, so it is in neither the mean nor the count.
//!
//! Does not know about files or how a mean is shown.

use super::{
    Mean, RunRow, ScoreRow,
    frames::{self, unbuilt},
};
use crate::{base::Result, event::Split};
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Fills in the means of some runs from the scores of all.
///
/// # Errors
/// When polars cannot aggregate.
pub(super) fn fill_means(runs: &mut [RunRow], raw: &[usize], scores: &[ScoreRow]) -> Result<()> {
    if raw.is_empty() {
        return Ok(());
    }
    let names: BTreeSet<&str> = raw.iter().map(|idx| runs[*idx].run.as_str()).collect();
    let scores: Vec<&ScoreRow> =
        scores.iter().filter(|row| names.contains(row.run.as_str())).collect();
    let aggregates = Aggregates::of(&scores).map_err(|error| unbuilt(&error))?;
    for run_idx in raw {
        let run = &mut runs[*run_idx];
        let (id, n_classes) = (&run.run, run.classes.len());
        run.valid_dice = aggregates.dice(id, Split::Valid, n_classes);
        run.valid_foreground = aggregates.foreground(id, Split::Valid);
        run.test_dice = aggregates.dice(id, Split::Test, n_classes);
        run.test_foreground = aggregates.foreground(id, Split::Test);
        run.valid_confusion = aggregates.confusion(id, n_classes);
        run.valid_accuracy = accuracy(&run.valid_confusion);
    }
    Ok(())
}

/// Means by run, split and class, with the number of values behind them.
#[derive(Debug, Default)]
struct Aggregates {
    by_class: BTreeMap<(String, String, u32), Mean>,
    foreground: BTreeMap<(String, String), Mean>,
    /// Voxels by run, reference class and predicted class.
    confusion: BTreeMap<(String, u32, u32), u64>,
}

impl Aggregates {
    /// Aggregates the scores of all runs at once.
    fn of(scores: &[&ScoreRow]) -> PolarsResult<Self> {
        let by_class = frames::scores(scores)?
            .lazy()
            .group_by([col("run"), col("split"), col("class")])
            .agg([col("dice").mean(), col("dice").count().alias("n")])
            .collect()?;
        let foreground = by_class
            .clone()
            .lazy()
            .filter(col("class").gt(lit(0)))
            // Sorted first: a sum of floats depends on its order, and a report must not.
            .sort(["run", "split", "class"], SortMultipleOptions::default())
            .group_by([col("run"), col("split")])
            .agg([col("dice").mean(), col("n").sum()])
            .collect()?;
        let confusion = frames::voxels(scores, Split::Valid)?
            .lazy()
            .group_by([col("run"), col("class"), col("predicted")])
            .agg([col("voxels").sum()])
            .collect()?;
        Ok(Self {
            by_class: means(&by_class)?
                .zip(by_class.column("class")?.u32()?.iter())
                .filter_map(|((run, split, mean), class)| Some(((run?, split?, class?), mean)))
                .collect(),
            foreground: means(&foreground)?
                .filter_map(|(run, split, mean)| Some(((run?, split?), mean)))
                .collect(),
            confusion: voxels(&confusion)?,
        })
    }

    /// Dice of each class of a run in a split, background first.
    fn dice(&self, run: &str, split: Split, n_classes: usize) -> Vec<Mean> {
        let key = |class: u32| (run.to_owned(), split.name().to_owned(), class);
        (0..)
            .take(n_classes)
            .map(|c| self.by_class.get(&key(c)).copied().unwrap_or_default())
            .collect()
    }

    /// Mean Dice of the foreground classes of a run in a split.
    fn foreground(&self, run: &str, split: Split) -> Mean {
        let key = (run.to_owned(), split.name().to_owned());
        self.foreground.get(&key).copied().unwrap_or_default()
    }

    /// Validation voxels by reference class (rows) and predicted class (columns); empty when
    /// nothing was evaluated.
    fn confusion(&self, run: &str, n_classes: usize) -> Vec<Vec<u64>> {
        let voxels = |row, column| {
            self.confusion.get(&(run.to_owned(), row, column)).copied().unwrap_or_default()
        };
        let classes = || (0..).take(n_classes);
        let matrix: Vec<Vec<u64>> =
            classes().map(|row| classes().map(|column| voxels(row, column)).collect()).collect();
        if matrix.iter().flatten().sum::<u64>() == 0 { Vec::new() } else { matrix }
    }
}

/// Share of voxels on the diagonal; `None` without voxels.
fn accuracy(confusion: &[Vec<u64>]) -> Option<f64> {
    let total: u64 = confusion.iter().flatten().sum();
    let right: u64 = confusion.iter().enumerate().map(|(class, row)| row[class]).sum();
    (total > 0).then(|| right as f64 / total as f64)
}

type KeyedMean = (Option<String>, Option<String>, Mean);

fn means(frame: &DataFrame) -> PolarsResult<impl Iterator<Item = KeyedMean>> {
    let runs = frame.column("run")?.str()?.iter();
    let splits = frame.column("split")?.str()?.iter();
    let dice = frame.column("dice")?.f64()?.iter();
    let counts = frame.column("n")?.u32()?.iter();
    Ok(runs.zip(splits).zip(dice.zip(counts)).map(|((run, split), (mean, n))| {
        let n = n.unwrap_or_default() as usize;
        (run.map(str::to_owned), split.map(str::to_owned), Mean { mean, n })
    }))
}

fn voxels(frame: &DataFrame) -> PolarsResult<BTreeMap<(String, u32, u32), u64>> {
    let runs = frame.column("run")?.str()?.iter();
    let classes = frame.column("class")?.u32()?.iter();
    let predicted = frame.column("predicted")?.u32()?.iter();
    let voxels = frame.column("voxels")?.u64()?.iter();
    Ok(runs
        .zip(classes)
        .zip(predicted.zip(voxels))
        .filter_map(|((run, class), (predicted, voxels))| {
            Some(((run?.to_owned(), class?, predicted?), voxels?))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{analysis::made_up::case_row, event::CaseRow};

    fn row(
        case: &str,
        split: Split,
        class: usize,
        dice: Option<f64>,
        predicted_as: [u64; 3],
    ) -> ScoreRow {
        let predicted_as = predicted_as.to_vec();
        let score = CaseRow { split, dice, predicted_as, ..case_row(case, class, [1, 1, 1]) };
        ScoreRow { run: "a".into(), score }
    }

    #[test]
    fn undefined_scores_are_in_neither_mean_nor_count() {
        let (valid, test) = (Split::Valid, Split::Test);
        let scores = [
            row("p", valid, 0, Some(1.0), [90, 5, 5]),
            row("p", valid, 1, Some(0.5), [2, 8, 0]),
            row("p", valid, 2, None, [0, 0, 0]),
            row("q", valid, 0, Some(0.8), [80, 0, 0]),
            row("q", valid, 1, Some(0.9), [0, 4, 0]),
            row("q", valid, 2, Some(0.2), [1, 0, 5]),
            row("r", test, 1, Some(0.1), [7, 7, 7]),
        ];
        let aggregates = Aggregates::of(&scores.iter().collect::<Vec<_>>()).unwrap();
        let mean = |mean: f64, n| Mean { mean: Some(mean), n };
        assert_eq!(aggregates.dice("a", valid, 3), [mean(0.9, 2), mean(0.7, 2), mean(0.2, 1)]);
        // The mean of the class means 0.7 and 0.2, over three case-class pairs.
        let foreground = aggregates.foreground("a", valid);
        assert!((foreground.mean.unwrap() - 0.45).abs() < 1e-12, "{foreground:?}");
        assert_eq!(foreground.n, 3);
        assert_eq!(aggregates.dice("a", test, 3)[2], Mean::default());
        let confusion = aggregates.confusion("a", 3);
        assert_eq!(confusion, [[170, 5, 5], [2, 12, 0], [1, 0, 5]]);
        assert_eq!(accuracy(&confusion), Some(187.0 / 200.0));
        assert!(aggregates.confusion("absent", 3).is_empty());
    }
}
