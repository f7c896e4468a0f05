//! [`read_volume`] and [`read_labels`]: a file into a [`Placed`] grid, with warnings.
//!
//! Does not know about cases, classes or canonical axes.

use super::{
    error::{FileError, ParseResult},
    header::{Header, Storage},
    names::{header_path, voxel_path},
    place::{HeaderPlace, place},
    source::{Compression, Reader, Source},
    voxels::Voxels,
};
use crate::{
    base::{Result, proc, text::bytes},
    data::{
        geometry::{Move, Orientation},
        volume::{Grid, Placed},
    },
};
use std::path::Path;

/// A grid read from a file.
#[derive(Debug, Clone)]
pub struct Read<T> {
    /// The voxels and where they lie.
    pub placed: Placed<T>,
    /// How the axes run in the file.
    pub stored: Orientation,
    /// What is unusual about the file but does not stop its use.
    pub warnings: Vec<String>,
    /// Whether the header names its unit of length; without one it is taken to be millimetres.
    pub has_unit: bool,
    /// Whether the header says nothing of the place: voxels of 1 mm at the origin.
    pub has_empty_place: bool,
    /// BLAKE3 of the stored bytes (of header and voxel file, when there are two), and of the fact that
    /// lengths were converted.
    pub packed: blake3::Hash,
}

/// Reads a CT: values in HU through slope and intercept, with its array axes running as `to`, or as
/// in the file without it.
///
/// Values that are not finite are passed on; the caller decides about them.
///
/// # Errors
/// * The file cannot be read, is cut short, damaged or not NIfTI.
/// * It has more or fewer than three axes, or its voxels are not one real number each.
/// * Its affine is singular.
pub fn read_volume(path: &Path, to: Option<Orientation>) -> Result<Read<f32>> {
    read("volume", path, to, Voxels::into_values)
}

/// Reads a label map: whole numbers, with its array axes running as `to`, or as in the file
/// without it.
///
/// Values within 0.01 of a whole number are rounded to it.
///
/// # Errors
/// As [`read_volume`], and when a value is not a whole number.
pub fn read_labels(path: &Path, to: Option<Orientation>) -> Result<Read<i32>> {
    read("label map", path, to, Voxels::into_labels)
}

fn read<T>(
    what: &str,
    path: &Path,
    to: Option<Orientation>,
    convert: fn(Voxels, [Move; 3]) -> ParseResult<Grid<T>>,
) -> Result<Read<T>> {
    let path = &header_path(path);
    let named = |error: FileError| error.of(what, path);
    let source = Source::open(what, path)?;
    let mut reader = source.reader();
    let mut digest = blake3::Hasher::new();
    digest.update(source.stored());
    let header = Header::read(&mut reader).map_err(named)?;
    let HeaderPlace { affine, mut warnings, has_unit, is_converted, is_empty } =
        place(&header.fields, header.shape).map_err(named)?;
    let beside = match header.storage {
        Storage::Same => None,
        Storage::Beside => Some(Source::open(what, &voxel_path(path).map_err(named)?)?),
    };
    if let Some(beside) = &beside {
        reader.finish().map_err(named)?;
        digest.update(beside.stored());
        reader = beside.reader();
    }
    let capacity = beside.as_ref().unwrap_or(&source).capacity();
    let (voxels, tail) = voxel_bytes(&header, reader, capacity).map_err(named)?;
    warnings.extend(tail);
    if is_converted {
        // Its name before lengths were converted is that of other results.
        digest.update(b"converted");
    }
    let stored = affine.orientation();
    let to = to.unwrap_or(stored);
    let moves = stored.moves_to(to);
    let voxels = Voxels::new(&header, voxels).and_then(|voxels| convert(voxels, moves));
    let voxels = voxels.map_err(named)?;
    let (_, affine) = affine.reoriented(header.shape, to);
    warnings.extend(header_warnings(path, &source, &header));
    Ok(Read {
        placed: Placed { voxels, affine },
        stored,
        warnings,
        has_unit,
        has_empty_place: is_empty,
        packed: digest.finalize(),
    })
}

/// The voxels' bytes, and a warning about what follows them; that the file can hold them is checked
/// before anything is allocated.
fn voxel_bytes(
    header: &Header,
    mut reader: Reader<'_>,
    capacity: u64,
) -> ParseResult<(Vec<u8>, Option<String>)> {
    let count = header.n_voxel_bytes()?;
    let Some(room) = capacity.checked_sub(header.voxel_start) else {
        return Err(FileError::cut_short(format!(
            "header says its voxels start at byte {}, but the file holds {capacity}",
            header.voxel_start
        )));
    };
    if count as u64 > room {
        let [x, y, z] = header.shape;
        let kind = header.kind;
        return Err(FileError::cut_short(format!(
            "{x}x{y}x{z} voxels of {kind:?} take {count} bytes, but the file has room for {room}"
        )));
    }
    let memory = [proc::memory_total(), proc::memory_limit()].into_iter().flatten().min();
    if let Some(memory) = memory.filter(|memory| count as u64 > *memory) {
        let [needed, memory] = [count as u64, memory].map(bytes);
        return Err(FileError::new(format!(
            "its voxels take {needed}, and this machine has {memory} of memory"
        ))
        .hint("check its shape; cut a volume that is this large into smaller ones"));
    }
    reader.skip(header.voxel_start - header.read)?;
    let voxels = reader.take_exactly(count, "voxel")?;
    let warning = reader.finish()?;
    Ok((voxels, warning))
}

fn header_warnings(path: &Path, source: &Source, header: &Header) -> Vec<String> {
    let mut warnings = Vec::new();
    let named_gz = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
    match (source.compression, named_gz) {
        (Compression::Plain, true) => warnings.push("not compressed, though named .gz".to_owned()),
        (Compression::Gzip, false) => warnings.push("compressed, though not named .gz".to_owned()),
        (Compression::Plain, false) | (Compression::Gzip, true) => {}
    }
    let (kind, bitpix) = (header.kind, header.fields.bitpix);
    if usize::try_from(bitpix) != Ok(8 * kind.size_of()) {
        warnings.push(format!("bitpix {bitpix} disagrees with datatype {kind:?}, which counts"));
    }
    warnings
}
