//! [`AxisWeights`]: how each output line of one axis is mixed from input lines.
//!
//! Blur and linear sampling are composed into one sparse matrix per axis, so nothing is blurred
//! that is not sampled. Half-pixel centres throughout: output `i` of `n_out` lies at
//! `(i + 0.5) * n_in / n_out - 0.5` of the input; beyond the ends the input is mirrored and its
//! end lines are not repeated (numpy's `reflect`, scipy's `mirror`).
//!
//! Does not know about grids, volumes or what an axis means.

#![expect(clippy::cast_possible_truncation, reason = "weights end in f32, indices fit an axis")]

use std::ops::Range;

/// Values of a line that are mixed before the next ones: few enough to stay in the nearest cache
/// while one line after another is added.
const STRETCH: usize = 2048;

/// A sparse matrix from the lines of an axis to the lines of a new one. Each row's weights are
/// not negative and sum to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct AxisWeights {
    n_in: usize,
    rows: Vec<Row>,
}

/// One output line: weights of consecutive input lines from `first`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    first: usize,
    weights: Vec<f32>,
}

impl AxisWeights {
    /// Linear sampling of `n_in` lines at `n_out` places, with the Gaussian that
    /// `skimage.transform.resize(order=1, anti_aliasing=True)` puts before it when there are
    /// fewer places than lines.
    pub fn resize(n_in: usize, n_out: usize) -> Self {
        let sigma = (n_in as f64 / n_out as f64 - 1.0) / 2.0;
        Self::new(n_in, n_out, sigma.max(0.0))
    }

    /// A Gaussian of standard deviation `sigma` lines.
    pub fn blur(n: usize, sigma: f64) -> Self {
        Self::new(n, n, sigma)
    }

    fn new(n_in: usize, n_out: usize, sigma: f64) -> Self {
        let kernel = gaussian(sigma);
        let radius = (kernel.len() / 2).cast_signed();
        let scale = n_in as f64 / n_out as f64;
        let row = |line: usize| {
            let centre = (line as f64 + 0.5) * scale - 0.5;
            let left = floor(centre);
            let share = centre - centre.floor();
            let mut weights = vec![0.0; n_in];
            for (sampled, sampled_weight) in [(left, 1.0 - share), (left + 1, share)] {
                let first = mirror(sampled, n_in).cast_signed() - radius;
                for (source, weight) in (first..).zip(&kernel) {
                    weights[mirror(source, n_in)] += sampled_weight * weight;
                }
            }
            Row::trimmed(&weights)
        };
        Self { n_in, rows: (0..n_out).map(row).collect() }
    }

    /// Input lines.
    pub fn n_in(&self) -> usize {
        self.n_in
    }

    /// Output lines.
    pub fn n_out(&self) -> usize {
        self.rows.len()
    }

    /// Whether every output line is the input line of the same index.
    pub fn is_identity(&self) -> bool {
        self.n_in == self.n_out()
            && self
                .rows
                .iter()
                .enumerate()
                .all(|(line, row)| row.first == line && row.weights.len() == 1)
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }
}

impl Row {
    fn trimmed(weights: &[f64]) -> Self {
        let first = weights.iter().position(|&weight| weight > 0.0).unwrap_or(0);
        let end = weights.iter().rposition(|&weight| weight > 0.0).map_or(0, |last| last + 1);
        Self { first, weights: weights[first..end].iter().map(|&weight| weight as f32).collect() }
    }

    /// Writes the mix of input lines, each `out.len()` values long and stored one after another.
    pub(super) fn mix(&self, lines: &[f32], out: &mut [f32]) {
        let length = out.len();
        for start in (0..length).step_by(STRETCH) {
            let stretch = start..length.min(start + STRETCH);
            self.mix_stretch(
                &lines[self.first * length..],
                length,
                stretch.clone(),
                &mut out[stretch],
            );
        }
    }

    /// Mixes one stretch of all lines, up to three of them at a time.
    fn mix_stretch(&self, lines: &[f32], length: usize, stretch: Range<usize>, out: &mut [f32]) {
        let line = |at: usize| &lines[at * length..][stretch.clone()];
        // Each value begins with the sum of nothing: 0, which makes 0 of -0.
        let n_first = self.weights.len().min(3);
        match self.weights[..n_first] {
            [] => out.fill(0.0),
            [a] => {
                for (value, x) in out.iter_mut().zip(line(0)) {
                    *value = 0.0 + a * x;
                }
            }
            [a, b] => {
                for ((value, x), y) in out.iter_mut().zip(line(0)).zip(line(1)) {
                    *value = 0.0 + a * x + b * y;
                }
            }
            [a, b, c, ..] => {
                for (((value, x), y), z) in out.iter_mut().zip(line(0)).zip(line(1)).zip(line(2)) {
                    *value = 0.0 + a * x + b * y + c * z;
                }
            }
        }
        for (at, weights) in (n_first..).step_by(2).zip(self.weights[n_first..].chunks(2)) {
            match *weights {
                [a, b] => {
                    for ((value, x), y) in out.iter_mut().zip(line(at)).zip(line(at + 1)) {
                        *value = *value + a * x + b * y;
                    }
                }
                _ => {
                    for (value, x) in out.iter_mut().zip(line(at)) {
                        *value += weights[0] * x;
                    }
                }
            }
        }
    }

