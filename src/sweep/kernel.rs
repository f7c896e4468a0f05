//! [`Mixture`]: a density over all axes at once, one kernel around each trial.
//!
//! A kernel is a product over axes: a normal curve cut off at the ends of a numeric axis, and
//! for choices the trial's own beside a share of all. Because a kernel spans all axes, what goes
//! well together stays together. The construction is that of Optuna's multivariate
//! estimator, but for choices.
//!
//! Does not know about scores.

use super::axis::Domain;
use crate::base::random::Stream;
use std::f64::consts::FRAC_1_SQRT_2;

/// The square root of a full turn: the height of the normal curve is one over it.
const ROOT_TAU: f64 = 2.506_628_274_631_000_7;

/// One trial on the inner scale of each axis.
pub(super) type Point = Vec<f64>;

/// How a kernel spreads along one axis.
#[derive(Debug, Clone)]
enum Spread {
    /// A normal curve cut off at the ends, and the logarithm of what lies between them.
    Normal { mean: f64, sd: f64, log_inside: f64 },
    /// The probability of each choice.
    Weights(Vec<f64>),
}

/// Kernels with their weights.
#[derive(Debug)]
pub(super) struct Mixture<'a> {
    domains: &'a [Domain],
    /// Weights sum to one; the last kernel is the prior.
    weights: Vec<f64>,
    /// For each axis, one spread a kernel.
    spreads: Vec<Vec<Spread>>,
}

impl<'a> Mixture<'a> {
    /// A kernel for each point, with its weight, and one of weight 1 for everything.
    pub(super) fn new(domains: &'a [Domain], points: &[&Point], mut weights: Vec<f64>) -> Self {
        weights.push(1.0);
        let sum: f64 = weights.iter().sum();
        for weight in &mut weights {
            *weight /= sum;
        }
        let along = |(axis_idx, domain): (usize, &Domain)| {
            let at: Vec<f64> = points.iter().map(|point| point[axis_idx]).collect();
            match domain {
                Domain::Choice(values) => choices(&at, values.len()),
                _ => normals(&at, domain.ends()),
            }
        };
        let spreads = domains.iter().enumerate().map(along).collect();
        Self { domains, weights, spreads }
    }

    /// Draws a point.
    pub(super) fn draw(&self, stream: &mut Stream) -> Point {
        let kernel_idx = pick(&self.weights, stream.uniform());
        let along = |(domain, spreads): (&Domain, &Vec<Spread>)| match &spreads[kernel_idx] {
            Spread::Weights(weights) => pick(weights, stream.uniform()) as f64,
            Spread::Normal { mean, sd, .. } => {
                let (low, high) = domain.ends();
                // The mean lies between the ends and the sd is at most their distance, so that
                // at least one draw in three is accepted.
                let inner = loop {
                    let number = mean + sd * stream.normal();
                    if (low..=high).contains(&number) {
                        break number;
                    }
                };
                // Through the value: what is drawn is what will be tried.
                domain.inner(&domain.of_inner(inner)).unwrap_or(inner)
            }
        };
        self.domains.iter().zip(&self.spreads).map(along).collect()
    }

    /// Logarithm of the density at a point.
    pub(super) fn log_density(&self, point: &Point) -> f64 {
        let logs: Vec<f64> = (0..self.weights.len())
            .map(|kernel_idx| {
                let axes = self.domains.iter().zip(&self.spreads).zip(point);
                let along = |((domain, spreads), at): ((&Domain, &Vec<Spread>), &f64)| {
                    log_along(domain, &spreads[kernel_idx], *at)
                };
                libm::log(self.weights[kernel_idx]) + axes.map(along).sum::<f64>()
            })
            .collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        largest + libm::log(logs.iter().map(|log| libm::exp(log - largest)).sum())
    }
}

fn log_along(domain: &Domain, spread: &Spread, at: f64) -> f64 {
    match spread {
        Spread::Normal { mean, sd, log_inside } => {
            let z = |number: f64| (number - mean) / sd;
            let own = match domain.stretch(at) {
                Some((from, to)) => libm::log(mass(z(from), z(to)).max(f64::MIN_POSITIVE)),
                None => -0.5 * z(at) * z(at) - libm::log(sd * ROOT_TAU),
            };
            own - log_inside
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a choice lies at its index"
        )]
        Spread::Weights(weights) => {
            libm::log(weights.get(at as usize).copied().unwrap_or(f64::MIN_POSITIVE))
        }
    }
}

/// Share of the standard normal between two numbers, exact in the tails.
fn mass(from: f64, to: f64) -> f64 {
    // In the left tail the complement keeps its digits.
    let (from, to) = if from > 0.0 { (-to, -from) } else { (from, to) };
    0.5 * (libm::erfc(-to * FRAC_1_SQRT_2) - libm::erfc(-from * FRAC_1_SQRT_2))
}

/// Weights of trials in their order: the newest 25 weigh 1, those before them less and less.
pub(super) fn fading(n: usize) -> Vec<f64> {
    const FULL: usize = 25;
    let n_fading = n.saturating_sub(FULL);
    let weight = |idx: usize| {
        if idx >= n_fading {
            return 1.0;
        }
        let first = 1.0 / n as f64;
        first + (1.0 - first) * idx as f64 / (n_fading.max(2) - 1) as f64
    };
    (0..n).map(weight).collect()
}

