//! [`beta`] and [`gamma_above`]: the incomplete functions behind the tails of distributions.
//!
//! Continued fractions by Lentz's method and a power series, as in Press et al., *Numerical
//! Recipes*, sections 6.2 and 6.4; good to 1e-12 for parameters up to some hundreds. Above, the
//! logarithm of the gamma function costs a digit or two.
//!
//! Does not know about distributions.

/// Where a continued fraction or a series has settled: the next change is lost in rounding.
const SETTLED: f64 = 2.0 * f64::EPSILON;
/// Stands in for a denominator of 0.
const TINY: f64 = 1e-300;
/// More steps than any parameter here takes: they grow with the root of the parameter.
const MOST_STEPS: usize = 20_000;

/// The regularised incomplete beta function of `x`, for `a` and `b` above 0. `y` is 1 - x, given
/// apart since a small one would be lost in the difference.
pub(super) fn beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 {
        0.0
    } else if y <= 0.0 {
        1.0
    } else if x > (a + 1.0) / (a + b + 2.0) {
        1.0 - beta_by_fraction(b, a, y, x)
    } else {
        beta_by_fraction(a, b, x, y)
    }
}

fn beta_by_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let log_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let front = (a * x.ln() + b * y.ln() - log_beta).exp() / a;
    let mut fraction = Lentz::new(1.0);
    fraction.take(-(a + b) * x / (a + 1.0), 1.0);
    for step in 1..MOST_STEPS {
        let m = step as f64;
        let even = m * (b - m) * x / ((a - 1.0 + 2.0 * m) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 1.0 + 2.0 * m));
        fraction.take(even, 1.0);
        if fraction.take(odd, 1.0) {
            break;
        }
    }
    front * fraction.value
}

/// The upper regularised incomplete gamma function Q(a, x), for `a` above 0.
pub(super) fn gamma_above(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - libm::lgamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for step in 1..MOST_STEPS {
            term *= x / (a + step as f64);
            sum += term;
            if term < sum * SETTLED {
                break;
            }
        }
        return 1.0 - front * sum;
    }
    let mut fraction = Lentz::new(x + 1.0 - a);
    for step in 1..MOST_STEPS {
        let m = step as f64;
        if fraction.take(-m * (m - a), x + 1.0 - a + 2.0 * m) {
            break;
        }
    }
    front * fraction.value
}

/// A continued fraction 1 / (b0 + a1 / (b1 + a2 / (b2 + ..))) taken step by step.
struct Lentz {
    value: f64,
    above: f64,
    below: f64,
}

impl Lentz {
    fn new(b0: f64) -> Self {
        let below = 1.0 / nonzero(b0);
        Self { value: below, above: 1.0 / TINY, below }
    }

    /// Takes the next pair; whether the value has settled.
    fn take(&mut self, a: f64, b: f64) -> bool {
        self.below = 1.0 / nonzero(b + a * self.below);
        self.above = nonzero(b + a / self.above);
        let factor = self.above * self.below;
        self.value *= factor;
        (factor - 1.0).abs() <= SETTLED
    }
}

fn nonzero(value: f64) -> f64 {
    if value.abs() < TINY { TINY } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-12 * expected, "{found} is not {expected}");
    }

    #[test]
    fn whole_parameters_give_sums_that_can_be_written_down() {
        for x in [0.001, 0.2, 0.5, 0.77, 0.999] {
            let y = 1.0 - x;
            close(beta(1.0, 1.0, x, y), x);
            close(beta(2.0, 3.0, x, y), x * x * (6.0 - 8.0 * x + 3.0 * x * x));
            close(beta(0.5, 0.5, x, y), 2.0 / std::f64::consts::PI * x.sqrt().asin());
        }
        for x in [0.01_f64, 0.9, 3.0, 40.0] {
            close(gamma_above(1.0, x), (-x).exp());
            close(gamma_above(3.0, x), (-x).exp() * (1.0 + x + x * x / 2.0));
            close(gamma_above(0.5, x), libm::erfc(x.sqrt()));
        }
        assert_eq!((beta(2.0, 2.0, 0.0, 1.0), beta(2.0, 2.0, 1.0, 0.0)), (0.0, 1.0));
        close(gamma_above(2.0, 0.0), 1.0);
    }
}
