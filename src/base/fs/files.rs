//! Reading, and writes that are whole or not there, with errors that name the path.
//!
//! Does not know what the files mean.
#![expect(clippy::disallowed_methods, reason = "everyone else comes here")]

use super::{error::io_error, primitive};
use crate::base::Result;
pub use std::fs::File;
use std::{
    fs::{self, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

/// Reads a file whole.
///
/// # Errors
/// When it cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| io_error("read", path, &error))
}

/// The first bytes of a file, as many as there are up to `most`.
///
/// # Errors
/// When it cannot be read.
pub fn read_start(path: &Path, most: usize) -> Result<Vec<u8>> {
    let unread = |error: io::Error| io_error("read", path, &error);
    let mut start = Vec::new();
    let file = File::open(path).map_err(unread)?;
    file.take(most as u64).read_to_end(&mut start).map_err(unread)?;
    Ok(start)
}

/// Reads a text file whole.
///
/// # Errors
/// When it cannot be read or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| io_error("read", path, &error))
}

/// `path` relative to `root`, for messages.
pub fn within<'a>(root: &Path, path: &'a Path) -> std::path::Display<'a> {
    path.strip_prefix(root).unwrap_or(path).display()
}

/// The one absolute path of a file, without links or `..`.
///
/// # Errors
/// When there is no such file.
pub fn canonical(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).map_err(|error| io_error("find", path, &error))
}

/// Creates a folder and those above it.
///
/// # Errors
/// When it cannot be made.
pub fn create_folder(path: &Path) -> Result<()> {
    primitive::create_dir_all(path).map_err(|error| io_error("create folder", path, &error))
}

/// Writes beside `path`, syncs, and renames over it: a reader sees the old bytes or the new.
///
/// # Errors
/// When any step fails; the old file then is still there.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    let aside = aside(path);
    let written = fill(&aside, bytes).and_then(|()| primitive::rename(&aside, path));
    written.map_err(|error| {
        // The half-written file is of no use to anyone; failing to remove it changes nothing.
        let _ = primitive::remove_file(&aside);
        io_error("write", path, &error)
    })
}

/// Writes beside `path` and renames over it, without a sync: for a file whose readers check its
/// hash and do without it.
///
/// # Errors
/// When any step fails; the old file then is still there.
pub fn write_cache(path: &Path, bytes: &[u8]) -> Result<()> {
    let aside = aside(path);
    let written = write_plain(&aside, bytes).and_then(|()| rename(&aside, path));
    if written.is_err() {
        // The half-written file is of no use to anyone; failing to remove it changes nothing.
        let _ = primitive::remove_file(&aside);
    }
    written
}

/// The last part of a path as text; empty when there is none.
pub fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A hidden name beside `path` that no other process and no other thread uses. Processes in two
/// containers, or on two machines, may share their number and the folder, but not the nanosecond.
pub fn aside(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    static BORN: LazyLock<u128> = LazyLock::new(|| {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos()
    });
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (process, number) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    path.with_file_name(format!(".{name}.{process}-{}-{number}.tmp", *BORN))
}

/// Writes and syncs a file that has no readers yet, as in a folder still to be moved into place.
///
/// # Errors
/// When it cannot be written.
pub fn write_synced(path: &Path, bytes: &[u8]) -> Result<()> {
    fill(path, bytes).map_err(|error| io_error("write", path, &error))
}

/// Writes a file that may be lost in a power cut, such as a copy.
///
/// # Errors
/// When it cannot be written.
pub fn write_plain(path: &Path, bytes: &[u8]) -> Result<()> {
    primitive::create(path)
        .and_then(|mut file| primitive::write(&mut file, path, bytes))
        .map_err(|error| io_error("write", path, &error))
}

fn fill(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = primitive::create(path)?;
    primitive::write(&mut file, path, bytes)?;
    primitive::sync_all(&file, path)
}

/// Makes the names in a folder outlast a power cut, where the file system can.
///
/// # Errors
/// When the disk does not say that it holds them, unless it cannot sync any folder.
pub fn sync_folder(path: &Path) -> Result<()> {
    match File::open(path).and_then(|folder| primitive::sync_all(&folder, path)) {
        Err(error) if !cannot_sync_folders(&error) => Err(io_error("sync", path, &error)),
        _ => Ok(()),
    }
}

