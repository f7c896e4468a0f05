//! [`Domain`]: the values of one axis, and the position of each.
//!
//! Does not know about other axes, or how values are chosen.

use crate::spec::{AxisRange, AxisType, SweepAxis, axis_type, is_same_value};
use serde_json::Value as Json;

/// The values that a key of a sweep may have.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Domain {
    /// These values, in no order.
    Choice(Vec<Json>),
    /// These numbers, the smallest first.
    Steps(Vec<Json>),
    /// Any number between the ends.
    Number { from: f64, to: f64, log: bool },
    /// Any whole number between the ends.
    Integer { from: f64, to: f64, log: bool },
}

impl Domain {
    /// The values of an axis over `key`.
    pub(super) fn new(key: &str, axis: &SweepAxis) -> Self {
        let span = match axis {
            SweepAxis::List(values) => return Self::Choice(values.clone()),
            SweepAxis::Range(span) => span,
        };
        let &AxisRange { from, to, steps, log } = span;
        match (axis_type(key), steps) {
            (Some(AxisType::Integer), None) => Self::Integer { from, to, log },
            (Some(AxisType::Integer), Some(steps)) => {
                let mut values: Vec<Json> =
                    spaced(from, to, steps, log).into_iter().map(|it| whole(it.round())).collect();
                values.dedup();
                Self::Steps(values)
            }
            (_, None) => Self::Number { from, to, log },
            (_, Some(steps)) => {
                Self::Steps(spaced(from, to, steps, log).into_iter().map(Json::from).collect())
            }
        }
    }

    /// Every value; `None` where there are infinitely many.
    pub(super) fn values(&self) -> Option<&[Json]> {
        match self {
            Self::Choice(values) | Self::Steps(values) => Some(values),
            Self::Number { .. } | Self::Integer { .. } => None,
        }
    }

    /// Values that are enough to check the axis: all of a list, both ends of a range.
    pub(super) fn samples(&self) -> Vec<Json> {
        match self {
            Self::Choice(values) | Self::Steps(values) => values.clone(),
            Self::Number { from, to, .. } => vec![(*from).into(), (*to).into()],
            Self::Integer { from, to, .. } => vec![whole(*from), whole(*to)],
        }
    }

    /// The value at a position in `[0, 1)`. All values (or factors) are equally likely.
    pub(super) fn at(&self, place: f64) -> Json {
        match self {
            Self::Choice(values) | Self::Steps(values) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a place in [0, 1) times a length is an index"
                )]
                let idx = (place * values.len() as f64) as usize;
                values.get(idx.min(values.len().saturating_sub(1))).cloned().unwrap_or_default()
            }
            Self::Number { .. } | Self::Integer { .. } => {
                let (low, high) = self.ends();
                self.of_inner(low + place * (high - low))
            }
        }
    }

    /// The position of a value on the axis: an index, or a number on the scale of
    /// [`ends`](Self::ends). `None` for a value that is not on it.
    pub(super) fn inner(&self, value: &Json) -> Option<f64> {
        match self {
            Self::Choice(values) | Self::Steps(values) => {
                let idx = values.iter().position(|it| is_same_value(it, value))?;
                Some(idx as f64)
            }
            Self::Number { from, to, log } | Self::Integer { from, to, log } => {
                let number = value.as_f64().filter(|it| (*from..=*to).contains(it))?;
                Some(if *log { libm::log(number) } else { number })
            }
        }
    }

    /// The ends of the axis on the scale on which it is searched. For whole numbers they are half
    /// a step outside, so that the first and the last are as likely as the others.
    pub(super) fn ends(&self) -> (f64, f64) {
        let scale = |number: f64, log: bool| if log { libm::log(number) } else { number };
        match self {
            Self::Choice(values) | Self::Steps(values) => (-0.5, values.len() as f64 - 0.5),
            Self::Number { from, to, log } => (scale(*from, *log), scale(*to, *log)),
            Self::Integer { from, to, log } => (scale(from - 0.5, *log), scale(to + 0.5, *log)),
        }
    }

    /// The value at a number between the [`ends`](Self::ends).
    pub(super) fn of_inner(&self, inner: f64) -> Json {
        let scale = |log: bool| if log { libm::exp(inner) } else { inner };
        match self {
            Self::Choice(values) | Self::Steps(values) => {
                let last = values.len().saturating_sub(1) as f64;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "held between 0 and the last index"
                )]
                let idx = inner.round().clamp(0.0, last) as usize;
                values.get(idx).cloned().unwrap_or_default()
            }
            Self::Number { from, to, log } => tidy(scale(*log)).clamp(*from, *to).into(),
            Self::Integer { from, to, log } => whole(scale(*log).round().clamp(*from, *to)),
        }
    }

    /// The interval of the inner scale that means one value; `None` where values are no intervals.
    pub(super) fn stretch(&self, inner: f64) -> Option<(f64, f64)> {
        match self {
            Self::Choice(_) | Self::Number { .. } => None,
            Self::Integer { log: true, .. } => {
                let number = libm::exp(inner).round();
                Some((libm::log(number - 0.5), libm::log(number + 0.5)))
            }
            Self::Steps(_) | Self::Integer { .. } => {
                Some((inner.round() - 0.5, inner.round() + 0.5))
            }
        }
    }
}

