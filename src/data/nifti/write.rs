//! [`write`]: a placed grid as a NIfTI-1 file, the same bytes for the same grid.
//!
//! Does not know about cases or classes.

use super::place::SHEAR;
use crate::{
    base::{Error, Fault, Result, fs},
    data::{
        geometry::{Affine, Run, Spacing},
        permute::{Line, permute},
        volume::Placed,
    },
};
use flate2::{Compression, write::GzEncoder};
use std::{io::Write, path::Path};

/// Header, and the flag that says no extension follows.
const VOXEL_START: usize = 352;
/// Millimetres, for `xyzt_units`.
const MILLIMETRES: u8 = 2;

/// A number that a file can store.
pub trait Stored: Copy + Default + Send + Sync {
    /// NIfTI's code of the type.
    const DATATYPE: i16;
    /// Appends the number, lowest byte first.
    fn append(self, bytes: &mut Vec<u8>);
}

macro_rules! stored {
    ($($number:ty = $code:literal),*) => {
        $(impl Stored for $number {
            const DATATYPE: i16 = $code;
            fn append(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
        })*
    };
}

stored!(u8 = 2, i16 = 4, f32 = 16);

/// Writes `.nii`, or `.nii.gz` compressed, whole or not at all.
///
/// sform and qform both place the grid; a sheared one, which a qform cannot say, has its sform
/// alone.
///
/// # Errors
/// * The name ends in neither, or an axis has more than 32767 voxels.
/// * The file cannot be written.
pub fn write<T: Stored>(path: &Path, placed: &Placed<T>) -> Result<()> {
    let refused = |why: &str| {
        Error::request(Fault::new(format!("cannot write volume `{}`: {why}", path.display())))
    };
    let mut bytes = header(placed).ok_or_else(|| refused("an axis has more than 32767 voxels"))?;
    let [x, y, z] = placed.voxels.shape();
    // The file's fastest axis is x, the grid's is z: its axes backwards.
    let line = |length, stride| Line { length, stride, run: Run::Forward };
    let lines = [line(z, 1), line(y, z), line(x, y * z)];
    for &value in permute(placed.voxels.values(), lines, |value| value).values() {
        value.append(&mut bytes);
    }
    let name = path.to_string_lossy();
    if name.strip_suffix(".nii.gz").is_some() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let packed = encoder.write_all(&bytes).and_then(|()| encoder.finish());
        bytes = packed.map_err(|error| fs::io_error("compress", path, &error))?;
    } else if name.strip_suffix(".nii").is_none() {
        return Err(refused("its name must end in `.nii` or `.nii.gz`"));
    }
    fs::write_atomic(path, &bytes)
}

/// The 352 bytes before the voxels; `None` when an axis is too long for the format.
fn header<T: Stored>(placed: &Placed<T>) -> Option<Vec<u8>> {
    let affine = &placed.affine;
    let mut fields = Fields(vec![0; VOXEL_START]);
    fields.put(0, 348_i32.to_le_bytes());
    fields.put(40, 3_i16.to_le_bytes());
    for (axis, length) in placed.voxels.shape().into_iter().enumerate() {
        fields.put(42 + 2 * axis, i16::try_from(length).ok()?.to_le_bytes());
    }
    for axis in 3..7 {
        fields.put(42 + 2 * axis, 1_i16.to_le_bytes());
    }
    fields.put(70, T::DATATYPE.to_le_bytes());
    let bits = i16::try_from(8 * size_of::<T>()).ok()?;
    fields.put(72, bits.to_le_bytes());
    let (handedness, quaternion) = quaternion(affine);
    fields.reals(76, &[handedness]);
    fields.reals(80, &affine.spacing().0);
    fields.reals(108, &[VOXEL_START as f64, 1.0, 0.0]);
    fields.put(123, [MILLIMETRES]);
    let qform_code = i16::from(affine.shear() <= SHEAR);
    fields.put(252, qform_code.to_le_bytes());
    fields.put(254, 1_i16.to_le_bytes());
    fields.reals(256, &quaternion);
    fields.reals(268, &affine.step(3));
    for (axis, row) in affine.0.iter().enumerate() {
        fields.reals(280 + 16 * axis, row);
    }
    fields.put(344, *b"n+1\0");
    Some(fields.0)
}

/// Bytes of a header.
struct Fields(Vec<u8>);

impl Fields {
    fn put<const N: usize>(&mut self, start: usize, field: [u8; N]) {
        self.0[start..start + N].copy_from_slice(&field);
    }

    fn reals(&mut self, start: usize, values: &[f64]) {
        for (position, &value) in values.iter().enumerate() {
            #[expect(clippy::cast_possible_truncation, reason = "the format stores f32")]
            self.put(start + 4 * position, (value as f32).to_le_bytes());
        }
    }
}

/// `qfac`, and b, c and d of the unit quaternion that turns the world's axes into the grid's.
fn quaternion(affine: &Affine) -> (f64, [f64; 3]) {
    let Spacing(spacing) = affine.spacing();
    let handedness = if affine.determinant() < 0.0 { -1.0 } else { 1.0 };
    let sign = [1.0, 1.0, handedness];
    let turned = affine.0.map(|row| [0, 1, 2].map(|axis| row[axis] / spacing[axis] * sign[axis]));
    // Squares of 2a, 2b, 2c and 2d; dividing by the largest root keeps the digits.
    let squares = [
        1.0 + turned[0][0] + turned[1][1] + turned[2][2],
        1.0 + turned[0][0] - turned[1][1] - turned[2][2],
        1.0 - turned[0][0] + turned[1][1] - turned[2][2],
        1.0 - turned[0][0] - turned[1][1] + turned[2][2],
    ];
    let mut largest = 0;
    for (part, square) in squares.iter().enumerate() {
        if *square > squares[largest] {
            largest = part;
        }
    }
    let root = squares[largest].max(0.0).sqrt();
    let (turn, pair) = (
        [turned[2][1] - turned[1][2], turned[0][2] - turned[2][0], turned[1][0] - turned[0][1]],
        [turned[1][2] + turned[2][1], turned[0][2] + turned[2][0], turned[0][1] + turned[1][0]],
    );
    let [bc, bd, cd] = [pair[2], pair[1], pair[0]].map(|sum| sum / (2.0 * root));
    let half = root / 2.0;
    let [a, b, c, d] = match largest {
        0 => [half, turn[0] / (2.0 * root), turn[1] / (2.0 * root), turn[2] / (2.0 * root)],
        1 => [turn[0] / (2.0 * root), half, bc, bd],
        2 => [turn[1] / (2.0 * root), bc, half, cd],
        _ => [turn[2] / (2.0 * root), bd, cd, half],
    };
    // The standard takes a as not negative; the opposite quaternion is the same turn.
    let sign = if a < 0.0 { -1.0 } else { 1.0 };
    (handedness, [b, c, d].map(|part| part * sign))
}