/// The narrowest kernel is the axis by the number of kernels, by this. Optuna's is 1, wider: with
/// three good trials a kernel then never spans less than a fifth of an axis.
const NARROWEST: f64 = 1.2;

/// Each kernel as wide as the gap to its farther neighbour, within limits; the prior last.
fn normals(at: &[f64], (low, high): (f64, f64)) -> Vec<Spread> {
    let n = at.len();
    let widest = high - low;
    let narrowest = widest / (NARROWEST * (n as f64 + 2.0)).min(100.0);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|one, other| at[*one].total_cmp(&at[*other]));
    let normal = |mean: f64, sd: f64| {
        let inside = mass((low - mean) / sd, (high - mean) / sd);
        Spread::Normal { mean, sd, log_inside: libm::log(inside) }
    };
    let mut spreads = vec![normal(0.5 * (low + high), widest); n + 1];
    for (rank, idx) in order.iter().copied().enumerate() {
        let below = rank.checked_sub(1).map(|rank| at[idx] - at[order[rank]]);
        let above = order.get(rank + 1).map(|next| at[*next] - at[idx]);
        let gap = match (below, above) {
            (Some(below), Some(above)) => below.max(above),
            (Some(gap), None) | (None, Some(gap)) => gap,
            (None, None) => (at[idx] - low).max(high - at[idx]),
        };
        spreads[idx] = normal(at[idx], gap.clamp(narrowest, widest));
    }
    spreads
}

/// How much of a kernel lies on all choices alike.
///
/// Optuna's share is one for all kernels together. With few choices and a hundred trials its
/// search stays for long with the choice that was good by chance: with that share, and all else as
/// it is here, one seed in ten of a net's objectives in `tpe_trials.rs` needs more than 120 to 150
/// trials; with this one, 70 to 80.
const ALIKE: f64 = 0.8;

/// Each kernel puts most on its own choice.
fn choices(at: &[f64], n_choices: usize) -> Vec<Spread> {
    let alike = 1.0 / n_choices as f64;
    let of = |own: &f64| {
        let weight = |idx: usize| {
            let is_own = (idx as f64 - own).abs() < 0.5;
            ALIKE * alike + (1.0 - ALIKE) * f64::from(u8::from(is_own))
        };
        Spread::Weights((0..n_choices).map(weight).collect())
    };
    let prior = Spread::Weights(vec![alike; n_choices]);
    at.iter().map(of).chain(std::iter::once(prior)).collect()
}

/// The index at which the running sum of weights, which sum to one, passes `place`.
fn pick(weights: &[f64], place: f64) -> usize {
    let mut sum = 0.0;
    for (idx, weight) in weights.iter().enumerate() {
        sum += weight;
        if place < sum {
            return idx;
        }
    }
    weights.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Draw;

    #[test]
    fn the_density_of_discrete_axes_sums_to_one() {
        let domains = [
            Domain::Choice(vec!["a".into(), "b".into(), "c".into()]),
            Domain::Integer { from: 1.0, to: 20.0, log: true },
            Domain::Integer { from: 2.0, to: 8.0, log: false },
        ];
        let log = |number: f64| libm::log(number);
        let points: Vec<Point> =
            vec![vec![0.0, log(3.0), 2.0], vec![2.0, log(20.0), 8.0], vec![0.0, log(4.0), 2.0]];
        let mixture =
            Mixture::new(&domains, &points.iter().collect::<Vec<_>>(), vec![1.0, 2.0, 0.5]);
        let mut sum = 0.0;
        for choice in 0..3 {
            for width in 1..=20 {
                for depth in 2..=8 {
                    let point = vec![f64::from(choice), log(f64::from(width)), f64::from(depth)];
                    sum += mixture.log_density(&point).exp();
                }
            }
        }
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    }

    #[test]
    fn draws_follow_the_density() {
        let domains = [Domain::Number { from: 0.0, to: 1.0, log: false }];
        let points: Vec<Point> = vec![vec![0.1], vec![0.15], vec![0.9]];
        let mixture =
            Mixture::new(&domains, &points.iter().collect::<Vec<_>>(), vec![1.0, 2.0, 0.5]);
        let mut stream = Draw { seed: 3, epoch: 0, case: "" }.stream("test");
        let n = 40_000;
        let below = (0..n).filter(|_| mixture.draw(&mut stream)[0] < 0.3).count();
        let step = 1e-4;
        let density = |idx: i32| mixture.log_density(&vec![(f64::from(idx) + 0.5) * step]).exp();
        let share: f64 = (0..3000).map(density).sum::<f64>() * step;
        let whole: f64 = (0..10_000).map(density).sum::<f64>() * step;
        assert!((whole - 1.0).abs() < 1e-6, "{whole}");
        // Four standard errors of a share of 40 000 are 0.01.
        assert!((below as f64 / f64::from(n) - share).abs() < 0.01, "{below} {share}");
    }
}
