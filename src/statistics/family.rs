//! [`judge`]: the comparisons of a family judged together.
//!
//! Does not know what is compared, or which comparisons belong together.

use super::{
    holm::holm,
    noise::NoiseFloor,
    paired::Comparison,
    verdict::{Verdict, verdict},
    why::Why,
};
use serde::Serialize;

/// A comparison and what may be said of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judgement {
    /// What was measured.
    pub comparison: Comparison,
    /// Wilcoxon's p after Holm over the family; 1 without a test.
    pub p_holm: f64,
    /// Size of the family.
    pub n_comparisons: usize,
    /// How far two such means lie apart by the seed alone, in 95 of 100 worlds.
    pub noise: Option<f64>,
    /// What may be said.
    pub verdict: Verdict,
    /// What it rests on, or what held it back.
    pub why: Why,
}

/// Judges every comparison after correction for their number, and against the scatter of repeated
/// seeds, where it is known.
pub fn judge(family: Vec<(Comparison, Option<&NoiseFloor>)>) -> Vec<Judgement> {
    let p = |(it, _): &(Comparison, _)| it.wilcoxon.map_or(1.0, |test| test.p);
    let adjusted = holm(&family.iter().map(p).collect::<Vec<_>>());
    let n_comparisons = family.len();
    let judged = family.into_iter().zip(adjusted).map(|((comparison, floor), p_holm)| {
        let noise = floor.map(|floor| floor.of_difference(comparison.n_seeds));
        let noise = noise.filter(|noise| noise.is_finite());
        let (verdict, why) = verdict(&comparison, p_holm, n_comparisons, noise);
        Judgement { comparison, p_holm, n_comparisons, noise, verdict, why }
    });
    judged.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{Reason, compare, made_up::by_seed};

    #[test]
    fn a_family_is_corrected_for_its_size_and_one_seed_holds_a_verdict_back() {
        let wave = |base: f64| -> Vec<f64> { (0..7).map(|i| base + 0.01 * f64::from(i)).collect() };
        let (low, high) = (wave(0.5), wave(0.6));
        let pair = compare(&by_seed(&[&high]), &by_seed(&[&low]), None).unwrap();
        let floor = NoiseFloor {
            between_seeds: 0.001,
            between_cases: None,
            n_groups: 1,
            n_runs: 10,
            degrees_of_freedom: 9,
        };
        let alone = judge(vec![(pair, Some(&floor))]);
        assert_eq!((alone[0].verdict, alone[0].n_comparisons), (Verdict::Better, 1));
        let four = judge(vec![(pair, Some(&floor)); 4]);
        assert!((four[0].p_holm - 4.0 * alone[0].p_holm).abs() < 1e-12);
        assert_eq!(four[0].verdict, Verdict::NotDistinguishable);
        let unknown = judge(vec![(pair, None)]);
        assert_eq!(unknown[0].verdict, Verdict::NotDistinguishable);
        assert!(unknown[0].why.0.contains(&Reason::OneSeed) && unknown[0].noise.is_none());
    }
}
