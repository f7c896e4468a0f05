//! The normal, Student's t, chi-square and F distributions: what a test needs of each.
//!
//! Tails are computed as such and not as 1 less the rest, so that a small p keeps its digits: to
//! 1e-12 of its own size for some hundreds of degrees of freedom, and to 1e-10 for some thousands.
//!
//! Does not know about tests.

use super::special::{beta, gamma_above};
use std::f64::consts::{PI, SQRT_2, TAU};

/// More steps than a quantile takes.
const MOST_STEPS: usize = 500;

/// Chance of a standard normal number at or below `z`.
pub fn normal_below(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

/// The standard normal number with this share below it; `None` unless 0 < `share` < 1.
pub fn normal_quantile(share: f64) -> Option<f64> {
    if !(share > 0.0 && share < 1.0) {
        return None;
    }
    if share > 0.5 {
        // 1 less such a share is exact.
        return normal_quantile(1.0 - share).map(|z| -z);
    }
    // Abramowitz and Stegun, 26.2.23, to 4.5e-4; each step of Halley's triples the digits.
    let root = (-2.0 * share.ln()).sqrt();
    let above = 2.515_517 + root * (0.802_853 + root * 0.010_328);
    let below = 1.0 + root * (1.432_788 + root * (0.189_269 + root * 0.001_308));
    let mut z = above / below - root;
    for _ in 0..3 {
        let step = (normal_below(z) - share) * TAU.sqrt() * (z * z / 2.0).exp();
        z -= step / (1.0 + z * step / 2.0);
    }
    Some(z)
}

/// Chance of a number of Student's t distribution above `t`; `degrees` of freedom need not be
/// whole, and must be above 0.
pub fn student_above(t: f64, degrees: f64) -> f64 {
    if t < 0.0 {
        return 1.0 - student_above(-t, degrees);
    }
    if t.is_infinite() {
        return 0.0;
    }
    let sum = degrees + t * t;
    0.5 * beta(degrees / 2.0, 0.5, degrees / sum, t * t / sum)
}

/// The number of Student's t distribution with this share below it; `None` unless
/// 0 < `share` < 1 and `degrees` > 0.
pub fn student_quantile(share: f64, degrees: f64) -> Option<f64> {
    let above = 1.0 - share;
    if share < 0.5 {
        return student_quantile(above, degrees).map(|t| -t);
    }
    // Newton's method from the normal quantile, which lies nearer to 0: above 0 the tail is
    // convex, so that every step goes outwards and none goes too far.
    let mut t = normal_quantile(share).filter(|_| degrees > 0.0 && degrees.is_finite())?.max(0.0);
    let of_halves = libm::lgamma(f64::midpoint(degrees, 1.0)) - libm::lgamma(degrees / 2.0);
    let front = of_halves.exp() / (degrees * PI).sqrt();
    for _ in 0..MOST_STEPS {
        let density = front * (-(degrees + 1.0) / 2.0 * (t * t / degrees).ln_1p()).exp();
        let step = (student_above(t, degrees) - above) / density;
        t += step;
        if step.abs() <= 1e-14 * t.abs() {
            break;
        }
    }
    Some(t)
}

/// Chance of a chi-square number above `chi2`.
pub fn chi_square_above(chi2: f64, degrees: f64) -> f64 {
    gamma_above(degrees / 2.0, chi2 / 2.0)
}

/// Chance of a number of the F distribution above `f`, with the degrees of freedom of what is
/// above and what is below in the ratio.
pub fn f_above(f: f64, degrees: [f64; 2]) -> f64 {
    let parts = [degrees[0] * f.max(0.0), degrees[1]];
    let sum = parts[0] + parts[1];
    beta(degrees[1] / 2.0, degrees[0] / 2.0, parts[1] / sum, parts[0] / sum)
}

#[cfg(test)]
#[expect(clippy::unreadable_literal, reason = "as the tables have them")]
mod tests {
    use super::*;

    #[track_caller]
    fn close(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() <= tolerance * expected.abs(), "{found} not {expected}");
    }

    #[test]
    fn known_points_of_the_normal_distribution() {
        close(normal_quantile(0.975).unwrap(), 1.959963984540054, 1e-14);
        close(normal_quantile(0.8).unwrap(), 0.8416212335729142, 1e-14);
        close(normal_below(-6.0), 9.86587645037698e-10, 1e-12);
        for z in [-8.0, -3.1, -0.2, 0.7, 5.0] {
            close(normal_quantile(normal_below(z)).unwrap(), z, 1e-9);
        }
        assert_eq!(normal_quantile(0.5).map(|z| z.abs() < 1e-15), Some(true));
        assert_eq!([0.0, 1.0, f64::NAN].map(normal_quantile), [None; 3]);
    }

    #[test]
    fn one_and_two_degrees_of_student_have_closed_forms() {
        for t in [0.0_f64, 1e-9, 0.3, 1.0, 7.5, 1e4] {
            let cauchy = if t > 1.0 { (1.0 / t).atan() / PI } else { 0.5 - t.atan() / PI };
            close(student_above(t, 1.0), cauchy, 1e-12);
            let root = (2.0 + t * t).sqrt();
            close(student_above(t, 2.0), 1.0 / (root * (root + t)), 1e-12);
            close(student_above(-t, 2.0), 1.0 - 1.0 / (root * (root + t)), 1e-12);
        }
        close(student_quantile(0.75, 1.0).unwrap(), 1.0, 1e-13);
        close(student_quantile(1.0 - 1e-6, 1.0).unwrap(), 1.0 / (PI * 1e-6).tan(), 1e-9);
        for share in [0.05_f64, 0.6, 0.8, 0.975] {
            let two = (2.0 * share - 1.0) / (2.0 * share * (1.0 - share)).sqrt();
            close(student_quantile(share, 2.0).unwrap(), two, 1e-12);
        }
        // From tables, and the normal distribution as the limit.
        close(student_quantile(0.975, 29.0).unwrap(), 2.045229642132703, 1e-12);
        close(student_quantile(0.975, 4000.0).unwrap(), 1.960_557, 1e-6);
        assert_eq!((student_quantile(1.0, 3.0), student_quantile(0.9, 0.0)), (None, None));
    }

    #[test]
    fn chi_square_and_f_meet_the_distributions_they_come_from() {
        for x in [0.1_f64, 2.0, 11.0] {
            close(chi_square_above(x, 1.0), 2.0 * normal_below(-x.sqrt()), 1e-12);
            close(chi_square_above(x, 2.0), (-x / 2.0).exp(), 1e-12);
            // A squared t is an F of 1 and as many degrees.
            close(f_above(x, [1.0, 7.0]), 2.0 * student_above(x.sqrt(), 7.0), 1e-12);
            close(f_above(x, [2.0, 6.0]), (1.0 + x / 3.0).powi(-3), 1e-12);
        }
        close(f_above(0.0, [3.0, 4.0]), 1.0, 0.0);
    }
}
