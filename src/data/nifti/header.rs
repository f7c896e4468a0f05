//! [`Header`]: a NIfTI header whose numbers make sense.
//!
//! NIfTI-1 fields are read by the `nifti` crate once the bytes before them are known to be such a
//! header; NIfTI-2 fields are narrowed into the same form.
//!
//! Does not know about voxel values or where the grid lies.

use super::{
    error::{FileError, ParseResult},
    source::Reader,
};
use ::nifti::{Endianness, NiftiHeader, NiftiType};

/// Bytes of a NIfTI-1 header.
const SIZE_1: usize = 348;
/// Bytes of a NIfTI-2 header.
const SIZE_2: usize = 540;
/// Bytes that say whether an extension follows.
const EXTENSION_FLAG: u64 = 4;

/// Where the voxels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    /// In the header's own file.
    Same,
    /// In an `.img` file beside it.
    Beside,
}

/// A header that was checked.
#[derive(Debug)]
pub(super) struct Header {
    /// Voxels along the three axes, each at least 1.
    pub(super) shape: [usize; 3],
    /// One real number a voxel.
    pub(super) kind: NiftiType,
    pub(super) storage: Storage,
    /// Bytes before the voxels in their own file.
    pub(super) voxel_start: u64,
    /// Bytes of that file that the header took; 0 when the voxels are beside.
    pub(super) read: u64,
    pub(super) fields: NiftiHeader,
}

impl Header {
    /// Reads and checks the header at the start of a file.
    pub(super) fn read(reader: &mut Reader<'_>) -> ParseResult<Self> {
        let start = reader.take_exactly(4, "header")?;
        let (size, order) = size_and_order(&start)?;
        let mut bytes = start;
        bytes.extend(reader.take_exactly(size - 4, "header")?);
        let fields = if size == SIZE_2 { narrow(&bytes, order)? } else { parse(&bytes, order)? };

        let storage = if fields.magic == *b"ni1\0" { Storage::Beside } else { Storage::Same };
        let read = match storage {
            Storage::Same => size as u64,
            Storage::Beside => 0,
        };
        let voxel_start = voxel_start(f64::from(fields.vox_offset), read)?;
        let (shape, kind) = (shape(&fields)?, kind(&fields)?);
        Ok(Self { shape, kind, storage, voxel_start, read, fields })
    }

    /// Bytes that the voxels take.
    pub(super) fn n_voxel_bytes(&self) -> ParseResult<usize> {
        self.shape
            .iter()
            .try_fold(self.kind.size_of(), |bytes, &length| bytes.checked_mul(length))
            .ok_or_else(|| {
                FileError::new(format!("shape {:?} is too large for any memory", self.shape))
            })
    }
}

fn size_and_order(start: &[u8]) -> ParseResult<(usize, Endianness)> {
    let mut size = [0; 4];
    size.copy_from_slice(start);
    for (value, order) in [
        (u32::from_le_bytes(size), Endianness::Little),
        (u32::from_be_bytes(size), Endianness::Big),
    ] {
        if value as usize == SIZE_1 || value as usize == SIZE_2 {
            return Ok((value as usize, order));
        }
    }
    if start.starts_with(b"<") {
        return Err(FileError::new("this is a web page, not a NIfTI file")
            .hint("the download saved a sign-in or error page; fetch the file again"));
    }
    let size = u32::from_le_bytes(size);
    Err(FileError::new(format!("not a NIfTI file: its header size is {size}, not 348 or 540")))
}

/// NIfTI-1, through the crate.
fn parse(bytes: &[u8], order: Endianness) -> ParseResult<NiftiHeader> {
    let n_axes = Fields { bytes, order }.i16(40);
    // The crate tells the byte order from this field, so it must be right first.
    if !(1..=7).contains(&n_axes) {
        return Err(FileError::new(format!("header says it has {n_axes} axes, not 1 to 7")));
    }
    check_magic(&bytes[344..348], [*b"n+1\0", *b"ni1\0"])?;
    NiftiHeader::from_reader(bytes).map_err(|error| FileError::new(error.to_string()))
}

