//! [`CellValue`]: one cell of an evidence table, and [`NumberFormat`], how its column is written.
//!
//! A number is written in one place only: a table and a sentence that cites it cannot disagree.
//!
//! Does not know what is measured.

use crate::{
    base::text::{UNDEFINED, duration, significant},
    statistics::{Interval, Verdict},
};
use serde::{Serialize, Serializer};

/// How the numbers of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberFormat {
    /// A score from 0 to 1, three decimals.
    Score,
    /// A difference of scores, with its sign.
    Signed,
    /// A share as per cent.
    Percent,
    /// A change as per cent, with its sign.
    Change,
    /// A probability.
    P,
    /// Millilitres.
    Millilitres,
    /// Millimetres.
    Millimetres,
    /// Seconds.
    Seconds,
    /// Any number to three digits that count.
    Number,
    /// A whole number.
    Count,
    /// Words.
    Words,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum CellValue {
    /// A number.
    Number(f64),
    /// A whole number.
    Count(u64),
    /// Where a number lies with 95 % confidence.
    Interval(Interval),
    /// What a comparison says.
    #[serde(serialize_with = "in_words")]
    Verdict(Verdict),
    /// Words.
    Words(String),
    /// Nothing is defined or known.
    None(()),
}

impl CellValue {
    /// Nothing.
    pub const NONE: Self = Self::None(());

    /// A count.
    pub(super) fn count(n: usize) -> Self {
        Self::Count(n as u64)
    }

    /// Words.
    pub(super) fn words(words: impl Into<String>) -> Self {
        Self::Words(words.into())
    }

    /// Several words; nothing when there are none.
    pub(super) fn joined(words: &[String], between: &str) -> Self {
        if words.is_empty() { Self::NONE } else { Self::Words(words.join(between)) }
    }

    /// Whether there is something.
    pub fn is_some(&self) -> bool {
        !matches!(self, Self::None(()))
    }

    /// The number by which rows are sorted.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Count(n) => Some(*n as f64),
            Self::Interval(interval) => Some(f64::midpoint(interval.low, interval.high)),
            Self::Verdict(_) | Self::Words(_) | Self::None(()) => None,
        }
    }

    /// As it is written everywhere.
    pub fn shown(&self, format: NumberFormat) -> String {
        match self {
            Self::Number(number) if number.is_finite() => format.write(*number),
            Self::Number(_) | Self::None(()) => UNDEFINED.to_owned(),
            Self::Count(n) => n.to_string(),
            Self::Interval(Interval { low, high }) => {
                format!("{} to {}", format.write(*low), format.write(*high))
            }
            Self::Verdict(verdict) => verdict.words().to_owned(),
            Self::Words(words) => words.clone(),
        }
    }
}

/// As [`CellValue::shown`] has it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn in_words<S: Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict.words())
}

impl From<Option<f64>> for CellValue {
    fn from(value: Option<f64>) -> Self {
        value.filter(|value| value.is_finite()).map_or(Self::NONE, Self::Number)
    }
}

impl From<Option<Interval>> for CellValue {
    fn from(value: Option<Interval>) -> Self {
        value.map_or(Self::NONE, Self::Interval)
    }
}

impl NumberFormat {
    fn write(self, number: f64) -> String {
        match self {
            Self::Score => unsigned_zero(format!("{number:.3}")),
            Self::Signed => signed(number, 3, ""),
            Self::Percent => unsigned_zero(format!("{:.1}", 100.0 * number)) + " %",
            Self::Change => signed(100.0 * number, 1, " %"),
            Self::P if number < 0.0005 => "< 0.001".to_owned(),
            Self::P => format!("{number:.3}"),
            Self::Millilitres => format!("{} mL", significant(number)),
            Self::Millimetres => format!("{} mm", significant(number)),
            Self::Seconds => duration(number),
            Self::Number | Self::Words => significant(number),
            Self::Count => format!("{number:.0}"),
        }
    }
}

/// No minus, and no plus, before a zero.
fn signed(number: f64, n_decimals: usize, unit: &str) -> String {
    let text = format!("{number:+.n_decimals$}");
    let is_zero = text.chars().all(|letter| !('1'..='9').contains(&letter));
    format!("{}{unit}", if is_zero { &text[1..] } else { &text })
}

fn unsigned_zero(text: String) -> String {
    let is_zero = text.chars().all(|letter| !('1'..='9').contains(&letter));
    if is_zero { text.trim_start_matches('-').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_its_column_says() {
        let number = |format: NumberFormat, number: f64| CellValue::Number(number).shown(format);
        assert_eq!(number(NumberFormat::Score, 0.61249), "0.612");
        assert_eq!(number(NumberFormat::Signed, 0.0213), "+0.021");
        assert_eq!(number(NumberFormat::Signed, -0.0001), "0.000");
        assert_eq!(number(NumberFormat::Percent, 0.1234), "12.3 %");
        assert_eq!(number(NumberFormat::Change, -0.2), "-20.0 %");
        assert_eq!([0.0001, 0.0312].map(|p| number(NumberFormat::P, p)), ["< 0.001", "0.031"]);
        assert_eq!(number(NumberFormat::Millilitres, 1234.4), "1234 mL");
        assert_eq!(
            [0.0, 0.034, 4e-8].map(|it| number(NumberFormat::Number, it)),
            ["0", "0.034", "4e-8"]
        );
        assert_eq!(number(NumberFormat::Score, f64::NAN), "-");
    }

    #[test]
    fn what_is_undefined_is_a_dash_and_an_interval_has_two_ends() {
        assert_eq!(CellValue::NONE.shown(NumberFormat::Score), "-");
        assert_eq!(CellValue::from(None::<f64>), CellValue::NONE);
        let interval = CellValue::Interval(Interval { low: -0.01, high: 0.02 });
        assert_eq!(interval.shown(NumberFormat::Signed), "-0.010 to +0.020");
        assert_eq!(CellValue::count(3).shown(NumberFormat::Count), "3");
    }
}
