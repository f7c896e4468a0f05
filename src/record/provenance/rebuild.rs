//! [`rebuild`]: the files of a commit and of what the working tree added to it, in a folder of
//! their own.
//!
//! The folder is a repository that borrows the objects of the other, which is left as it is: no
//! worktree is listed there, and no branch made.
//!
//! Does not know why the files are wanted.

use super::super::{Git, GitProblem, LeftOut, Patch};
use crate::base::{Error, Fault, Result, checksum::hash_file, fs};
use git2::{Diff, Oid, Repository, build::CheckoutBuilder};
use std::{
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

/// What the rebuilt files are not.
#[derive(Debug, Default)]
pub struct Rebuilt {
    /// What differs from the files as they were, in words.
    pub differences: Vec<String>,
}

/// Root of the repository around a folder.
///
/// # Errors
/// When the folder lies in none.
pub fn repository_of(folder: &Path) -> Result<PathBuf> {
    let repository = Repository::discover(folder).map_err(|error| {
        if error.code() != git2::ErrorCode::NotFound {
            return unusable(folder, &error);
        }
        Fault::new(format!("`{}` lies in no git repository", folder.display()))
            .caused_by(&error)
            .hint("name the one of the run with `--repository DIR`")
            .into()
    })?;
    Ok(repository.workdir().unwrap_or_else(|| repository.path()).to_owned())
}

/// Puts the files that a run was started from into `folder`, which is empty or not there.
/// `patch` is the text of its `uncommitted.patch`. Files that the patch could not hold are taken
/// from `repository` where they still have the same hash.
///
/// # Errors
/// * when the repository has no such commit
/// * when the patch is not the one that was recorded, or does not fit
pub fn rebuild(repository: &Path, git: &Git, patch: &[u8], folder: &Path) -> Result<Rebuilt> {
    let recorded = git.patch.as_ref();
    if let Some(recorded) = recorded
        && blake3::hash(patch).to_hex().as_str() != recorded.blake3
    {
        let fault = Fault::new("the run's `uncommitted.patch` is not the one it was begun with");
        return Err(fault.detail(format!("expected BLAKE3 {}", recorded.blake3)).into());
    }
    let source = Repository::discover(repository).map_err(|error| unusable(repository, &error))?;
    let copy = borrow(&source, folder)?;
    let files = Files { repository: &copy, git, root: folder };
    files.write(patch).map_err(|error| files.unwritable(repository, &error))?;
    let mut rebuilt = Rebuilt::default();
    if let Some(recorded) = recorded {
        files.check(recorded, &mut rebuilt);
        let from = source.workdir().unwrap_or(repository);
        for left_out in &recorded.left_out {
            files.complete(left_out, from, &mut rebuilt)?;
        }
        if recorded.n_unnamed > 0 {
            let n = recorded.n_unnamed;
            rebuilt.differences.push(format!("{n} more files were left out and not named"));
        }
    }
    Ok(rebuilt)
}

/// An empty repository that finds its objects in another.
fn borrow(source: &Repository, folder: &Path) -> Result<Repository> {
    let objects = fs::canonical(&source.commondir().join("objects"))?;
    let copy = Repository::init(folder).map_err(|error| unusable(folder, &error))?;
    let line = [objects.as_os_str().as_bytes(), b"\n"].concat();
    fs::write_synced(&copy.path().join("objects/info/alternates"), &line)?;
    // Opened again: the list is read when objects are first looked for.
    Repository::open(folder).map_err(|error| unusable(folder, &error))
}

struct Files<'a> {
    repository: &'a Repository,
    git: &'a Git,
    root: &'a Path,
}

