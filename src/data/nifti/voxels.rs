//! [`Voxels`]: stored numbers of any scalar type, read as real values or as whole labels.
//!
//! Does not know about files or where the grid lies.

use super::{
    error::{FileError, ParseResult},
    header::Header,
};
use crate::data::{
    geometry::Move,
    permute::{Line, permute},
    volume::Grid,
};
use ::nifti::{Endianness, NiftiType};
use rayon::prelude::*;

/// How far from a whole number a label may lie: what an interpolation's rounding leaves.
const WHOLE: f64 = 0.01;
/// Marks a value that is not a label.
const NO_LABEL: i32 = i32::MIN;

/// What turns a stored number into a value.
#[derive(Debug, Clone, Copy)]
struct Scaling {
    slope: f64,
    intercept: f64,
}

impl Scaling {
    /// By the standard a slope of 0 means none; one that is not a number can mean nothing else.
    fn of(header: &Header) -> Self {
        let slope = f64::from(header.fields.scl_slope);
        let intercept = f64::from(header.fields.scl_inter);
        if slope == 0.0 || !slope.is_finite() || !intercept.is_finite() {
            return Self { slope: 1.0, intercept: 0.0 };
        }
        Self { slope, intercept }
    }

    /// Whether numbers mean themselves.
    #[expect(clippy::float_cmp, reason = "scaling by any other number changes values")]
    fn is_none(self) -> bool {
        self.slope == 1.0 && self.intercept == 0.0
    }

    fn apply(self, stored: f64) -> f64 {
        stored * self.slope + self.intercept
    }
}

/// Stored numbers, x fastest, each with its lowest byte first.
#[derive(Debug)]
pub(super) struct Voxels {
    shape: [usize; 3],
    kind: NiftiType,
    scaling: Scaling,
    bytes: Vec<u8>,
}

/// Calls a generic function with the type that voxels are stored in.
macro_rules! typed {
    ($voxels:ident, $function:ident, $($more:expr),*) => {
        match $voxels.kind {
            NiftiType::Uint8 => Ok($function::<u8, 1>($voxels, $($more),*)),
            NiftiType::Int8 => Ok($function::<i8, 1>($voxels, $($more),*)),
            NiftiType::Uint16 => Ok($function::<u16, 2>($voxels, $($more),*)),
            NiftiType::Int16 => Ok($function::<i16, 2>($voxels, $($more),*)),
            NiftiType::Uint32 => Ok($function::<u32, 4>($voxels, $($more),*)),
            NiftiType::Int32 => Ok($function::<i32, 4>($voxels, $($more),*)),
            NiftiType::Uint64 => Ok($function::<u64, 8>($voxels, $($more),*)),
            NiftiType::Int64 => Ok($function::<i64, 8>($voxels, $($more),*)),
            NiftiType::Float32 => Ok($function::<f32, 4>($voxels, $($more),*)),
            NiftiType::Float64 => Ok($function::<f64, 8>($voxels, $($more),*)),
            other => Err(FileError::new(format!("its voxels are {other:?}"))),
        }
    };
}

/// What labels mean: for each from 0 to 254 a byte below 255.
#[derive(Debug)]
pub(super) struct Meanings([u8; 256]);

impl Meanings {
    /// Marks a label that means nothing.
    pub(super) const NONE: u8 = u8::MAX;
    /// Voxels that are looked at together, since labels come in runs.
    const RUN: usize = 64;

    pub(super) fn new(meaning: impl Fn(i32) -> Option<u8>) -> Self {
        let mut table = [Self::NONE; 256];
        for (label, byte) in (0..i32::from(Self::NONE)).zip(&mut table) {
            *byte = meaning(label).unwrap_or(Self::NONE);
        }
        Self(table)
    }

    /// Makes their meanings of labels.
    fn put(&self, labels: &mut [u8]) {
        labels.par_chunks_mut(1 << 16).for_each(|labels| {
            for run in labels.chunks_mut(Self::RUN) {
                let first = run[0];
                if *run == [first; Self::RUN][..run.len()] {
                    run.fill(self.0[usize::from(first)]);
                    continue;
                }
                for label in run {
                    *label = self.0[usize::from(*label)];
                }
            }
        });
    }
}

impl Voxels {
    /// `bytes` are exactly those that the header describes.
    pub(super) fn new(header: &Header, mut bytes: Vec<u8>) -> Self {
        if header.fields.endianness == Endianness::Big {
            bytes.chunks_exact_mut(header.kind.size_of()).for_each(<[u8]>::reverse);
        }
        Self { shape: header.shape, kind: header.kind, scaling: Scaling::of(header), bytes }
    }

    /// Values, scaled; each axis of the grid is the file's axis in `moves`.
    pub(super) fn values(&self, moves: [Move; 3]) -> ParseResult<Grid<f32>> {
        typed!(self, values, moves)
    }

    /// Whole numbers, scaled; other values are an error with count and example.
    pub(super) fn labels(&self, moves: [Move; 3]) -> ParseResult<Grid<i32>> {
        typed!(self, labels, moves)?
    }

    /// What whole numbers mean, scaled; [`Meanings::NONE`] for one that means nothing, and for a
    /// number that is not whole.
    pub(super) fn meanings(&self, moves: [Move; 3], of: &Meanings) -> ParseResult<Grid<u8>> {
        typed!(self, meanings, moves, of)
    }

    /// How the file, x fastest, is walked along each axis of the grid.
    fn lines(&self, moves: [Move; 3]) -> [Line; 3] {
        let [x, y, _] = self.shape;
        let strides = [1, x, x * y];
        moves.map(|Move { axis, run }| Line {
            length: self.shape[axis],
            stride: strides[axis],
            run,
        })
    }
}

