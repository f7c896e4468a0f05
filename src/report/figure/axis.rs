//! [`Axis`]: a range of values, with the places and texts of its ticks.
//!
//! Does not know about pixels.

use crate::report::text::{short_exponent, significant};
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use std::ops::Range;

/// Ratio of the largest to the smallest loss from which a linear axis hides the small ones.
const LOG_FROM_RATIO: f64 = 30.0;

/// What is smaller is what rounding leaves of equal numbers.
const LEAST_DIFFERENCE: f64 = 1e-9;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    Linear,
    Log10,
}

/// One axis of a panel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    scale: Scale,
    ends: (f64, f64),
    /// Places of the ticks, and of the grid lines behind the data.
    ticks: Vec<f64>,
}

impl Axis {
    /// From `low` to `high`, with ticks at round values and the ends moved out to them.
    pub(super) fn linear(low: f64, high: f64) -> Self {
        let (low, high) = apart(low, high);
        let step = round_step((high - low) / 5.0);
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        Self {
            scale: Scale::Linear,
            ends: (first * step, last * step),
            ticks: whole_numbers(first, last).map(|tick| tick * step).collect(),
        }
    }

    /// From 0 to 1, for shares such as Dice.
    pub(super) fn share() -> Self {
        Self::linear(0.0, 1.0)
    }

    /// Whole decades around positive values, a tick at each, and between them when there are few.
    pub(super) fn log10(low: f64, high: f64) -> Self {
        let (first, mut last) = (low.log10().floor(), high.log10().ceil());
        if last <= first {
            last = first + 1.0;
        }
        let every = ((last - first) / 6.0).ceil();
        let decades = whole_numbers(first, last).filter(|decade| (decade - first) % every == 0.0);
        let within: &[f64] = if last - first <= 2.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let ticks =
            decades.flat_map(|decade| within.iter().map(move |part| part * 10_f64.powf(decade)));
        let ends = (10_f64.powf(first), 10_f64.powf(last));
        // Room for a last decade that rounding put a hair above the end.
        let is_within = |tick: &f64| *tick <= ends.1 * 1.001;
        Self { scale: Scale::Log10, ends, ticks: ticks.filter(is_within).collect() }
    }

    /// Logarithmic when the values span so much that a linear axis would hide the small ones.
    pub(super) fn fitting(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = span(values);
        if low > 0.0 && high / low > LOG_FROM_RATIO {
            Self::log10(low, high)
        } else {
            Self::around(low, high)
        }
    }

    /// A linear axis that holds the values and little more.
    pub(super) fn near(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = span(values);
        Self::around(low, high)
    }

    /// As [`Axis::near`], with zero on it; wide enough to show that there is no difference.
    pub(super) fn differences(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = span(values.chain([0.0]));
        if high - low < LEAST_DIFFERENCE {
            Self::around(-0.01, 0.01)
        } else {
            Self::around(low, high)
        }
    }

    /// From zero to a little above the highest, for sizes of bars.
    pub(super) fn from_zero(values: impl Iterator<Item = f64>) -> Self {
        let (_, high) = span(values.chain([0.0]));
        let mut axis = Self::around(0.0, if high > 0.0 { high } else { 1.0 });
        axis.ends.0 = 0.0;
        axis
    }

    /// Ranks from 1 to `last`, a tick at each while there are few.
    pub(super) fn ranks(last: usize) -> Self {
        let mut axis = Self::epochs(last);
        axis.ends = (0.7, last.max(1) as f64 + 0.3);
        axis
    }

    /// From a little below `low` to a little above `high`, with ticks at the round values within.
    fn around(low: f64, high: f64) -> Self {
        let mut axis = Self::linear(low, high);
        let (low, high) = apart(low, high);
        let room = 0.04 * (high - low);
        axis.ends = (low - room, high + room);
        axis.ticks.retain(|tick| (low - room..=high + room).contains(tick));
        axis
    }

    /// Epochs from 1 to `last`, ticks at whole numbers.
    pub(super) fn epochs(last: usize) -> Self {
        let last = last.max(1) as f64;
        let step = round_step(last / 8.0).max(1.0).round();
        let mut ticks: Vec<f64> =
            whole_numbers(1.0, (last / step).floor()).map(|tick| tick * step).collect();
        if step > 1.0 {
            ticks.insert(0, 1.0);
        }
        // One epoch alone still needs a width.
        let ends = if last > 1.0 { (1.0, last) } else { (0.5, 1.5) };
        Self { scale: Scale::Linear, ends, ticks }
    }

    /// Rows from 0 at the bottom, without ticks.
    pub(super) fn rows(n_rows: usize) -> Self {
        Self { scale: Scale::Linear, ends: (0.0, n_rows as f64), ticks: Vec::new() }
    }

    /// The value moved inside the ends; `None` when it has no place on the axis.
    pub(super) fn place(&self, value: f64) -> Option<f64> {
        self.drawn(value).is_finite().then(|| value.clamp(self.ends.0, self.ends.1))
    }

