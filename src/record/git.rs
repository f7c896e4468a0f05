//! [`Git`]: the commit a run was started from, and what the working tree added to it.
//!
//! Knows nothing of runs; a folder outside any repository is no fault.

use git2::{Delta, Diff, DiffDelta, DiffOptions, ErrorCode, Repository};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Most bytes of a patch; what goes beyond is named and left out.
const PATCH_BYTES: usize = 10 << 20;
/// Most bytes of one file in a patch: source is smaller, data is larger.
const FILE_BYTES: i64 = 1 << 20;
/// Most files that are named as left out; a data folder that is not ignored has thousands.
const N_NAMED: usize = 100;

/// Commit and working tree of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Git {
    /// Commit of `HEAD`; `None` before the first one.
    pub commit: Option<String>,
    /// Branch; `None` when `HEAD` is detached.
    pub branch: Option<String>,
    /// Address of the remote `origin`, or else the first, without credentials.
    pub remote: Option<String>,
    /// Whether the working tree differs from the commit, ignored files aside.
    pub dirty: bool,
    /// The difference, when there is one.
    pub patch: Option<Patch>,
}

/// Everything staged, unstaged and untracked, as `uncommitted.patch` holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patch {
    /// BLAKE3 hash of the patch.
    pub blake3: String,
    /// Files that differ but are not in the patch, each with the reason.
    pub left_out: Vec<String>,
    /// The patch itself; it has its own file.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// Looks at the repository around `folder`; `None` outside any. Changes under `runs` are what
/// seglab itself writes and do not count.
///
/// # Errors
/// In git's words, when there is a repository that cannot be read.
pub fn probe_git(folder: &Path, own: &[&Path]) -> Result<Option<Git>, git2::Error> {
    let repository = match Repository::discover(folder) {
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        opened => opened?,
    };
    let head = repository.head().ok();
    let commit = head.as_ref().and_then(|head| head.peel_to_commit().ok());
    let branch = match &head {
        Some(head) if head.is_branch() => head.shorthand().ok().map(str::to_owned),
        Some(_) => None,
        None => unborn_branch(&repository),
    };
    let (dirty, patch) = if repository.is_bare() {
        (false, None)
    } else {
        let tree = commit.as_ref().map(git2::Commit::tree).transpose()?;
        let mut options = DiffOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .show_untracked_content(true)
            .ignore_submodules(true)
            .max_size(FILE_BYTES);
        let diff = repository.diff_tree_to_workdir_with_index(tree.as_ref(), Some(&mut options))?;
        let own: Vec<PathBuf> = own.iter().map(|path| own_folder(&repository, path)).collect();
        let patch = patch(&diff, &own)?;
        (patch.is_some(), patch)
    };
    Ok(Some(Git {
        commit: commit.map(|commit| commit.id().to_string()),
        branch,
        remote: remote(&repository),
        dirty,
        patch,
    }))
}

fn unborn_branch(repository: &Repository) -> Option<String> {
    let head = repository.find_reference("HEAD").ok()?;
    Some(head.symbolic_target().ok()??.strip_prefix("refs/heads/")?.to_owned())
}

/// A folder as the repository's paths would begin, or a path that none begins with.
fn own_folder(repository: &Repository, folder: &Path) -> PathBuf {
    let inside = || {
        let root = repository.workdir()?.canonicalize().ok()?;
        Some(folder.canonicalize().ok()?.strip_prefix(root).ok()?.to_owned())
    };
    inside().filter(|path| path.components().next().is_some()).unwrap_or_else(|| "/".into())
}

fn patch(diff: &Diff<'_>, own: &[PathBuf]) -> Result<Option<Patch>, git2::Error> {
    let mut bytes = Vec::new();
    let mut left_out = Vec::new();
    for (delta_idx, delta) in diff.deltas().enumerate() {
        if own.iter().any(|folder| path_of(&delta).starts_with(folder)) {
            continue;
        }
        let name = path_of(&delta).display();
        if bytes.len() >= PATCH_BYTES {
            left_out.push(format!("{name}: the patch has reached {PATCH_BYTES} bytes"));
            continue;
        }
        let Some(mut change) = git2::Patch::from_diff(diff, delta_idx)? else {
            left_out.push(format!("{name}: binary, or larger than {FILE_BYTES} bytes"));
            continue;
        };
        if change.delta().flags().is_binary() {
            left_out.push(format!("{name}: binary, or larger than {FILE_BYTES} bytes"));
        } else if delta.status() == Delta::Conflicted {
            left_out.push(format!("{name}: in conflict"));
        } else {
            bytes.extend_from_slice(&change.to_buf()?);
        }
    }
    if let Some(n_more) = left_out.len().checked_sub(N_NAMED + 1) {
        left_out.truncate(N_NAMED);
        left_out.push(format!("and {} more", n_more + 1));
    }
    let is_clean = bytes.is_empty() && left_out.is_empty();
    let blake3 = blake3::hash(&bytes).to_hex().to_string();
    Ok((!is_clean).then_some(Patch { blake3, left_out, bytes }))
}

fn path_of<'a>(delta: &DiffDelta<'a>) -> &'a Path {
    delta.new_file().path().or_else(|| delta.old_file().path()).unwrap_or(Path::new(""))
}

fn remote(repository: &Repository) -> Option<String> {
    let remote = repository.find_remote("origin").ok().or_else(|| {
        let names = repository.remotes().ok()?;
        repository.find_remote(names.get(0).ok()??).ok()
    })?;
    Some(without_credentials(remote.url().ok()?))
}

/// An address without user, password or query, which may hold a token.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}/{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_keeps_no_secret() {
        let strip = without_credentials;
        assert_eq!(strip("https://me:secret@host.org/a/b.git?token=x"), "https://host.org/a/b.git");
        assert_eq!(strip("https://host.org/a/b@v1.git"), "https://host.org/a/b@v1.git");
        assert_eq!(strip("git@host.org:a/b.git"), "git@host.org:a/b.git");
    }
}
