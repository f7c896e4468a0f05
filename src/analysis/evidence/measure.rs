//! [`Measure`]: what is read from the scores of a case, and what becomes of it where the class is
//! empty.
//!
//! | class is in | Dice, IoU | precision | recall | NSD | HD95, ASSD |
//! |---|---|---|---|---|---|
//! | neither | undefined | undefined | undefined | undefined | undefined |
//! | prediction alone | 0 | 0 | undefined | 0 | diagonal of the volume |
//! | reference alone | 0 | undefined | 0 | 0 | diagonal of the volume |
//!
//! What is undefined is in no mean and is counted. A missed structure has the worst value there is:
//! otherwise a mean would rise as more are missed.
//!
//! Knows nothing of arms or means.

use crate::{
    analysis::{RunRow, ScoreRow},
    event::{CaseRow, Split},
    statistics::Scores,
};
use std::collections::BTreeMap;

/// The class that stands for all foreground classes.
pub const FOREGROUND: &str = "foreground";

/// One number of a case and class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Measure {
    Dice,
    Iou,
    Precision,
    Recall,
    Specificity,
    /// Normalised surface Dice at this tolerance in mm.
    Nsd(f64),
    Hd,
    Hd95,
    Assd,
    BoundaryIou,
    /// Prediction less reference in mL.
    VolumeError,
    /// The same over the reference; undefined without one.
    RelativeVolumeError,
}

impl Measure {
    /// Its value in a row; `diagonal_mm` is that of the case.
    pub(super) fn of(self, row: &CaseRow, diagonal_mm: Option<f64>) -> Option<f64> {
        let surface = row.space.as_ref().map(|space| &space.surface);
        let is_one_sided = (row.true_positive + row.false_negative == 0)
            != (row.true_positive + row.false_positive == 0);
        let distance = |mm: Option<f64>| if is_one_sided { diagonal_mm } else { mm };
        match self {
            Self::Dice => row.dice,
            Self::Iou => row.iou,
            Self::Precision => row.precision,
            Self::Recall => row.recall,
            Self::Specificity => row.specificity,
            Self::Nsd(mm) => {
                surface?.nsd.iter().find(|nsd| nsd.tolerance_mm.total_cmp(&mm).is_eq())?.share
            }
            Self::Hd => distance(surface?.hd_mm),
            Self::Hd95 => distance(surface?.hd95_mm),
            Self::Assd => distance(surface?.assd_mm),
            Self::BoundaryIou => surface?.boundary_iou,
            Self::VolumeError => Some(row.prediction_ml - row.reference_ml),
            Self::RelativeVolumeError => (row.reference_ml > 0.0)
                .then(|| (row.prediction_ml - row.reference_ml) / row.reference_ml),
        }
    }
}

/// Scores of runs, found fast.
pub(super) struct Cases<'a> {
    /// Rows of each run.
    by_run: BTreeMap<&'a str, Vec<&'a CaseRow>>,
    runs: &'a [RunRow],
}

impl<'a> Cases<'a> {
    pub(super) fn of(runs: &'a [RunRow], scores: &'a [ScoreRow]) -> Self {
        let mut by_run: BTreeMap<&str, Vec<&CaseRow>> = BTreeMap::new();
        for row in scores {
            by_run.entry(&row.run).or_default().push(&row.score);
        }
        // A sum of floats depends on its order, and evidence must not.
        for rows in by_run.values_mut() {
            rows.sort_by_key(|row| (row.split, &row.case, row.class));
        }
        Self { by_run, runs }
    }

