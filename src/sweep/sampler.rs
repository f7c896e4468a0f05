//! [`Sampler`]: chooses the values of the next trial; [`Random`] and [`Sobol`].
//!
//! Does not know about excluded settings or running trials.

use super::{axis::Domain, kernel::Point};
use crate::base::random::Draw;
use serde_json::Value as Json;

/// The axes of a search, in the order of their keys.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Space {
    pub(super) keys: Vec<String>,
    pub(super) domains: Vec<Domain>,
}

/// A finished trial as a sampler sees it.
#[derive(Debug, Clone)]
pub(super) struct ScoredPoint {
    /// Its position on each axis.
    pub(super) point: Point,
    /// Its score, with the sign for which less is better; infinite when it failed.
    pub(super) loss: f64,
}

/// A way to choose values. It is a pure function of its arguments and of its own fields, which
/// never change.
pub(super) trait Sampler: std::fmt::Debug {
    /// Values for trial `number`, from 0, after the trials of `history`, which are in the order of
    /// their numbers. Another `attempt` gives other values, where the first are excluded.
    fn draw(
        &self,
        space: &Space,
        number: usize,
        attempt: usize,
        history: &[ScoredPoint],
    ) -> Vec<Json>;

    /// How many of the first trials do not depend on any history.
    fn n_blind(&self) -> usize {
        usize::MAX
    }
}

/// Draws each key independently.
#[derive(Debug)]
pub(super) struct Random {
    pub(super) seed: u64,
}

impl Sampler for Random {
    fn draw(&self, space: &Space, number: usize, attempt: usize, _: &[ScoredPoint]) -> Vec<Json> {
        let along = |(key, domain): (&String, &Domain)| {
            // By its key, so that a further axis does not change the draws of the others.
            let draw = Draw { seed: self.seed, epoch: number, case: key };
            domain.at(draw.stream(&format!("sweep random {attempt}")).uniform())
        };
        space.keys.iter().zip(&space.domains).map(along).collect()
    }
}

/// Points that fill the axes evenly: an Owen-scrambled Sobol sequence.
#[derive(Debug)]
pub(super) struct Sobol {
    pub(super) seed: u64,
}

/// The limits of the crate's sequence.
const SOBOL_POINTS: usize = 1 << 16;
const SOBOL_AXES: usize = 256;

impl Sampler for Sobol {
    fn draw(&self, space: &Space, number: usize, attempt: usize, _: &[ScoredPoint]) -> Vec<Json> {
        // Another attempt is a point far along: the nearer ones belong to other trials.
        let idx = if attempt == 0 { number } else { SOBOL_POINTS / 2 + number + attempt };
        if idx >= SOBOL_POINTS || number >= SOBOL_POINTS / 2 || space.keys.len() > SOBOL_AXES {
            return Random { seed: self.seed }.draw(space, number, attempt, &[]);
        }
        let mut seeds = Draw { seed: self.seed, epoch: 0, case: "" }.stream("sweep sobol");
        #[expect(clippy::cast_possible_truncation, reason = "the lower half of a seed is one too")]
        let seed = seeds.seed() as u32;
        let along = |(axis_idx, domain): (usize, &Domain)| {
            let (idx, axis_idx) = (u32::try_from(idx), u32::try_from(axis_idx));
            let place = sobol_burley::sample(idx.unwrap_or(0), axis_idx.unwrap_or(0), seed);
            domain.at(f64::from(place))
        };
        space.domains.iter().enumerate().map(along).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(n_axes: usize) -> Space {
        let domain = Domain::Number { from: 0.0, to: 1.0, log: false };
        let keys = (0..n_axes).map(|idx| format!("key-{idx}")).collect();
        Space { keys, domains: vec![domain; n_axes] }
    }

    fn numbers(values: &[Json]) -> Vec<f64> {
        values.iter().map(|value| value.as_f64().unwrap()).collect()
    }

    #[test]
    fn a_further_axis_changes_no_random_draw_of_the_others() {
        let random = Random { seed: 5 };
        let (two, three) = (space(2), space(3));
        for number in 0..20 {
            let with = random.draw(&three, number, 0, &[]);
            assert_eq!(random.draw(&two, number, 0, &[]), with[..2]);
        }
    }

    /// The first 4^k points of a scrambled (0, 2)-sequence in base 2: one in each square.
    #[test]
    fn sobol_puts_one_of_16_points_into_each_sixteenth_whatever_the_seed() {
        for seed in 0..20 {
            let mut counts = [[0; 4]; 4];
            for number in 0..16 {
                let at = numbers(&Sobol { seed }.draw(&space(2), number, 0, &[]));
                let cell =
                    |place: f64| [0.25, 0.5, 0.75].iter().filter(|edge| place >= **edge).count();
                counts[cell(at[0])][cell(at[1])] += 1;
            }
            assert_eq!(counts, [[1; 4]; 4], "seed {seed}");
        }
    }

    #[test]
    fn seeds_numbers_and_attempts_give_other_values() {
        let of = |seed, number, attempt| {
            let sobol = Sobol { seed }.draw(&space(1), number, attempt, &[]);
            numbers(&[sobol, Random { seed }.draw(&space(1), number, attempt, &[])].concat())
        };
        let mut all = Vec::new();
        for (seed, number, attempt) in [(1, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1), (1, 40_000, 0)]
        {
            all.extend(of(seed, number, attempt));
            assert_eq!(of(seed, number, attempt), of(seed, number, attempt));
        }
        all.sort_by(f64::total_cmp);
        all.dedup();
        // Beyond the sequence Sobol draws as `Random` does.
        assert_eq!(all.len(), 9);
    }
}
