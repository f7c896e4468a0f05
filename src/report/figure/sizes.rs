//! [`Size`]: how many settings, classes and cases the sample figures show, and their names.
//!
//! Does not know what is drawn.

use super::{Quantity, Stroke};
use crate::analysis::Interval;

/// How much a set of figures shows.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) name: &'static str,
    pub(super) n_settings: usize,
    pub(super) n_classes: usize,
    pub(super) n_cases: usize,
    pub(super) n_seeds: usize,
    pub(super) has_long_names: bool,
    /// 0: all values are equal.
    pub(super) spread: f64,
}

pub(super) const SIZES: [Size; 4] = [
    Size { name: "usual", n_settings: 3, n_classes: 3, n_cases: 12, n_seeds: 3, ..USUAL },
    Size { name: "many", n_settings: 12, n_classes: 5, n_cases: 50, ..LONG },
    Size { name: "one", n_settings: 1, n_classes: 1, n_cases: 1, n_seeds: 1, ..USUAL },
    Size { name: "equal", n_settings: 2, n_classes: 2, n_cases: 8, spread: 0.0, ..LONG },
];
const USUAL: Size = Size {
    name: "",
    n_settings: 3,
    n_classes: 3,
    n_cases: 12,
    n_seeds: 3,
    has_long_names: false,
    spread: 1.0,
};
const LONG: Size = Size { has_long_names: true, ..USUAL };

/// Numbers between -1 and 1 that look random.
pub(super) fn noise(seed: usize) -> f64 {
    let mixed = (seed as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed >> 40) as f64) / f64::from(1 << 23) - 1.0
}

impl Size {
    pub(super) fn setting(self, idx: usize) -> String {
        let short = ["baseline", "no-augmentation", "dice-foreground", "deeper", "wider", "slow"];
        if self.has_long_names {
            format!("{}-with-a-name-of-more-than-forty-letters-{idx}", short[idx % 6])
        } else {
            short[idx % 6].to_owned()
        }
    }

    pub(super) fn class(self, idx: usize) -> String {
        let short = ["tumour", "kidney", "cyst", "liver", "spleen"];
        if self.has_long_names {
            format!("{}, left and right side together", short[idx % 5])
        } else {
            short[idx % 5].to_owned()
        }
    }

    pub(super) fn settings(self) -> impl Iterator<Item = (String, Stroke)> {
        (0..self.n_settings).map(move |idx| (self.setting(idx), Stroke::nth(idx)))
    }

    pub(super) fn classes(self) -> impl Iterator<Item = (usize, String)> {
        (0..self.n_classes).map(move |idx| (idx, self.class(idx)))
    }
}

pub(super) fn dice() -> Quantity {
    Quantity { name: "Dice".into(), unit: None, of: "the test cases".into() }
}

pub(super) fn around(middle: f64, half: f64) -> Interval {
    Interval { low: middle - half, high: middle + half }
}