impl Files<'_> {
    fn write(&self, patch: &[u8]) -> Result<(), git2::Error> {
        let repository = self.repository;
        let commit = match &self.git.commit {
            Some(commit) => Some(repository.find_commit(Oid::from_str(commit)?)?),
            None => None,
        };
        let tree = match &commit {
            Some(commit) => commit.tree()?,
            None => repository.find_tree(repository.treebuilder(None)?.write()?)?,
        };
        let mut whole = if patch.is_empty() {
            let mut index = git2::Index::new()?;
            index.read_tree(&tree)?;
            index
        } else {
            repository.apply_to_tree(&tree, &Diff::from_buffer(patch)?, None)?
        };
        let mut checkout = CheckoutBuilder::new();
        repository.checkout_index(Some(&mut whole), Some(checkout.force().update_index(false)))?;
        // The index is that of the commit, so that the rest counts as uncommitted, as it was.
        let mut index = repository.index()?;
        index.read_tree(&tree)?;
        index.write()?;
        if let Some(commit) = commit {
            repository.set_head_detached(commit.id())?;
        }
        Ok(())
    }

    /// Compares every file of the patch with what was recorded of it.
    fn check(&self, recorded: &Patch, rebuilt: &mut Rebuilt) {
        for file in recorded.files.iter().filter(|file| !is_altered_name(&file.path)) {
            let place = self.root.join(&file.path);
            let found = match place.read_link() {
                Ok(to) => Some(blake3::hash(to.as_os_str().as_bytes()).to_hex().to_string()),
                Err(_) => hash_file(&place).ok(),
            };
            if found != file.blake3 {
                let differs = format!("`{}` differs from what it was", file.path);
                rebuilt.differences.push(differs);
            }
        }
    }

    /// Brings a file that the patch could not hold to what it was, or says that it cannot be had.
    fn complete(&self, left_out: &LeftOut, from: &Path, rebuilt: &mut Rebuilt) -> Result<()> {
        let place = self.root.join(&left_out.path);
        let (path, reason) = (&left_out.path, &left_out.reason);
        if is_altered_name(path) || left_out.path.ends_with('/') {
            rebuilt.differences.push(format!("`{path}` is missing ({reason})"));
            return Ok(());
        }
        let Some(expected) = &left_out.blake3 else {
            if left_out.bytes.is_none() && reason.ends_with("removed") {
                return fs::remove_file(&place);
            }
            rebuilt.differences.push(format!("`{path}` cannot be checked ({reason})"));
            return Ok(());
        };
        let source = from.join(path);
        if hash_file(&place).ok().as_ref() == Some(expected) {
            return Ok(());
        }
        if hash_file(&source).ok().as_ref() == Some(expected) {
            fs::create_folder(place.parent().unwrap_or(self.root))?;
            return fs::copy(&source, &place);
        }
        let state = if source.exists() { "has changed since" } else { "is not there" };
        rebuilt
            .differences
            .push(format!("`{path}` was left out of the patch ({reason}) and {state}"));
        Ok(())
    }

    fn unwritable(&self, repository: &Path, error: &git2::Error) -> Error {
        let commit = self.git.commit.as_deref().unwrap_or("no commit");
        let message = format!("cannot rebuild `{commit}` from `{}`", repository.display());
        let mut fault = Fault::new(message).caused_by(error);
        if error.code() == git2::ErrorCode::NotFound {
            fault =
                fault.detail("the repository has no such commit").hint(match &self.git.remote {
                    Some(remote) => format!("fetch it: `git fetch {remote} {commit}`"),
                    None => "name the run's own repository with `--repository DIR`".to_owned(),
                });
        }
        fault.into()
    }
}

/// A name that was not UTF-8 is no longer known to the letter.
fn is_altered_name(path: &str) -> bool {
    path.contains(char::REPLACEMENT_CHARACTER)
}

fn unusable(folder: &Path, error: &git2::Error) -> Error {
    let mut fault = Fault::new(format!("cannot use `{}` as a git repository", folder.display()))
        .caused_by(error);
    if let Some(command) = GitProblem::of(error, folder).remedy {
        fault = fault.hint(format!("if you trust it: `{command}`"));
    }
    fault.into()
}
