//! [`Git`]: the commit a run was started from, and what the working tree added to it.
//!
//! Does not know about runs; a folder outside any repository is no fault.

use super::patch::{Patch, patch_of};
use git2::{ErrorCode, Repository};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

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

/// Looks at the repository around `folder`; `None` outside any. Changes in the folders of `own`
/// are what seglab itself writes and do not count.
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
    let tree = commit.as_ref().map(git2::Commit::tree).transpose()?;
    let own: Vec<PathBuf> = own.iter().map(|path| own_folder(&repository, path)).collect();
    let patch = patch_of(&repository, tree.as_ref(), &own)?;
    Ok(Some(Git {
        commit: commit.as_ref().map(|commit| commit.id().to_string()),
        branch,
        remote: remote(&repository),
        dirty: patch.is_some(),
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
