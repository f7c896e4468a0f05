//! [`read_volume`], [`read_labels`] and [`read_meanings`]: a file into a [`Placed`] grid, with warnings.
//!
//! Does not know about cases, classes or canonical axes.

use super::{
    error::{FileError, ParseResult},
    header::{Header, Storage},
    names::{header_path, voxel_path},
    place::{HeaderPlace, place},
    source::{Compression, Reader, Source},
    voxels::{Meanings, Voxels},
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
    read("volume", path, to, Voxels::values)
}

/// Reads a label map: whole numbers, with its array axes running as `to`, or as in the file
/// without it.
///
/// Values within 0.01 of a whole number are rounded to it.
///
/// # Errors
/// As [`read_volume`], and when a value is not a whole number.
pub fn read_labels(path: &Path, to: Option<Orientation>) -> Result<Read<i32>> {
    read("label map", path, to, Voxels::labels)
}

/// Reads a label map as [`read_labels`] does, but keeps what each label means in place of it, which
/// takes a quarter of the memory.
///
/// `None` when a value is not a label from 0 to 254 with a meaning below 255; [`read_labels`] then
/// tells more.
///
/// # Errors
/// As [`read_volume`].
pub(crate) fn read_meanings(
    path: &Path,
    to: Option<Orientation>,
    meaning: impl Fn(i32) -> Option<u8>,
) -> Result<Option<Read<u8>>> {
    let meanings = Meanings::new(meaning);
    let convert = |voxels: &Voxels, moves| voxels.meanings(moves, &meanings);
    let read = read("label map", path, to, convert)?;
    Ok((!read.placed.voxels.values().contains(&Meanings::NONE)).then_some(read))
}

fn read<T>(
    what: &str,
    path: &Path,
    to: Option<Orientation>,
    convert: impl Fn(&Voxels, [Move; 3]) -> ParseResult<Grid<T>>,
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
    let voxels = convert(&Voxels::new(&header, voxels), moves).map_err(named)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{
        geometry::{Affine, Spacing},
        nifti::write,
    };

    #[test]
    fn meanings_are_those_of_the_labels() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.nii.gz");
        let affine = Affine::diagonal(Spacing([1.0, 2.0, 3.0]));
        let label = |[x, y, z]: [usize; 3]| {
            [0_i16, 0, 0, 3, 254, 3, 3][if y > 5 { 1 } else { (x * 5 + y + z * 3) % 7 }]
        };
        let shape = [19, 140, 5];
        let meaning = |label| [(0, 0), (3, 7), (254, 1)].into_iter().find(|it| it.0 == label);
        let meaning = |label| meaning(label).map(|(_, meaning)| meaning);
        let check = || {
            for to in [None, Some(Orientation::RAS)] {
                let labels = read_labels(&path, to).unwrap();
                let meant = read_meanings(&path, to, meaning).unwrap().unwrap();
                let expected = labels.placed.voxels.map(|label| meaning(label).unwrap());
                assert_eq!(meant.placed.voxels, expected);
                assert_eq!(meant.placed.affine, labels.placed.affine);
                assert_eq!(meant.packed, labels.packed);
            }
        };
        let bytes = Grid::from_fn(shape, |at| u8::try_from(label(at)).unwrap());
        write(&path, &Placed { voxels: bytes, affine }).unwrap();
        check();
        write(&path, &Placed { voxels: Grid::from_fn(shape, |at| f32::from(label(at))), affine })
            .unwrap();
        check();
        for wrong in [3.5, -1.0, 4.0, 255.0, 256.0, 70_000.0] {
            let voxels = Grid::from_fn(shape, |at| if at == [7, 7, 2] { wrong } else { 3.0 });
            write(&path, &Placed { voxels, affine }).unwrap();
            assert!(read_meanings(&path, None, meaning).unwrap().is_none(), "{wrong}");
        }
    }
}