    /// A value in units that are even along the axis.
    fn drawn(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log10 => value.log10(),
        }
    }

    /// Said after the quantity's name.
    pub(super) fn scale_text(&self) -> &'static str {
        match self.scale {
            Scale::Linear => "",
            Scale::Log10 => ", log scale",
        }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    #[expect(clippy::cast_possible_truncation, reason = "a pixel lies between the two limits")]
    fn map(&self, value: &f64, (first, last): (i32, i32)) -> i32 {
        let [value, low, high] = [*value, self.ends.0, self.ends.1].map(|value| self.drawn(value));
        let share = (value - low) / (high - low);
        first + (f64::from(last - first) * share).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // Light points would be a second, finer grid.
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.ends.0..self.ends.1
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, tick: &f64) -> String {
        match self.scale {
            // Decades in one form, so that they can be compared at a glance.
            Scale::Log10 if *tick < 0.01 => short_exponent(*tick),
            Scale::Log10 | Scale::Linear => significant_tick(*tick),
        }
    }
}

/// Smallest and largest finite value; 0 to 1 when there is none.
fn span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = values.filter(|value| value.is_finite());
    let ends = finite.fold(None, |ends: Option<(f64, f64)>, value| {
        let (low, high) = ends.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    });
    ends.unwrap_or((0.0, 1.0))
}

/// The two values, moved apart when they are equal.
fn apart(low: f64, high: f64) -> (f64, f64) {
    if high > low {
        (low, high)
    } else {
        let room = low.abs().max(1e-6) * 0.5;
        (low - room, low + room)
    }
}

/// 1, 2 or 5 times a power of ten, at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= step * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

fn whole_numbers(first: f64, last: f64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(first), |number| Some(number + 1.0))
        .take_while(move |number| *number <= last + 0.5)
}

/// A round number without trailing zeros.
fn significant_tick(value: f64) -> String {
    // 3 steps of 0.2 are not 0.6 in binary.
    let value = if value.abs() < 1e-12 { 0.0 } else { value };
    let text = significant(value);
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').into()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<String> {
        axis.ticks.iter().map(|tick| axis.format_ext(tick)).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(texts(&Axis::share()), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(texts(&Axis::linear(0.0, 7.3)), ["0", "2", "4", "6", "8"]);
        assert_eq!(texts(&Axis::epochs(1)), ["1"]);
        assert_eq!(texts(&Axis::epochs(6)), ["1", "2", "3", "4", "5", "6"]);
        assert_eq!(texts(&Axis::epochs(50)), ["1", "10", "20", "30", "40", "50"]);
    }

    #[test]
    fn decades_hold_the_values() {
        let axis = Axis::log10(4e-8, 1e-3);
        assert_eq!([4e-8, 1e-3].map(|value| axis.map(&value, (0, 1000))), [120, 1000]);
        assert_eq!(texts(&axis), ["1e-8", "1e-7", "1e-6", "1e-5", "1e-4", "1e-3"]);
        let constant = Axis::log10(1e-3, 1e-3);
        assert_eq!(constant.map(&1e-3, (0, 1000)), 0);
        assert_eq!(texts(&constant), ["1e-3", "2e-3", "5e-3", "0.01"]);
    }

    #[test]
    fn a_wide_span_is_logarithmic() {
        assert_eq!(Axis::fitting([0.5, 2.0].into_iter()).scale_text(), "");
        assert_eq!(Axis::fitting([0.05, 20.0].into_iter()).scale_text(), ", log scale");
        assert_eq!(Axis::fitting([-1.0, 20.0].into_iter()).scale_text(), "");
    }

    #[test]
    fn a_fitting_axis_wastes_no_room() {
        let axis = Axis::fitting([0.49, 1.6].into_iter());
        assert_eq!(texts(&axis), ["0.5", "1", "1.5"]);
        assert_eq!([0.49, 1.6].map(|value| axis.map(&value, (0, 108))), [4, 104]);
        assert_eq!(texts(&Axis::fitting(std::iter::empty())).len(), 6);
    }

    #[test]
    fn equal_values_still_have_an_axis() {
        let none = Axis::differences([0.0, 1e-17].into_iter());
        assert_eq!(texts(&none), ["-0.01", "-0.005", "0", "0.005", "0.01"]);
        let positive = Axis::differences([0.2, 0.2].into_iter());
        assert_eq!(texts(&positive), ["0", "0.05", "0.1", "0.15", "0.2"]);
        assert_eq!(texts(&Axis::from_zero([0.0].into_iter())).len(), 6);
        assert_eq!(Axis::from_zero([3.0, 10.0].into_iter()).map(&0.0, (0, 100)), 0);
        assert_eq!(texts(&Axis::ranks(3)), ["1", "2", "3"]);
    }

    #[test]
    fn what_is_not_finite_has_no_place() {
        assert_eq!(Axis::share().place(f64::NAN), None);
        assert_eq!(Axis::log10(1e-3, 1.0).place(0.0), None);
    }
}
