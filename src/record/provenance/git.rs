//! [`Git`]: the commit a run was started from, and what the working tree added to it.
//!
//! Does not know about runs; a folder outside any repository is no fault.

use super::patch::{Patch, patch_of};
use crate::base::fs;
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

/// Why git does not read a repository that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitProblem {
    /// What git says.
    pub said: String,
    /// The command that helps, where there is one.
    pub remedy: Option<String>,
}

impl GitProblem {
    /// The problem of the repository around `folder`.
    pub(crate) fn of(error: &git2::Error, folder: &Path) -> Self {
        let remedy = (error.code() == ErrorCode::Owner).then(|| {
            let folder = fs::canonical(folder).unwrap_or_else(|_| folder.to_owned());
            let root = folder.ancestors().find(|folder| folder.join(".git").exists());
            let root = quoted(&root.unwrap_or(&folder).display().to_string());
            format!("git config --global --add safe.directory {root}")
        });
        Self { said: error.message().to_owned(), remedy }
    }

    /// One sentence for a warning and for the record.
    pub(crate) fn words(&self) -> String {
        let remedy = self.remedy.as_ref().map(|command| format!("; if you trust it: `{command}`"));
        format!(
            "git: {}: the run does not know its commit{}",
            self.said,
            remedy.unwrap_or_default()
        )
    }
}

/// A path as a shell takes it.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+@%:,".contains(c);
    if path.chars().all(is_plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
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
    fn a_path_is_quoted_for_the_shell_where_it_must_be() {
        assert_eq!(quoted("/home/me/a-b.c"), "/home/me/a-b.c");
        assert_eq!(quoted("/home/it's me"), "'/home/it'\\''s me'");
    }

    #[test]
    fn a_problem_without_a_remedy_is_told_in_the_words_of_git() {
        let problem = GitProblem { said: "index is damaged".into(), remedy: None };
        assert_eq!(problem.words(), "git: index is damaged: the run does not know its commit");
    }

    #[test]
    fn remote_keeps_no_secret() {
        let strip = without_credentials;
        assert_eq!(strip("https://me:secret@host.org/a/b.git?token=x"), "https://host.org/a/b.git");
        assert_eq!(strip("https://host.org/a/b@v1.git"), "https://host.org/a/b@v1.git");
        assert_eq!(strip("git@host.org:a/b.git"), "git@host.org:a/b.git");
    }
}