    /// Rows of a run in a split, of one class, or of all.
    pub(super) fn rows(
        &self,
        run_idx: usize,
        split: Split,
        class: Option<&str>,
    ) -> impl Iterator<Item = &'a CaseRow> {
        let rows = self.by_run.get(self.runs[run_idx].run.as_str()).into_iter().flatten().copied();
        let class = class.map(str::to_owned);
        rows.filter(move |row| {
            row.split == split && class.as_ref().is_none_or(|class| row.class_name == *class)
        })
    }

    /// The diagonal of each case of a run in mm, where it is known.
    pub(super) fn diagonals(&self, run_idx: usize, split: Split) -> BTreeMap<&'a str, f64> {
        let rows = self.rows(run_idx, split, None);
        rows.filter_map(|row| Some((row.case.as_str(), row.whole.as_ref()?.diagonal_mm))).collect()
    }

    /// A measure of a class over runs, by seed and case. Of [`FOREGROUND`] it is the mean over the
    /// classes that are defined in a case.
    pub(super) fn scores(
        &self,
        runs: &[usize],
        split: Split,
        class: &str,
        measure: Measure,
    ) -> Scores {
        let mut by_seed: BTreeMap<u64, BTreeMap<String, f64>> = BTreeMap::new();
        for &run_idx in runs {
            let seed = by_seed.entry(self.runs[run_idx].seed).or_default();
            let diagonals = self.diagonals(run_idx, split);
            let mut of_case: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
            for row in self.rows(run_idx, split, (class != FOREGROUND).then_some(class)) {
                if class == FOREGROUND && row.class == 0 {
                    continue;
                }
                let diagonal = diagonals.get(row.case.as_str()).copied();
                if let Some(value) = measure.of(row, diagonal).filter(|value| value.is_finite()) {
                    let (sum, n) = of_case.entry(&row.case).or_default();
                    (*sum, *n) = (*sum + value, *n + 1);
                }
            }
            seed.extend(
                of_case.into_iter().map(|(case, (sum, n))| (case.to_owned(), sum / n as f64)),
            );
        }
        Scores::new(&by_seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{ErrorParts, LesionScores, MaskScores, SliceProfile, SurfaceScores};

    pub(crate) fn row(case: &str, class: usize, [tp, fp, r#fn]: [u64; 3]) -> CaseRow {
        let ratio = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        CaseRow {
            case: case.into(),
            split: Split::Valid,
            class,
            class_name: format!("class {class}"),
            epoch: 1,
            true_positive: tp,
            false_positive: fp,
            false_negative: r#fn,
            dice: ratio(2 * tp, 2 * tp + fp + r#fn),
            iou: ratio(tp, tp + fp + r#fn),
            precision: ratio(tp, tp + fp),
            recall: ratio(tp, tp + r#fn),
            specificity: None,
            reference_ml: (tp + r#fn) as f64,
            prediction_ml: (tp + fp) as f64,
            ceiling_dice: None,
            predicted_as: vec![],
            space: Some(MaskScores {
                surface: SurfaceScores {
                    hd_mm: None,
                    hd95_mm: None,
                    assd_mm: None,
                    nsd: vec![],
                    boundary_iou: None,
                },
                lesions: LesionScores::default(),
                errors: ErrorParts::default(),
                profile: SliceProfile { bins: vec![] },
            }),
            whole: None,
        }
    }

    #[test]
    fn a_missed_structure_has_the_worst_value_and_an_absent_one_none() {
        let of = |counts: [u64; 3], measure: Measure| measure.of(&row("a", 1, counts), Some(300.0));
        assert_eq!(of([0, 0, 5], Measure::Hd95), Some(300.0));
        assert_eq!(of([0, 5, 0], Measure::Hd95), Some(300.0));
        assert_eq!(of([0, 0, 0], Measure::Hd95), None);
        assert_eq!((of([0, 0, 5], Measure::Dice), of([0, 0, 0], Measure::Dice)), (Some(0.0), None));
        assert_eq!(of([0, 5, 0], Measure::RelativeVolumeError), None);
        assert_eq!(of([2, 2, 0], Measure::RelativeVolumeError), Some(1.0));
    }

    #[test]
    fn the_foreground_of_a_case_is_the_mean_of_its_classes_and_seeds_stay_apart() {
        let runs = [1, 2].map(|seed| RunRow { run: format!("r{seed}"), seed, ..RunRow::default() });
        let score = |run: &str, score: CaseRow| ScoreRow { run: run.into(), score };
        let scores = [
            score("r1", row("a", 0, [9, 0, 0])),
            score("r1", row("a", 1, [1, 1, 1])),
            score("r1", row("a", 2, [1, 0, 0])),
            score("r1", row("b", 1, [0, 0, 1])),
            score("r1", row("b", 2, [0, 0, 0])),
            score("r2", row("a", 1, [1, 0, 0])),
        ];
        let cases = Cases::of(&runs, &scores);
        let of = |class: &str| cases.scores(&[0, 1], Split::Valid, class, Measure::Dice);
        let foreground = of(FOREGROUND);
        assert_eq!((foreground.cases(), foreground.n_seeds()), (&["a".into(), "b".into()][..], 2));
        // Case a: (0.5 + 1) / 2 with one seed and 1 with the other; case b: 0.
        assert_eq!(foreground.case_means(), [0.875, 0.0]);
        assert_eq!(of("class 2").case_means(), [1.0]);
    }
}
