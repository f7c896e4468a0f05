//! [`read_volume`] and [`read_labels`]: a file into a [`Placed`] grid, with what is odd about it.
//!
//! Knows nothing of cases, classes or canonical axes.

use super::{
    header::{Header, Storage},
    place,
    source::{Flaw, Packing, Parsed, Reader, Source},
    voxels::Voxels,
};
use crate::{
    base::Result,
    data::{
        geometry::{Move, Orientation},
        volume::{Grid, Placed},
    },
};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// HU of air: below it lie noise, and what a scanner fills its corners with.
const AIR: f32 = -1024.0;
/// Padding fills at least one voxel in this many.
const PADDING_SHARE: usize = 1000;

/// A grid out of a file.
#[derive(Debug, Clone)]
pub struct Read<T> {
    /// The voxels, axes as stored, and where they lie.
    pub placed: Placed<T>,
    /// What is odd about the file but stops nothing.
    pub warnings: Vec<String>,
    /// BLAKE3 of the stored bytes (of header and voxel file, when there are two).
    pub digest: blake3::Hash,
}

/// Reads a CT: values in HU through slope and intercept, axes as stored.
///
/// Values that are not finite are passed on; whoever knows the case judges them.
///
/// # Errors
/// * The file cannot be read, is cut short, damaged or no NIfTI.
/// * It has more or fewer than three axes, or voxels of other than one real number.
/// * Its affine is singular.
pub fn read_volume(path: &Path) -> Result<Read<f32>> {
    let mut read = read("volume", path, None, Voxels::into_values)?;
    if let Some((lowest, count)) = padding(read.placed.voxels.values()) {
        read.warnings
            .push(format!("{count} voxels hold {lowest} HU, below air: padding of the scanner"));
    }
    Ok(read)
}

/// Reads a label map: whole numbers, axes as stored.
///
/// Values within 0.01 of a whole number are rounded to it.
///
/// # Errors
/// As [`read_volume`], and when a value is no whole number.
pub fn read_labels(path: &Path) -> Result<Read<i32>> {
    read("label map", path, None, Voxels::into_labels)
}

/// Reads a CT with its array axes running as `to`, in one pass and without looking for padding.
///
/// # Errors
/// As [`read_volume`].
pub fn read_volume_as(path: &Path, to: Orientation) -> Result<Read<f32>> {
    read("volume", path, Some(to), Voxels::into_values)
}

/// Reads a label map with its array axes running as `to`, in one pass.
///
/// # Errors
/// As [`read_labels`].
pub fn read_labels_as(path: &Path, to: Orientation) -> Result<Read<i32>> {
    read("label map", path, Some(to), Voxels::into_labels)
}

/// The lowest value and its voxels, when it is below air and too common to be noise.
fn padding(values: &[f32]) -> Option<(f32, usize)> {
    let finite = values.par_iter().copied().filter(|value| value.is_finite());
    let lowest = finite.reduce(|| AIR, f32::min);
    if lowest >= AIR {
        return None;
    }
    let count = values.par_iter().filter(|value| value.total_cmp(&lowest).is_eq()).count();
    (count * PADDING_SHARE >= values.len()).then_some((lowest, count))
}

fn read<T>(
    what: &str,
    path: &Path,
    to: Option<Orientation>,
    convert: fn(Voxels, [Move; 3]) -> Parsed<Grid<T>>,
) -> Result<Read<T>> {
    let path = &header_path(path);
    let named = |flaw: Flaw| flaw.of(what, path);
    let source = Source::open(path)?;
    if source.stored().is_empty() {
        return Err(named(Flaw::cut_short("the file is empty")));
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
    warnings.extend(oddities(path, &source, &header));
    Ok(Read { placed: Placed { voxels, affine }, warnings, digest: digest.finalize() })
}

/// The voxels' bytes; that the file can hold them is checked before anything is allocated.
fn voxel_bytes(header: &Header, mut reader: Reader<'_>, capacity: u64) -> Parsed<Vec<u8>> {
    let count = header.n_voxel_bytes()?;
    let Some(room) = capacity.checked_sub(header.voxel_start) else {
        return Err(Flaw::cut_short(format!(
            "header says its voxels start at byte {}, but the file holds {capacity}",
            header.voxel_start
        )));
    };
    if count as u64 > room {
        let [x, y, z] = header.shape;
        let kind = header.kind;
        return Err(Flaw::cut_short(format!(
            "{x}x{y}x{z} voxels of {kind:?} take {count} bytes, but the file has room for {room}"
        )));
    }
    reader.skip(header.voxel_start - header.read)?;
    let bytes = reader.take_exactly(count, "voxel")?;
    reader.finish()?;
    Ok(bytes)
}

fn oddities(path: &Path, source: &Source, header: &Header) -> Vec<String> {
    let mut warnings = Vec::new();
    let named_gz = path.extension().is_some_and(|extension| extension == "gz");
    match (source.packing, named_gz) {
        (Packing::Plain, true) => warnings.push("not compressed, though named .gz".to_owned()),
        (Packing::Gzip, false) => warnings.push("compressed, though not named .gz".to_owned()),
        (Packing::Plain, false) | (Packing::Gzip, true) => {}
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
fn voxel_path(path: &Path) -> Parsed<PathBuf> {
    sibling(path, ".hdr", ".img").ok_or_else(|| {
        Flaw::new("its voxels should lie in an `.img` file beside it, which is not there")
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
