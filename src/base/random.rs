//! [`Draw`]: random numbers that are a function of what they are for.
//!
//! A draw depends on seed, epoch, case and operation, and on nothing that happened before it: a
//! resumed run, another number of workers or a further operation change no other draw.
//!
//! Does not know what the numbers decide.

use std::f64::consts::TAU;

/// What a draw is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw<'a> {
    /// Seed of the experiment.
    pub seed: u64,
    /// Epoch, from 1; 0 outside training.
    pub epoch: usize,
    /// The case.
    pub case: &'a str,
}

impl Draw<'_> {
    /// The numbers of one operation.
    pub fn stream(&self, operation: &str) -> Stream {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed.to_le_bytes());
        hasher.update(&(self.epoch as u64).to_le_bytes());
        // The length keeps case and operation apart.
        hasher.update(&(self.case.len() as u64).to_le_bytes());
        hasher.update(self.case.as_bytes());
        hasher.update(operation.as_bytes());
        Stream { output: hasher.finalize_xof(), block: [0; 64], n_used: 64 }
    }
}

/// A sequence of random numbers: the extended output of BLAKE3.
#[derive(Debug, Clone)]
pub struct Stream {
    output: blake3::OutputReader,
    block: [u8; 64],
    n_used: usize,
}

impl Stream {
    fn next(&mut self) -> u64 {
        if self.n_used == self.block.len() {
            self.output.fill(&mut self.block);
            self.n_used = 0;
        }
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.block[self.n_used..self.n_used + 8]);
        self.n_used += 8;
        u64::from_le_bytes(bytes)
    }

    /// A seed for a stream of its own.
    pub fn seed(&mut self) -> u64 {
        self.next()
    }

    /// Uniform in `[0, 1)`.
    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `[from, to)`.
    pub fn range(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.uniform()
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Standard normal (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }

    /// Uniform in `0..n`; 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        // The upper half of a 128-bit product lies below `n`; its bias is under n / 2^64.
        let product = u128::from(self.next()) * n as u128;
        usize::try_from(product >> 64).unwrap_or(0)
    }

    /// Shuffles in place (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for idx in (1..items.len()).rev() {
            items.swap(idx, self.below(idx + 1));
        }
    }
}

/// The order in which an epoch visits `n` cases.
pub fn permutation(seed: u64, epoch: usize, n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    Draw { seed, epoch, case: "" }.stream("order").shuffle(&mut order);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAW: Draw<'_> = Draw { seed: 42, epoch: 3, case: "case_007" };

    #[test]
    fn another_operation_changes_no_draw() {
        let alone = DRAW.stream("rotate").next();
        let mut flip = DRAW.stream("flip-x");
        for _ in 0..100 {
            flip.uniform();
        }
        assert_eq!(DRAW.stream("rotate").next(), alone);
    }

    #[test]
    fn every_part_of_the_purpose_matters() {
        let first = |draw: Draw<'_>, operation: &str| draw.stream(operation).next();
        let mut draws = vec![
            first(DRAW, "rotate"),
            first(DRAW, "flip-x"),
            first(Draw { seed: 43, ..DRAW }, "rotate"),
            first(Draw { epoch: 4, ..DRAW }, "rotate"),
            first(Draw { case: "case_008", ..DRAW }, "rotate"),
            first(Draw { case: "case_007r", ..DRAW }, "otate"),
        ];
        draws.sort_unstable();
        draws.dedup();
        assert_eq!(draws.len(), 6);
    }

    #[test]
    fn numbers_are_spread_as_they_should() {
        let n = 40_000;
        let mut stream = DRAW.stream("test");
        let uniform: Vec<f64> = (0..n).map(|_| stream.uniform()).collect();
        let normal: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let square = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>() / f64::from(n);
        // Four standard errors: sd / sqrt(n) is 0.0014 for the uniform, 0.005 for the normal.
        assert!((mean(&uniform) - 0.5).abs() < 0.006);
        assert!(mean(&normal).abs() < 0.02);
        assert!((square(&normal) - 1.0).abs() < 0.03);
        assert!(uniform.iter().all(|value| (0.0..1.0).contains(value)));
        let mut counts = [0_u32; 7];
        (0..7000).for_each(|_| counts[stream.below(7)] += 1);
        assert!(counts.iter().all(|&count| (880..1120).contains(&count)), "{counts:?}");
    }

    #[test]
    fn a_permutation_holds_each_index_once() {
        let mut order = permutation(42, 1, 50);
        assert_ne!(order, permutation(42, 2, 50));
        assert_eq!(order, permutation(42, 1, 50));
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }
}
