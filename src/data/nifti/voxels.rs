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
use ::nifti::{DataElement, InMemNiftiVolume, NiftiType};

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

    fn apply(self, stored: f64) -> f64 {
        stored * self.slope + self.intercept
    }
}

/// Stored numbers, x fastest.
#[derive(Debug)]
pub(super) struct Voxels {
    shape: [usize; 3],
    kind: NiftiType,
    scaling: Scaling,
    stored: InMemNiftiVolume,
}

/// Calls a generic function with the type that voxels are stored in.
macro_rules! typed {
    ($voxels:ident, $moves:ident, $function:ident) => {
        match $voxels.kind {
            NiftiType::Uint8 => $function::<u8>($voxels, $moves),
            NiftiType::Int8 => $function::<i8>($voxels, $moves),
            NiftiType::Uint16 => $function::<u16>($voxels, $moves),
            NiftiType::Int16 => $function::<i16>($voxels, $moves),
            NiftiType::Uint32 => $function::<u32>($voxels, $moves),
            NiftiType::Int32 => $function::<i32>($voxels, $moves),
            NiftiType::Uint64 => $function::<u64>($voxels, $moves),
            NiftiType::Int64 => $function::<i64>($voxels, $moves),
            NiftiType::Float32 => $function::<f32>($voxels, $moves),
            NiftiType::Float64 => $function::<f64>($voxels, $moves),
            other => Err(FileError::new(format!("its voxels are {other:?}"))),
        }
    };
}

impl Voxels {
    /// `bytes` are exactly those that the header describes.
    pub(super) fn new(header: &Header, bytes: Vec<u8>) -> ParseResult<Self> {
        let mut dim = [1; 8];
        dim[0] = 3;
        dim[1..4].copy_from_slice(&header.fields.dim[1..4]);
        let order = header.fields.endianness;
        // Scaling is done here, in f64: the crate would do it in the voxels' own type.
        let stored = InMemNiftiVolume::from_raw_fields(dim, header.kind, 0.0, 0.0, bytes, order)
            .map_err(|error| FileError::new(error.to_string()))?;
        Ok(Self { shape: header.shape, kind: header.kind, scaling: Scaling::of(header), stored })
    }

    /// Values, scaled; each axis of the grid is the file's axis in `moves`.
    pub(super) fn into_values(self, moves: [Move; 3]) -> ParseResult<Grid<f32>> {
        typed!(self, moves, values)
    }

    /// Whole numbers, scaled; other values are an error with count and example.
    pub(super) fn into_labels(self, moves: [Move; 3]) -> ParseResult<Grid<i32>> {
        typed!(self, moves, labels)
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

fn numbers<T: Scalar>(stored: InMemNiftiVolume) -> ParseResult<Vec<T>> {
    stored.into_nifti_typed_data().map_err(|error| FileError::new(error.to_string()))
}

fn values<T: Scalar>(voxels: Voxels, moves: [Move; 3]) -> ParseResult<Grid<f32>> {
    let (lines, scaling) = (voxels.lines(moves), voxels.scaling);
    let stored: Vec<T> = numbers(voxels.stored)?;
    #[expect(clippy::cast_possible_truncation, reason = "HU need no more than f32")]
    Ok(permute(&stored, lines, |number| scaling.apply(number.real()) as f32))
}

fn labels<T: Scalar>(voxels: Voxels, moves: [Move; 3]) -> ParseResult<Grid<i32>> {
    let (lines, scaling) = (voxels.lines(moves), voxels.scaling);
    let stored: Vec<T> = numbers(voxels.stored)?;
    let value = |number: T| scaling.apply(number.real());
    let grid = permute(&stored, lines, |number| label(value(number)).unwrap_or(NO_LABEL));
    if !grid.values().contains(&NO_LABEL) {
        return Ok(grid);
    }
    let wrong: Vec<f64> = stored.into_iter().map(value).filter(|&v| label(v).is_none()).collect();
    let (count, example) = (wrong.len(), wrong[0]);
    Err(FileError::new(format!("{count} voxels are not whole numbers, for example {example}"))
        .hint("resample label maps with nearest neighbour, and store them as integers"))
}

/// The label that a value means, when it means one.
fn label(value: f64) -> Option<i32> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what does not fit differs, and is refused"
    )]
    let whole = (value + 0.5_f64.copysign(value)) as i32;
    (whole != NO_LABEL && (value - f64::from(whole)).abs() <= WHOLE).then_some(whole)
}

/// A stored number.
trait Scalar: DataElement + Send + Sync {
    /// Its value; 64-bit integers beyond 2^53 lose their last digits.
    fn real(self) -> f64;
}

macro_rules! exact {
    ($($number:ty)*) => {
        $(impl Scalar for $number {
            fn real(self) -> f64 {
                f64::from(self)
            }
        })*
    };
}

exact!(u8 i8 u16 i16 u32 i32 f32);

impl Scalar for f64 {
    fn real(self) -> f64 {
        self
    }
}

impl Scalar for u64 {
    fn real(self) -> f64 {
        self as f64
    }
}

impl Scalar for i64 {
    fn real(self) -> f64 {
        self as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_may_be_off_by_rounding_only() {
        assert_eq!(label(1.992), Some(2));
        assert_eq!(label(-1.0), Some(-1));
        assert_eq!(label(1.98), None);
        assert_eq!(label(f64::NAN), None);
        assert_eq!([label(3e9), label(-3e9), label(f64::from(i32::MIN))], [None; 3]);
        assert_eq!(label(f64::from(i32::MAX)), Some(i32::MAX));
    }
}
