//! [`read_volume`] and [`read_labels`]: a file into a [`Placed`] grid, with warnings.
//!
//! Does not know about cases, classes or canonical axes.

use super::{
    error::{FileError, ParseResult},
    header::{Header, Storage},
    place,
    source::{Compression, Reader, Source},
    voxels::Voxels,
};
use crate::{
    base::Result,
    data::{
        geometry::{Move, Orientation},
        volume::{Grid, Placed},
    },
};
use std::path::{Path, PathBuf};

/// A grid read from a file.
#[derive(Debug, Clone)]
pub struct Read<T> {
    /// The voxels and where they lie.
    pub placed: Placed<T>,
    /// How the axes run in the file.
    pub stored: Orientation,
    /// What is unusual about the file but does not stop its use.
    pub warnings: Vec<String>,
    /// BLAKE3 of the stored bytes (of header and voxel file, when there are two).
    pub digest: blake3::Hash,
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

/// The files that `path` is read from: itself, or the header and the voxel file beside it.
pub fn files_of(path: &Path) -> Vec<PathBuf> {
    let header = header_path(path);
    let voxels = sibling(&header, ".hdr", ".img");
    [header].into_iter().chain(voxels).collect()
}

fn read<T>(
    what: &str,
    path: &Path,
    to: Option<Orientation>,
    convert: fn(Voxels, [Move; 3]) -> ParseResult<Grid<T>>,
) -> Result<Read<T>> {
    let path = &header_path(path);
    let named = |error: FileError| error.of(what, path);
    let source = Source::open(path)?;
    if source.stored().is_empty() {
        return Err(named(FileError::cut_short("the file is empty")));
    }
    let mut reader = source.reader();
    let mut digest = blake3::Hasher::new();
    digest.update(source.stored());
    let header = Header::read(&mut reader).map_err(named)?;
    let (affine, mut warnings) = place::affine(&header.fields).map_err(named)?;
    let beside = match header.storage {
        Storage::Same => None,
        Storage::Beside => Some(Source::open(&voxel_path(path).map_err(named)?)?),
    };
    if let Some(beside) = &beside {
        reader.finish().map_err(named)?;
        digest.update(beside.stored());
        reader = beside.reader();
    }
    let capacity = beside.as_ref().unwrap_or(&source).capacity();
    let bytes = voxel_bytes(&header, reader, capacity).map_err(named)?;
    let stored = affine.orientation();
    let to = to.unwrap_or(stored);
    let moves = stored.moves_to(to);
    let voxels = Voxels::new(&header, bytes).and_then(|voxels| convert(voxels, moves));
    let voxels = voxels.map_err(named)?;
    let (_, affine) = affine.reoriented(header.shape, to);
    warnings.extend(header_warnings(path, &source, &header));
    Ok(Read { placed: Placed { voxels, affine }, stored, warnings, digest: digest.finalize() })
}

/// The voxels' bytes; that the file can hold them is checked before anything is allocated.
fn voxel_bytes(header: &Header, mut reader: Reader<'_>, capacity: u64) -> ParseResult<Vec<u8>> {
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
    reader.skip(header.voxel_start - header.read)?;
    let bytes = reader.take_exactly(count, "voxel")?;
    reader.finish()?;
    Ok(bytes)
}

fn header_warnings(path: &Path, source: &Source, header: &Header) -> Vec<String> {
    let mut warnings = Vec::new();
    let named_gz = path.extension().is_some_and(|extension| extension == "gz");
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

/// The `.hdr` beside an `.img`; any other path is its own header.
fn header_path(path: &Path) -> PathBuf {
    sibling(path, ".img", ".hdr").unwrap_or_else(|| path.to_path_buf())
}

/// The `.img` beside a `.hdr`.
fn voxel_path(path: &Path) -> ParseResult<PathBuf> {
    sibling(path, ".hdr", ".img").ok_or_else(|| {
        FileError::new("its voxels should lie in an `.img` file beside it, which does not exist")
            .hint("a `.hdr` file needs its `.img` file")
    })
}

/// The file whose name has `other` in place of `ending`, when it is there, compressed or not.
fn sibling(path: &Path, ending: &str, other: &str) -> Option<PathBuf> {
    let name = path.file_name()?.to_string_lossy();
    let stem = name.trim_end_matches(".gz").strip_suffix(ending)?;
    [other.to_owned(), format!("{other}.gz")]
        .iter()
        .map(|ending| path.with_file_name(format!("{stem}{ending}")))
        .find(|path| path.is_file())
}
