//! The operations that change the disk, one system call each, each a point of [`fault`].
//!
//! Does not know what makes a write whole.
#![expect(clippy::disallowed_methods, reason = "everyone else comes here")]

use super::fault::{self, Operation, at};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

pub(super) fn create(path: &Path) -> io::Result<File> {
    at(Operation::Create, path, 0, || File::create(path))
}

pub(super) fn open_append(path: &Path) -> io::Result<File> {
    at(Operation::Create, path, 0, || OpenOptions::new().create(true).append(true).open(path))
}

/// Writes all bytes, with one call unless the system takes them in parts.
pub(super) fn write(file: &mut File, path: &Path, bytes: &[u8]) -> io::Result<()> {
    fault::write(path, bytes, |bytes| file.write_all(bytes))
}

pub(super) fn sync_all(file: &File, path: &Path) -> io::Result<()> {
    at(Operation::Sync, path, 0, || file.sync_all())
}

pub(super) fn sync_data(file: &File, path: &Path) -> io::Result<()> {
    at(Operation::Sync, path, 0, || file.sync_data())
}

pub(super) fn copy(from: &Path, to: &Path) -> io::Result<u64> {
    at(Operation::Create, to, 0, || fs::copy(from, to))
}

pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    at(Operation::Rename, to, 0, || fs::rename(from, to))
}

pub(super) fn hard_link(from: &Path, to: &Path) -> io::Result<()> {
    at(Operation::Link, to, 0, || fs::hard_link(from, to))
}

pub(super) fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    at(Operation::Link, link, 0, || std::os::unix::fs::symlink(target, link))
}

pub(super) fn set_len(file: &File, path: &Path, n_bytes: u64) -> io::Result<()> {
    at(Operation::Truncate, path, 0, || file.set_len(n_bytes))
}

pub(super) fn create_dir_all(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        // Nothing changes, so there is nothing to be interrupted.
        return Ok(());
    }
    at(Operation::CreateFolder, path, 0, || fs::create_dir_all(path))
}

pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    at(Operation::Remove, path, fault::freed_by(path), || fs::remove_file(path))
}

pub(super) fn remove_dir_all(path: &Path) -> io::Result<()> {
    at(Operation::Remove, path, fault::freed_by(path), || fs::remove_dir_all(path))
}