fn values<T: Scalar<N>, const N: usize>(voxels: &Voxels, moves: [Move; 3]) -> Grid<f32> {
    let (lines, scaling) = (voxels.lines(moves), voxels.scaling);
    let (stored, _) = voxels.bytes.as_chunks();
    #[expect(clippy::cast_possible_truncation, reason = "HU need no more than f32")]
    let narrow = |value: f64| value as f32;
    if scaling.is_none() {
        // Adding 0 makes 0 of -0, as scaling does.
        permute(stored, lines, |bytes| narrow(T::read(bytes).real()) + 0.0)
    } else {
        permute(stored, lines, |bytes| narrow(scaling.apply(T::read(bytes).real())))
    }
}

fn labels<T: Scalar<N>, const N: usize>(
    voxels: &Voxels,
    moves: [Move; 3],
) -> ParseResult<Grid<i32>> {
    let (lines, scaling) = (voxels.lines(moves), voxels.scaling);
    let (stored, _) = voxels.bytes.as_chunks();
    let value = |bytes: [u8; N]| scaling.apply(T::read(bytes).real());
    let grid = if scaling.is_none() {
        permute(stored, lines, |bytes| T::read(bytes).label())
    } else {
        permute(stored, lines, |bytes| label(value(bytes)))
    };
    if !grid.values().contains(&NO_LABEL) {
        return Ok(grid);
    }
    let wrong = || stored.iter().map(|&bytes| value(bytes)).filter(|&v| label(v) == NO_LABEL);
    let (count, example) = (wrong().count(), wrong().next().unwrap_or_default());
    Err(FileError::new(format!("{count} voxels are not whole numbers, for example {example}"))
        .hint("resample label maps with nearest neighbour, and store them as integers"))
}

fn meanings<T: Scalar<N>, const N: usize>(
    voxels: &Voxels,
    moves: [Move; 3],
    meanings: &Meanings,
) -> Grid<u8> {
    let (lines, scaling) = (voxels.lines(moves), voxels.scaling);
    let (stored, _) = voxels.bytes.as_chunks();
    let narrow = |label: i32| u8::try_from(label).unwrap_or(Meanings::NONE);
    let mut grid = if scaling.is_none() {
        permute(stored, lines, |bytes| narrow(T::read(bytes).label()))
    } else {
        let value = |bytes: [u8; N]| scaling.apply(T::read(bytes).real());
        permute(stored, lines, |bytes| narrow(label(value(bytes))))
    };
    meanings.put(grid.values_mut());
    grid
}

/// The label that a value means, or [`NO_LABEL`].
fn label(value: f64) -> i32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what does not fit differs, and is refused"
    )]
    let whole = (value + 0.5_f64.copysign(value)) as i32;
    if (value - f64::from(whole)).abs() <= WHOLE { whole } else { NO_LABEL }
}

/// A number that is stored in `N` bytes.
trait Scalar<const N: usize>: Copy + Send + Sync {
    /// The number, lowest byte first.
    fn read(bytes: [u8; N]) -> Self;
    /// Its value; 64-bit integers beyond 2^53 lose their last digits.
    fn real(self) -> f64;
    /// The label that it means, or [`NO_LABEL`].
    fn label(self) -> i32;
}

macro_rules! scalars {
    ($($number:ident, $size:literal, $real:expr, $label:expr;)*) => {
        $(impl Scalar<$size> for $number {
            fn read(bytes: [u8; $size]) -> Self {
                Self::from_le_bytes(bytes)
            }

            fn real(self) -> f64 {
                $real(self)
            }

            fn label(self) -> i32 {
                $label(self)
            }
        })*
    };
}

scalars! {
    u8, 1, f64::from, i32::from;
    i8, 1, f64::from, i32::from;
    u16, 2, f64::from, i32::from;
    i16, 2, f64::from, i32::from;
    i32, 4, f64::from, i32::from;
    u32, 4, f64::from, |number| i32::try_from(number).unwrap_or(NO_LABEL);
    u64, 8, |number| number as f64, |number| i32::try_from(number).unwrap_or(NO_LABEL);
    i64, 8, |number| number as f64, |number| i32::try_from(number).unwrap_or(NO_LABEL);
    f32, 4, f64::from, |number| label(f64::from(number));
    f64, 8, |number| number, label;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_may_be_off_by_rounding_only() {
        assert_eq!(label(1.992), 2);
        assert_eq!(label(-1.0), -1);
        for wrong in [1.98, f64::NAN, 3e9, -3e9, f64::from(i32::MIN)] {
            assert_eq!(label(wrong), NO_LABEL, "{wrong}");
        }
        assert_eq!(label(f64::from(i32::MAX)), i32::MAX);
    }

    /// What whole numbers mean by themselves is what they mean as real ones.
    #[test]
    fn whole_numbers_are_labels_where_they_fit() {
        fn check<T: Scalar<N>, const N: usize>(numbers: &[T]) {
            for number in numbers {
                assert_eq!(number.label(), label(number.real()), "{}", number.real());
            }
        }
        check(&[0_u8, 255]);
        check(&[i8::MIN, 0, i8::MAX]);
        check(&[0_u16, u16::MAX]);
        check(&[i16::MIN, 0, i16::MAX]);
        check(&[i32::MIN, i32::MIN + 1, 0, i32::MAX]);
        check(&[0_u32, 2_147_483_647, 2_147_483_648, u32::MAX]);
        check(&[0_u64, 2_147_483_647, 2_147_483_648, u64::MAX]);
        check(&[i64::MIN, -2_147_483_649, -2_147_483_648, -7, 2_147_483_648, i64::MAX]);
    }
}