    /// The mix of input lines of one value each.
    pub(super) fn mix_values(&self, lines: &[f32]) -> f32 {
        let terms = self.weights.iter().zip(&lines[self.first..]);
        terms.fold(0.0, |sum, (weight, value)| sum + weight * value)
    }
}

/// Input line nearest to each output line, as `skimage.transform.resize(order=0)` picks it.
pub fn nearest_lines(n_in: usize, n_out: usize) -> Vec<usize> {
    let scale = n_in as f64 / n_out as f64;
    let nearest = |line: usize| floor((line as f64 + 0.5) * scale - 0.5 + 0.5).unsigned_abs();
    (0..n_out).map(|line| nearest(line).min(n_in.saturating_sub(1))).collect()
}

/// Index of a line, mirrored into `0..n` without repeating the end lines.
pub(super) fn mirror(line: isize, n: usize) -> usize {
    if let Ok(inside) = usize::try_from(line)
        && inside < n
    {
        return inside;
    }
    let Some(last) = n.checked_sub(1).filter(|&last| last > 0) else { return 0 };
    let phase = line.rem_euclid((2 * last).cast_signed()).unsigned_abs();
    phase.min(2 * last - phase)
}

/// Largest whole number that is not above `value`.
pub(super) fn floor(value: f64) -> isize {
    value.floor() as isize
}

/// scipy's kernel: cut at four standard deviations, sum 1.
fn gaussian(sigma: f64) -> Vec<f64> {
    if sigma <= 0.0 {
        return vec![1.0];
    }
    let radius = floor(4.0 * sigma + 0.5);
    let kernel: Vec<f64> =
        (-radius..=radius).map(|offset| (-0.5 * (offset as f64 / sigma).powi(2)).exp()).collect();
    let sum: f64 = kernel.iter().sum();
    kernel.iter().map(|weight| weight / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_without_repeating_the_ends() {
        let mirrored: Vec<usize> = (-4..8).map(|line| mirror(line, 4)).collect();
        assert_eq!(mirrored, [2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1]);
        assert_eq!(mirror(-3, 1), 0);
    }

    #[test]
    fn picks_the_upper_of_two_equally_near_lines() {
        assert_eq!(nearest_lines(8, 4), [1, 3, 5, 7]);
        assert_eq!(nearest_lines(8, 2), [2, 6]);
        assert_eq!(nearest_lines(2, 5), [0, 0, 1, 1, 1]);
    }

    #[test]
    fn rows_sum_to_one() {
        for (n_in, n_out) in [(512, 128), (24, 7), (5, 9), (1, 3), (3, 1)] {
            for row in AxisWeights::resize(n_in, n_out).rows() {
                let sum: f32 = row.weights.iter().sum();
                // Each weight is rounded to f32 once.
                assert!((sum - 1.0).abs() < 1e-6, "{n_in} to {n_out}: {sum}");
            }
        }
    }

    /// However many lines are mixed at a time, and however long they are, each value is the same sum
    /// in the same order.
    #[test]
    fn a_mix_adds_lines_in_their_order() {
        for (n_in, n_out) in [(5, 5), (4, 6), (6, 5), (9, 4), (30, 4), (31, 2)] {
            for length in [1, 7, STRETCH, STRETCH + 5] {
                let lines: Vec<f32> =
                    (0..n_in * length).map(|at| (at * 7919 % 1009) as f32 / 7.0 - 60.0).collect();
                for row in AxisWeights::resize(n_in, n_out).rows() {
                    let expected: Vec<f32> = (0..length)
                        .map(|at| {
                            let mut sum = 0.0;
                            for (line, weight) in row.weights.iter().enumerate() {
                                sum += weight * lines[(row.first + line) * length + at];
                            }
                            sum
                        })
                        .collect();
                    let mut found = vec![f32::NAN; length];
                    row.mix(&lines, &mut found);
                    assert_eq!(found, expected);
                    if length == 1 {
                        assert_eq!(row.mix_values(&lines).to_bits(), expected[0].to_bits());
                    }
                }
            }
        }
    }

    #[test]
    fn keeping_the_size_is_the_identity() {
        assert!(AxisWeights::resize(7, 7).is_identity());
        assert!(!AxisWeights::resize(7, 8).is_identity());
        assert!(!AxisWeights::blur(7, 0.6).is_identity());
    }
}