/// `steps` numbers from one end to the other.
fn spaced(from: f64, to: f64, steps: usize, log: bool) -> Vec<f64> {
    let last = steps.saturating_sub(1).max(1) as f64;
    let number = |idx: usize| {
        let share = idx as f64 / last;
        if log {
            libm::exp(libm::log(from) + share * (libm::log(to) - libm::log(from)))
        } else {
            from + share * (to - from)
        }
    };
    let inside = (1..steps.saturating_sub(1)).map(|idx| tidy(number(idx)));
    std::iter::once(from).chain(inside).chain(std::iter::once(to)).collect()
}

/// Rounds to nine digits: 0.001, not 0.0010000000000000002, on every machine.
fn tidy(number: f64) -> f64 {
    format!("{number:.8e}").parse().unwrap_or(number)
}

#[expect(clippy::cast_possible_truncation, reason = "the ends of a range of integers are integers")]
fn whole(number: f64) -> Json {
    Json::from(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(key: &str, from: f64, to: f64, steps: Option<usize>, log: bool) -> Domain {
        Domain::new(key, &SweepAxis::Range(AxisRange { from, to, steps, log }))
    }

    fn shown(domain: &Domain) -> String {
        Json::from(domain.values().unwrap()).to_string()
    }

    #[test]
    fn ranges_hold_both_ends_and_no_crooked_numbers() {
        let rates = range("schedule.max-lr", 1e-4, 1e-1, Some(4), true);
        assert_eq!(shown(&rates), "[0.0001,0.001,0.01,0.1]");
        let shares = range("model.dropout", 0.0, 0.6, Some(7), false);
        assert_eq!(shown(&shares), "[0.0,0.1,0.2,0.3,0.4,0.5,0.6]");
    }

    #[test]
    fn integers_stay_integers_and_come_once() {
        let epochs = range("train.epochs", 10.0, 40.0, Some(4), false);
        assert_eq!(shown(&epochs), "[10,20,30,40]");
        let batches = range("train.batch", 1.0, 8.0, Some(8), true);
        assert_eq!(shown(&batches), "[1,2,3,4,6,8]");
        let any = range("train.batch", 1.0, 8.0, None, true);
        assert_eq!([any.at(0.0), any.at(0.999)].map(|it| it.to_string()), ["1", "8"]);
    }

    #[test]
    fn every_value_of_a_steps_and_integer_axis_lies_in_its_own_stretch() {
        for domain in [
            range("train.batch", 1.0, 9.0, None, false),
            range("train.batch", 1.0, 9.0, None, true),
            range("train.batch", 1.0, 9.0, Some(9), false),
        ] {
            let mut end = domain.ends().0;
            for number in 1..=9 {
                let inner = domain.inner(&Json::from(number)).unwrap();
                let (low, high) = domain.stretch(inner).unwrap();
                assert!(low < inner && inner < high, "{domain:?} {number}");
                assert!((low - end).abs() < 1e-12, "{domain:?} {number}");
                assert_eq!(domain.of_inner(inner), Json::from(number));
                end = high;
            }
            assert!((end - domain.ends().1).abs() < 1e-12);
            assert_eq!(domain.inner(&Json::from(10)), None);
        }
    }
}