/// Whether a file system says that it knows no such operation, which nothing can be done about.
fn cannot_sync_folders(error: &io::Error) -> bool {
    use rustix::io::Errno;

    let unknown = [Errno::INVAL, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOSYS];
    Errno::from_io_error(error).is_some_and(|errno| unknown.contains(&errno))
}

/// Opens a file to append to, making it if it is not there.
///
/// # Errors
/// When it cannot be opened.
pub fn open_append(path: &Path) -> Result<File> {
    primitive::open_append(path).map_err(|error| io_error("open", path, &error))
}

/// Appends with one `write`, so that a kill leaves whole lines or one torn tail.
///
/// # Errors
/// When not all bytes could be written.
pub fn append(file: &mut File, path: &Path, bytes: &[u8]) -> Result<()> {
    primitive::write(file, path, bytes).map_err(|error| io_error("append to", path, &error))
}

/// Makes what was written to a file outlast a power cut.
///
/// # Errors
/// When the disk does not say that it holds the bytes.
pub fn sync(file: &File, path: &Path) -> Result<()> {
    primitive::sync_data(file, path).map_err(|error| io_error("sync", path, &error))
}

/// Cuts a file to its first `n_bytes`.
///
/// # Errors
/// When it cannot be cut.
pub fn truncate(path: &Path, n_bytes: u64) -> Result<()> {
    OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|file| {
            primitive::set_len(&file, path, n_bytes)
                .and_then(|()| primitive::sync_data(&file, path))
        })
        .map_err(|error| io_error("cut", path, &error))
}

/// Writes a file that must not be there yet, whole or not at all; of several who try at once,
/// one succeeds. Whether this one did.
///
/// # Errors
/// When it cannot be written for another reason.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<bool> {
    let aside = aside(path);
    // A hard link is exclusive on every file system that many machines share, renaming is not.
    let made =
        write_synced(&aside, bytes).and_then(|()| match primitive::hard_link(&aside, path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(io_error("create", path, &error)),
        });
    // The name aside is of no use to anyone; failing to remove it changes nothing.
    let _ = primitive::remove_file(&aside);
    made
}

/// Makes a symbolic link to `target`. A name that is taken already is no error: several processes may
/// make the same links.
///
/// # Errors
/// When it cannot be made.
pub fn link(target: &Path, link: &Path) -> Result<()> {
    match primitive::symlink(target, link) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(io_error("link", link, &error))
        }
        _ => Ok(()),
    }
}

/// Removes a file; one that is not there is no error.
///
/// # Errors
/// When it cannot be removed.
pub fn remove_file(path: &Path) -> Result<()> {
    match primitive::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", path, &error))
        }
        _ => Ok(()),
    }
}

/// Opens a file to read.
///
/// # Errors
/// When it cannot be opened.
pub fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| io_error("open", path, &error))
}

/// Creates a file to write, emptying it if it is there.
///
/// # Errors
/// When it cannot be created.
pub fn create(path: &Path) -> Result<File> {
    primitive::create(path).map_err(|error| io_error("create", path, &error))
}

/// Moves a file or folder within one file system.
///
/// # Errors
/// When it cannot be moved.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    primitive::rename(from, to).map_err(|error| io_error("move", from, &error))
}

/// Copies a file with its permissions.
///
/// # Errors
/// When one cannot be read or the other not be written.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    primitive::copy(from, to).map(drop).map_err(|error| io_error("copy", from, &error))
}

/// Removes a folder and all below it; one that is not there is no error.
///
/// # Errors
/// When it cannot be removed.
pub fn remove_folder(path: &Path) -> Result<()> {
    match primitive::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", path, &error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn only_a_file_system_without_the_operation_is_excused_from_syncing_a_folder() {
        for (errno, is_excused) in [
            (Errno::INVAL, true),
            (Errno::NOTSUP, true),
            (Errno::NOSYS, true),
            (Errno::IO, false),
            (Errno::NOSPC, false),
            (Errno::STALE, false),
        ] {
            assert_eq!(cannot_sync_folders(&errno.into()), is_excused, "{errno}");
        }
        let folder = tempfile::tempdir().unwrap();
        sync_folder(folder.path()).unwrap();
        let error = sync_folder(&folder.path().join("gone")).unwrap_err();
        assert!(error.faults[0].message.starts_with("cannot sync `"), "{error}");
    }
}
