//! [`Cell`]: a cell of a table, with its text and the value that it is sorted by.
//!
//! Does not know about markup, or what the numbers mean.

use super::{
    figure::Stroke,
    text::{UNDEFINED, score},
};
use crate::analysis::{CellValue, Mean, NumberFormat, Verdict};

/// One cell.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Text(String),
    /// A name or value to be read letter by letter.
    Code(String),
    /// A number as it is shown, and as it is.
    Number {
        /// Formatted, with its unit if it has one.
        text: String,
        /// What it is sorted by; `None`: undefined.
        value: Option<f64>,
    },
    /// A number and how many values it rests on.
    Score {
        text: String,
        /// What it is sorted by; `None`: undefined.
        value: Option<f64>,
        n: usize,
        /// Whether it is the highest of its column.
        rank: Rank,
    },
    /// A verdict in words, with a mark that needs no colour.
    Verdict {
        sign: Sign,
        words: String,
    },
    /// A run's number, stroke and label.
    Run {
        number: usize,
        /// As in the figures.
        stroke: Stroke,
        label: String,
    },
    /// A cell that a sentence elsewhere can link to.
    Anchored {
        /// Anchor in the page, such as `t-effects-baseline-primary-difference`.
        id: String,
        cell: Box<Self>,
    },
}

/// Place of a score in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// Highest of several.
    Highest,
    Other,
}

/// What a verdict comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// Higher than what it is compared with.
    Better,
    Worse,
    /// The same, as far as it matters.
    Equivalent,
    /// Nothing is compared: it was measured.
    Measured,
    /// These data do not tell.
    Unclear,
    /// Nothing was measured.
    Missing,
}

impl From<Verdict> for Sign {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Better => Self::Better,
            Verdict::Worse => Self::Worse,
            Verdict::Equivalent => Self::Equivalent,
            Verdict::NotDistinguishable | Verdict::TooFewCases => Self::Unclear,
        }
    }
}

impl Sign {
    /// A mark that can be told apart by its shape.
    pub(super) fn mark(self) -> char {
        match self {
            Self::Better => '▲',
            Self::Worse => '▼',
            Self::Equivalent => '=',
            Self::Measured => '✓',
            Self::Unclear => '?',
            Self::Missing => '○',
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Equivalent => "equivalent",
            Self::Measured => "measured",
            Self::Unclear => "unclear",
            Self::Missing => "missing",
        }
    }
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A name or value, or a dash.
    pub(super) fn code(text: Option<&str>) -> Self {
        text.map_or_else(|| Self::text(UNDEFINED), |text| Self::Code(text.into()))
    }

    /// A number, shown by `show`; a dash when there is none.
    pub(super) fn number(value: Option<f64>, show: impl FnOnce(f64) -> String) -> Self {
        let value = value.filter(|value| value.is_finite());
        let text = value.map_or_else(|| UNDEFINED.into(), show);
        Self::Number { text, value }
    }

    /// How many; a dash when that is not known.
    pub(super) fn count(number: impl Into<Option<usize>>) -> Self {
        let number = number.into();
        let text = number.map_or_else(|| UNDEFINED.into(), |number| number.to_string());
        Self::Number { text, value: number.map(|number| number as f64) }
    }

    /// A number or an interval in this format, or a dash.
    pub(super) fn of(value: impl Into<CellValue>, format: NumberFormat) -> Self {
        let value = value.into();
        Self::Number { text: value.shown(format), value: value.number() }
    }

    /// A share such as Dice with three decimals, or a dash.
    pub(super) fn share(value: Option<f64>) -> Self {
        Self::of(value, NumberFormat::Score)
    }

    /// A mean Dice and how many values it rests on.
    pub(super) fn mean(Mean { mean, n }: Mean, rank: Rank) -> Self {
        Self::Score { text: score(mean), value: mean, n, rank }
    }

    pub(super) fn verdict(verdict: Verdict, words: impl Into<String>) -> Self {
        Self::Verdict { sign: verdict.into(), words: words.into() }
    }

    /// Makes it a place to link to.
    pub(super) fn anchored(self, id: impl Into<String>) -> Self {
        Self::Anchored { id: id.into(), cell: Box::new(self) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_has_no_value_to_sort_by() {
        for cell in [Cell::share(None), Cell::share(Some(f64::NAN)), Cell::count(None)] {
            assert!(matches!(cell, Cell::Number { text, value: None } if text == "-"));
        }
    }
}
