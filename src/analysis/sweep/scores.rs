//! [`RunScores`]: the foreground Dice of each case of a run.
//!
//! Knows nothing of settings.

use crate::{
    analysis::ScoreRow,
    event::Split,
    statistics::{Scores, mean},
};
use std::collections::BTreeMap;

/// What one run scored, case by case: the mean Dice of the foreground classes that are defined
/// there. A case in which none is defined has no score.
#[derive(Debug, Default)]
pub(super) struct RunScores {
    pub(super) valid: BTreeMap<String, f64>,
    pub(super) test: BTreeMap<String, f64>,
    /// Validation pairs of case and foreground class.
    pub(super) n_pairs: usize,
    /// Those of them whose Dice is undefined.
    pub(super) n_undefined: usize,
}

impl RunScores {
    /// Of each run that has rows.
    pub(super) fn of(rows: &[ScoreRow]) -> BTreeMap<String, Self> {
        let mut dice: BTreeMap<(&str, Split, &str), Vec<f64>> = BTreeMap::new();
        let mut runs: BTreeMap<String, Self> = BTreeMap::new();
        for ScoreRow { run, score } in rows.iter().filter(|row| row.score.class > 0) {
            if !runs.contains_key(run) {
                runs.insert(run.clone(), Self::default());
            }
            let Some(scores) = runs.get_mut(run) else { continue };
            if score.split == Split::Valid {
                scores.n_pairs += 1;
                scores.n_undefined += usize::from(score.dice.is_none());
            }
            dice.entry((run, score.split, &score.case)).or_default().extend(score.dice);
        }
        for ((run, split, case), dice) in dice {
            let (Some(scores), Some(mean)) = (runs.get_mut(run), mean(&dice)) else { continue };
            match split {
                Split::Valid => scores.valid.insert(case.to_owned(), mean),
                Split::Test => scores.test.insert(case.to_owned(), mean),
                Split::Train => None,
            };
        }
        runs
    }
}

/// Scores by seed: the runs of one seed are of different folds, or of different settings, and
/// what they have in common is averaged.
pub(super) fn by_seed<'a>(runs: impl Iterator<Item = (u64, &'a BTreeMap<String, f64>)>) -> Scores {
    let mut seeds: BTreeMap<u64, BTreeMap<String, Vec<f64>>> = BTreeMap::new();
    for (seed, cases) in runs {
        let seed = seeds.entry(seed).or_default();
        for (case, score) in cases {
            seed.entry(case.clone()).or_default().push(*score);
        }
    }
    let averaged = |cases: BTreeMap<String, Vec<f64>>| -> BTreeMap<String, f64> {
        cases.into_iter().filter_map(|(case, scores)| Some((case, mean(&scores)?))).collect()
    };
    Scores::new(&seeds.into_iter().map(|(seed, cases)| (seed, averaged(cases))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::CaseRow;

    fn row(case: &str, class: usize, dice: Option<f64>) -> ScoreRow {
        let score = CaseRow {
            case: case.into(),
            split: Split::Valid,
            class,
            class_name: format!("class {class}"),
            epoch: 1,
            true_positive: 0,
            false_positive: 0,
            false_negative: 0,
            dice,
            iou: None,
            precision: None,
            recall: None,
            reference_ml: 0.0,
            prediction_ml: 0.0,
            ceiling_dice: None,
            predicted_as: vec![],
            specificity: None,
            space: None,
            whole: None,
        };
        ScoreRow { run: "a".into(), score }
    }

    #[test]
    fn undefined_pairs_are_counted_and_in_no_mean() {
        let rows = [
            row("p", 0, Some(0.99)),
            row("p", 1, Some(0.4)),
            row("p", 2, Some(0.8)),
            row("q", 1, Some(0.5)),
            row("q", 2, None),
            row("r", 1, None),
            row("r", 2, None),
        ];
        let runs = RunScores::of(&rows);
        let RunScores { valid, n_pairs, n_undefined, .. } = &runs["a"];
        assert_eq!((*n_pairs, *n_undefined), (6, 3));
        assert_eq!(valid.keys().collect::<Vec<_>>(), ["p", "q"], "nothing is known of `r`");
        assert!((valid["p"] - 0.6).abs() < 1e-12 && (valid["q"] - 0.5).abs() < 1e-12);
    }

    #[test]
    fn folds_of_a_seed_are_put_together() {
        let [first, second] = [[("p", 0.2)], [("q", 0.4)]]
            .map(|cases| cases.map(|(case, score)| (case.to_owned(), score)).into());
        let scores = by_seed([(1, &first), (1, &second), (2, &first)].into_iter());
        assert_eq!((scores.cases().len(), scores.n_seeds()), (2, 2));
        assert!((scores.mean().unwrap() - 0.3).abs() < 1e-12);
    }
}
