//! [`Scores`]: what one thing that was tried scored, by case and seed.
//!
//! Does not know what a score is.

use super::describe::mean;
use std::collections::BTreeMap;

/// Scores by case and seed. A case that a seed has no score of stays a gap: nothing is put in its
/// place.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scores {
    cases: Vec<String>,
    seeds: Vec<u64>,
    /// A row a case, a column a seed.
    values: Vec<Vec<Option<f64>>>,
}

impl Scores {
    /// From the scores of each seed by case. What is not finite is no score.
    pub fn new<C: AsRef<str>>(by_seed: &BTreeMap<u64, BTreeMap<C, f64>>) -> Self {
        let mut rows: BTreeMap<&str, Vec<Option<f64>>> = BTreeMap::new();
        for (seed_idx, by_case) in by_seed.values().enumerate() {
            for (case, score) in by_case.iter().filter(|(_, score)| score.is_finite()) {
                let row = rows.entry(case.as_ref()).or_insert_with(|| vec![None; by_seed.len()]);
                row[seed_idx] = Some(*score);
            }
        }
        let (cases, values) = rows.into_iter().map(|(case, row)| (case.to_owned(), row)).unzip();
        Self { cases, seeds: by_seed.keys().copied().collect(), values }
    }

    /// Cases that any seed has a score of, in order.
    pub fn cases(&self) -> &[String] {
        &self.cases
    }

    /// How many seeds there are.
    pub fn n_seeds(&self) -> usize {
        self.seeds.len()
    }

    /// How many seeds have a score of any of the cases.
    pub(super) fn n_seeds_scored(&self) -> usize {
        self.seeds_scored().count()
    }

    fn seeds_scored(&self) -> impl Iterator<Item = usize> {
        let is_scored =
            move |seed_idx: &usize| self.values.iter().any(|row| row[*seed_idx].is_some());
        (0..self.n_seeds()).filter(is_scored)
    }

    /// The mean over cases, each averaged over its seeds before.
    pub fn mean(&self) -> Option<f64> {
        mean(&self.case_means())
    }

    /// Each case averaged over its seeds.
    pub fn case_means(&self) -> Vec<f64> {
        self.values.iter().filter_map(|row| mean_of(row.iter().copied())).collect()
    }

    /// Each seed averaged over its cases; seeds without any score are left out.
    pub fn seed_means(&self) -> Vec<f64> {
        let of_seed = |seed_idx: usize| mean_of(self.values.iter().map(|row| row[seed_idx]));
        (0..self.n_seeds()).filter_map(of_seed).collect()
    }

    /// Each seed averaged over the cases that every seed has a score of; seeds without any score
    /// are left out, and nothing is left when there is no such case. Only these means can be
    /// compared with each other: otherwise the seed with the easier cases would seem better.
    pub(super) fn balanced_seed_means(&self) -> Vec<f64> {
        let seeds: Vec<usize> = self.seeds_scored().collect();
        let complete: Vec<Vec<f64>> = self
            .values
            .iter()
            .filter_map(|row| seeds.iter().map(|seed_idx| row[*seed_idx]).collect())
            .collect();
        let of_seed = |place: usize| mean_of(complete.iter().map(|row| Some(row[place])));
        (0..seeds.len()).filter_map(of_seed).collect()
    }

    /// Case means of all on the cases that all have: a row a case, a column for each of `of`.
    pub(super) fn table(of: &[Self]) -> Vec<Vec<f64>> {
        let Some((first, others)) = of.split_first() else { return Vec::new() };
        let is_common =
            |case: &&String| others.iter().all(|it| it.cases.binary_search(case).is_ok());
        let cases: Vec<String> = first.cases.iter().filter(is_common).cloned().collect();
        let columns: Vec<Vec<f64>> = of.iter().map(|it| it.only(&cases).case_means()).collect();
        let row = |case_idx: usize| columns.iter().map(|column| column[case_idx]).collect();
        (0..cases.len()).map(row).collect()
    }

    /// Whether both have the same seeds.
    pub(super) fn has_seeds_of(&self, other: &Self) -> bool {
        self.seeds == other.seeds
    }

    /// Those cases of both that the other has too.
    pub(super) fn common(left: &Self, right: &Self) -> (Self, Self) {
        (left.only(&right.cases), right.only(&left.cases))
    }

    fn only(&self, cases: &[String]) -> Self {
        let kept = self.cases.iter().zip(&self.values);
        let kept = kept.filter(|(case, _)| cases.binary_search(case).is_ok());
        let (cases, values) = kept.map(|(case, row)| (case.clone(), row.clone())).unzip();
        Self { cases, seeds: self.seeds.clone(), values }
    }

    /// A case averaged over the seeds named, which may be named repeatedly.
    pub(super) fn drawn(&self, case_idx: usize, seeds: &[usize]) -> Option<f64> {
        let row = &self.values[case_idx];
        mean_of(seeds.iter().map(|seed_idx| row[*seed_idx]))
    }
}

/// Mean of what is there.
pub(super) fn mean_of(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (sum, n) = values.flatten().fold((0.0, 0_usize), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(by_seed: &[&[(&str, f64)]]) -> Scores {
        let named = |scores: &&[(&str, f64)]| -> BTreeMap<String, f64> {
            scores.iter().map(|(case, score)| ((*case).into(), *score)).collect()
        };
        Scores::new(&(1..).zip(by_seed.iter().map(named)).collect())
    }

    #[test]
    fn seeds_are_averaged_within_a_case_before_cases_are() {
        let scores = scores(&[&[("a", 0.2), ("b", 0.8)], &[("a", 0.4), ("c", f64::NAN)]]);
        assert_eq!((scores.cases(), scores.n_seeds()), (&["a".into(), "b".into()][..], 2));
        // (0.3 + 0.8) / 2, and not the mean of the three scores.
        assert!((scores.mean().unwrap() - 0.55).abs() < 1e-12);
        assert_eq!(scores.seed_means(), [0.5, 0.4]);
        assert_eq!(Scores::default().mean(), None);
    }

    #[test]
    fn seeds_are_compared_on_the_cases_that_all_of_them_have() {
        let scores = scores(&[&[("a", 0.2), ("b", 0.8)], &[("a", 0.4)], &[]]);
        assert_eq!(scores.balanced_seed_means(), [0.2, 0.4]);
        assert!(Scores::default().balanced_seed_means().is_empty());
    }

    #[test]
    fn a_table_has_the_cases_of_all() {
        let of = [
            scores(&[&[("a", 0.1), ("b", 0.2), ("c", 0.4)]]),
            scores(&[&[("b", 0.3), ("c", 0.5)], &[("c", 0.7)]]),
        ];
        assert_eq!(Scores::table(&of), [[0.2, 0.3], [0.4, 0.6]]);
        assert!(Scores::table(&[]).is_empty());
    }

    #[test]
    fn only_cases_of_both_are_common() {
        let (left, right) = (scores(&[&[("a", 0.1), ("b", 0.2)]]), scores(&[&[("b", 0.3)]]));
        let (left, right) = Scores::common(&left, &right);
        assert_eq!((left.case_means(), right.case_means()), (vec![0.2], vec![0.3]));
    }
}