/// NIfTI-2: the fields that are used here, in the form of NIfTI-1.
#[expect(clippy::cast_possible_truncation, reason = "places to 1e-7 of their size will do")]
fn narrow(bytes: &[u8], order: Endianness) -> ParseResult<NiftiHeader> {
    check_magic(&bytes[4..8], [*b"n+2\0", *b"ni2\0"])?;
    let fields = Fields { bytes, order };
    let mut dim = [0; 8];
    for (axis, length) in dim.iter_mut().enumerate() {
        let stored = fields.i64(16 + 8 * axis);
        // A negative length stays one, for `shape` to refuse.
        *length = i16::try_from(stored)
            .map_err(|_| {
                FileError::new(format!("axis {axis} is {stored} voxels long; 32767 is the most"))
            })?
            .cast_unsigned();
    }
    let f32 = |at| fields.f64(at) as f32;
    let row = |at: usize| [0, 8, 16, 24].map(|step| f32(at + step));
    Ok(NiftiHeader {
        dim,
        datatype: fields.i16(12),
        bitpix: fields.i16(14),
        pixdim: [0, 1, 2, 3, 4, 5, 6, 7].map(|axis| f32(104 + 8 * axis)),
        vox_offset: fields.i64(168) as f32,
        scl_slope: f32(176),
        scl_inter: f32(184),
        qform_code: i16::from(fields.i32(344) != 0),
        sform_code: i16::from(fields.i32(348) != 0),
        xyzt_units: fields.i32(500).to_le_bytes()[0],
        quatern_b: f32(352),
        quatern_c: f32(360),
        quatern_d: f32(368),
        quatern_x: f32(376),
        quatern_y: f32(384),
        quatern_z: f32(392),
        srow_x: row(400),
        srow_y: row(432),
        srow_z: row(464),
        magic: if bytes[4..8] == *b"n+2\0" { *b"n+1\0" } else { *b"ni1\0" },
        endianness: order,
        ..NiftiHeader::default()
    })
}

fn check_magic(found: &[u8], known: [[u8; 4]; 2]) -> ParseResult<()> {
    if known.iter().any(|magic| found == magic) {
        return Ok(());
    }
    Err(FileError::new(format!("not a NIfTI file: its magic is `{}`", found.escape_ascii())))
}

fn voxel_start(offset: f64, read: u64) -> ParseResult<u64> {
    if offset == 0.0 {
        // Some writers leave 0, and mean the first byte after the header and its flag.
        return Ok(if read == 0 { 0 } else { read + EXTENSION_FLAG });
    }
    if !(offset >= read as f64 && offset < 2_f64.powi(30) && offset.fract() == 0.0) {
        return Err(FileError::new(format!("header says its voxels start at byte {offset}")));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number in range, as was just checked"
    )]
    Ok(offset as u64)
}

fn shape(fields: &NiftiHeader) -> ParseResult<[usize; 3]> {
    let n_axes = usize::from(fields.dim[0]).min(7);
    let lengths: Vec<i16> =
        fields.dim[1..=n_axes].iter().map(|length| length.cast_signed()).collect();
    let said = lengths.iter().map(i16::to_string).collect::<Vec<_>>().join("x");
    let mut shape = [0; 3];
    if lengths.iter().any(|&length| length < 1) {
        return Err(FileError::new(format!("shape {said} has an axis without voxels")));
    }
    if lengths.len() < 3 {
        return Err(FileError::new(format!(
            "the file is {n_axes}-D ({said}); a volume has three axes"
        )));
    }
    if lengths[3..].iter().any(|&length| length != 1) {
        return Err(FileError::new(format!(
            "the file is {n_axes}-D ({said}); a volume has three axes"
        ))
        .hint("split it into one file a volume"));
    }
    for (length, &stored) in shape.iter_mut().zip(&lengths) {
        *length = usize::from(stored.unsigned_abs());
    }
    Ok(shape)
}

fn kind(fields: &NiftiHeader) -> ParseResult<NiftiType> {
    use NiftiType::{Float32, Float64, Int8, Int16, Int32, Int64, Uint8, Uint16, Uint32, Uint64};
    match fields.data_type() {
        Ok(
            kind @ (Uint8 | Int8 | Uint16 | Int16 | Uint32 | Int32 | Uint64 | Int64 | Float32
            | Float64),
        ) => Ok(kind),
        Ok(kind) => {
            Err(FileError::new(format!("its voxels are {kind:?}, not one real number each")))
        }
        Err(error) => Err(FileError::new(error.to_string())),
    }
}

/// Numbers at byte positions.
#[derive(Clone, Copy)]
struct Fields<'a> {
    bytes: &'a [u8],
    order: Endianness,
}

impl Fields<'_> {
    /// `N` bytes, lowest first.
    fn at<const N: usize>(self, start: usize) -> [u8; N] {
        let mut field = [0; N];
        field.copy_from_slice(&self.bytes[start..start + N]);
        if self.order == Endianness::Big {
            field.reverse();
        }
        field
    }

    fn i16(self, start: usize) -> i16 {
        i16::from_le_bytes(self.at(start))
    }

    fn i32(self, start: usize) -> i32 {
        i32::from_le_bytes(self.at(start))
    }

    fn i64(self, start: usize) -> i64 {
        i64::from_le_bytes(self.at(start))
    }

    fn f64(self, start: usize) -> f64 {
        f64::from_le_bytes(self.at(start))
    }
}
