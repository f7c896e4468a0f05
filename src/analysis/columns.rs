//! [`Columns`]: a table as named columns of plain values, which compare bit for bit.
//!
//! Does not know about runs or of Parquet.

use polars::prelude::*;

/// Values of one column.
#[derive(Debug, Clone)]
pub(super) enum Values {
    /// Numbers; `None` where there is none, which is not the same as NaN.
    Float(Vec<Option<f64>>),
    /// Counts.
    Count(Vec<u64>),
    /// Yes or no.
    Flag(Vec<bool>),
}

impl PartialEq for Values {
    /// Bit for bit: NaN is itself, and 0 is not -0.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Float(left), Self::Float(right)) => {
                let bits = |value: &Option<f64>| value.map(f64::to_bits);
                left.iter().map(bits).eq(right.iter().map(bits))
            }
            (Self::Count(left), Self::Count(right)) => left == right,
            (Self::Flag(left), Self::Flag(right)) => left == right,
            _ => false,
        }
    }
}

/// A table as named columns of one length.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Columns(Vec<(String, Values)>);

impl Columns {
    pub(super) fn floats(mut self, name: &str, values: Vec<Option<f64>>) -> Self {
        self.0.push((name.to_owned(), Values::Float(values)));
        self
    }

    pub(super) fn counts(mut self, name: &str, values: Vec<u64>) -> Self {
        self.0.push((name.to_owned(), Values::Count(values)));
        self
    }

    pub(super) fn flags(mut self, name: &str, values: Vec<bool>) -> Self {
        self.0.push((name.to_owned(), Values::Flag(values)));
        self
    }

    /// Number of rows.
    pub(super) fn n_rows(&self) -> usize {
        self.0.first().map_or(0, |(_, values)| match values {
            Values::Float(values) => values.len(),
            Values::Count(values) => values.len(),
            Values::Flag(values) => values.len(),
        })
    }

    /// Numbers of a column; `None` when the column is absent or holds something else.
    pub(super) fn float(&self, name: &str) -> Option<&[Option<f64>]> {
        match self.values(name)? {
            Values::Float(values) => Some(values),
            _ => None,
        }
    }

    /// Counts of a column; `None` when the column is absent or holds something else.
    pub(super) fn count(&self, name: &str) -> Option<&[u64]> {
        match self.values(name)? {
            Values::Count(values) => Some(values),
            _ => None,
        }
    }

    /// Flags of a column; `None` when the column is absent or holds something else.
    pub(super) fn flag(&self, name: &str) -> Option<&[bool]> {
        match self.values(name)? {
            Values::Flag(values) => Some(values),
            _ => None,
        }
    }

    fn values(&self, name: &str) -> Option<&Values> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, values)| values)
    }

    /// The same as a frame.
    pub(super) fn frame(&self) -> PolarsResult<DataFrame> {
        let column = |(name, values): &(String, Values)| match values {
            Values::Float(values) => Column::new(name.into(), values),
            Values::Count(values) => Column::new(name.into(), values),
            Values::Flag(values) => Column::new(name.into(), values),
        };
        DataFrame::new(self.n_rows(), self.0.iter().map(column).collect())
    }

    /// The same from a frame; a column of another type is an error.
    pub(super) fn of_frame(frame: &DataFrame) -> PolarsResult<Self> {
        let whole = |name: &str| polars_err!(ComputeError: "column `{name}` has a hole");
        let mut columns = Self::default();
        for column in frame.columns() {
            let name = column.name().as_str();
            columns = match column.dtype() {
                DataType::Boolean => {
                    let flags = column.bool()?.iter().collect::<Option<_>>();
                    columns.flags(name, flags.ok_or_else(|| whole(name))?)
                }
                DataType::UInt64 => {
                    let counts = column.u64()?.iter().collect::<Option<_>>();
                    columns.counts(name, counts.ok_or_else(|| whole(name))?)
                }
                _ => columns.floats(name, column.f64()?.iter().collect()),
            };
        }
        Ok(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(loss: Option<f64>) -> Columns {
        Columns::default()
            .counts("step", vec![1, u64::MAX])
            .floats("loss", vec![loss, Some(f64::NAN)])
            .flags("is_best", vec![true, false])
    }

    #[test]
    fn one_bit_tells_columns_apart() {
        assert_eq!(columns(Some(0.1)), columns(Some(0.1)));
        assert_ne!(columns(Some(0.1)), columns(Some(0.1_f64.next_up())));
        assert_ne!(columns(Some(0.0)), columns(Some(-0.0)));
        assert_ne!(columns(None), columns(Some(f64::NAN)));
    }

    #[test]
    fn a_frame_holds_the_same() {
        let columns = columns(Some(f64::INFINITY));
        let frame = columns.frame().unwrap();
        assert_eq!(Columns::of_frame(&frame).unwrap(), columns);
        assert_eq!((frame.height(), columns.n_rows()), (2, 2));
    }
}
