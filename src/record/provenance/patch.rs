//! [`Patch`]: everything staged, unstaged and untracked, as text that `git apply` accepts, with
//! the hash of each file as it then is; what such a text cannot hold is named.
//!
//! Does not know about runs, or of how a commit is brought to the same files again.

use crate::base::{checksum::hash_file, fs};
use git2::{Delta, Diff, DiffDelta, DiffOptions, FileMode, ObjectType, Oid, Repository, Tree};
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    collections::BTreeSet,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

/// Most bytes of a patch; what goes beyond is named and left out.
const PATCH_BYTES: usize = 10 << 20;
/// Most bytes of one file in a patch: source is smaller, data is larger.
const FILE_BYTES: u64 = 1 << 20;
/// Most bytes of all files that are left out and hashed; a data folder that is not ignored may
/// hold more than a night can read.
const HASHED_BYTES: u64 = 256 << 20;
/// Most files that are named as left out; a data folder that is not ignored has thousands.
const N_NAMED: usize = 100;

/// What the working tree adds to its commit, as `uncommitted.patch` holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patch {
    /// BLAKE3 hash of the patch.
    pub blake3: String,
    /// Files that the patch makes, changes or removes.
    #[serde(default)]
    pub files: Vec<Changed>,
    /// Files that differ but are not in the patch.
    pub left_out: Vec<LeftOut>,
    /// How many more are left out and not named.
    #[serde(default)]
    pub n_unnamed: usize,
    /// The patch itself; it has its own file.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// A file as the patch leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Path from the root of the repository.
    pub path: String,
    /// BLAKE3 hash of the file, or of where a link points; `None` when the file is gone.
    pub blake3: Option<String>,
}

/// A file that differs and is not in the patch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredLeftOut")]
pub struct LeftOut {
    /// Path from the root of the repository.
    pub path: String,
    /// Why.
    pub reason: String,
    /// Its size; `None` when it is no file, or gone.
    pub bytes: Option<u64>,
    /// BLAKE3 hash, when it was small enough to be read.
    pub blake3: Option<String>,
}

/// The first runs of format 1 wrote a line of words.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredLeftOut {
    Words(String),
    Entry { path: String, reason: String, bytes: Option<u64>, blake3: Option<String> },
}

impl From<StoredLeftOut> for LeftOut {
    fn from(stored: StoredLeftOut) -> Self {
        match stored {
            StoredLeftOut::Words(words) => {
                let (path, reason) = words.split_once(": ").unwrap_or((&words, ""));
                Self { path: path.into(), reason: reason.into(), bytes: None, blake3: None }
            }
            StoredLeftOut::Entry { path, reason, bytes, blake3 } => {
                Self { path, reason, bytes, blake3 }
            }
        }
    }
}

impl Patch {
    /// Every path that differs, as far as they are named.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let files = self.files.iter().map(|file| file.path.as_str());
        files.chain(self.left_out.iter().map(|file| file.path.as_str()))
    }
}

/// Difference of a working tree from the tree of its commit; `None` when there is none. Folders
/// of `own` do not count.
pub(super) fn patch_of(
    repository: &Repository,
    tree: Option<&Tree<'_>>,
    own: &[PathBuf],
) -> Result<Option<Patch>, git2::Error> {
    let Some(root) = repository.workdir() else { return Ok(None) };
    let diff = repository.diff_tree_to_workdir_with_index(tree, Some(&mut options()))?;
    let kept: BTreeSet<&Path> = diff
        .deltas()
        .filter(|delta| delta.status() != Delta::Deleted)
        .map(|d| path_of(&d))
        .collect();
    let mut builder = PatchBuilder { root, patch: Patch::default(), n_hashed: 0 };
    for (delta_idx, delta) in diff.deltas().enumerate() {
        let path = path_of(&delta);
        if own.iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        // What the index calls deleted or in conflict may still be on the disk.
        let is_there = || !kept.contains(path) && root.join(path).symlink_metadata().is_ok();
        match delta.status() {
            Delta::Deleted if is_there() => builder.add_alone(repository, tree, path)?,
            Delta::Conflicted => builder.add_alone(repository, tree, path)?,
            _ => builder.add(&diff, delta_idx, &delta)?,
        }
    }
    Ok(builder.done())
}

fn options() -> DiffOptions {
    let mut options = DiffOptions::new();
    options
        .include_untracked(true)
        .recurse_untracked_dirs(true)
        .show_untracked_content(true)
        .id_abbrev(40)
        .max_size(FILE_BYTES.cast_signed());
    options
}

struct PatchBuilder<'r> {
    root: &'r Path,
    patch: Patch,
    n_hashed: u64,
}

impl PatchBuilder<'_> {
    /// Adds one path as it differs from the commit, whatever the index says of it.
    fn add_alone(
        &mut self,
        repository: &Repository,
        tree: Option<&Tree<'_>>,
        path: &Path,
    ) -> Result<(), git2::Error> {
        let mut options = options();
        options.disable_pathspec_match(true).pathspec(path);
        let diff = repository.diff_tree_to_workdir(tree, Some(&mut options))?;
        for (delta_idx, delta) in diff.deltas().enumerate() {
            if path_of(&delta) == path {
                self.add(&diff, delta_idx, &delta)?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        diff: &Diff<'_>,
        idx: usize,
        delta: &DiffDelta<'_>,
    ) -> Result<(), git2::Error> {
        let path = path_of(delta);
        let (old, new) = (delta.old_file(), delta.new_file());
        if [old.mode(), new.mode()].contains(&FileMode::Commit) {
            self.leave_out(path, "a submodule: its commit is not kept");
        } else if path.as_os_str().as_bytes().ends_with(b"/") {
            self.leave_out(path, "a repository of its own");
        } else if matches!(delta.status(), Delta::Untracked | Delta::Added) && looks_secret(path) {
            self.name(path, "its name looks like that of a secret", None, None);
        } else if self.patch.bytes.len() >= PATCH_BYTES {
            self.leave_out(path, &format!("the patch has reached {PATCH_BYTES} bytes"));
        } else {
            let change = git2::Patch::from_diff(diff, idx)?;
            match change.filter(|change| !change.delta().flags().is_binary()) {
                None if delta.status() == Delta::Deleted => {
                    self.leave_out(path, "binary, and removed");
                }
                None if new.size() > FILE_BYTES => {
                    self.leave_out(path, &format!("larger than {FILE_BYTES} bytes"));
                }
                None => self.leave_out(path, "binary"),
                Some(mut change) => {
                    let stored = change.delta().new_file().id();
                    self.patch.bytes.extend_from_slice(&with_clear_names(path, &change.to_buf()?));
                    match delta.status() {
                        Delta::Deleted => self.gone(path),
                        _ => self.hash(path, new.mode(), stored),
                    }
                }
            }
        }
        Ok(())
    }

    /// Notes a file that the patch removes, unless it makes something else of that name.
    fn gone(&mut self, path: &Path) {
        if self.root.join(path).symlink_metadata().is_err() {
            let path = path.to_string_lossy().into_owned();
            self.patch.files.push(Changed { path, blake3: None });
        }
    }

    /// Notes what a file of the patch is on the disk.
    fn hash(&mut self, path: &Path, mode: FileMode, stored: Oid) {
        let place = self.root.join(path);
        let bytes = match mode {
            FileMode::Link => place.read_link().ok().map(|to| to.as_os_str().as_bytes().to_vec()),
            _ => fs::read(&place).ok(),
        };
        let is_converted = bytes.as_ref().is_some_and(|bytes| {
            !stored.is_zero() && Oid::hash_object(ObjectType::Blob, bytes).ok() != Some(stored)
        });
        if is_converted {
            // The patch holds what git would store; the bytes of the disk depend on its settings.
            self.leave_out(
                path,
                "git converts it, its line ends for one: the patch holds what git stores",
            );
            return;
        }
        let blake3 = bytes.map(|bytes| blake3::hash(&bytes).to_hex().to_string());
        self.patch.files.push(Changed { path: path.to_string_lossy().into_owned(), blake3 });
    }

    /// Names a file with its size, and its hash as long as that is no long read.
    fn leave_out(&mut self, path: &Path, reason: &str) {
        let place = self.root.join(path);
        let file = place.symlink_metadata().ok().filter(|file| file.file_type().is_file());
        let n_bytes = file.map(|file| file.len());
        let may_read = n_bytes.is_some_and(|n| self.n_hashed.saturating_add(n) <= HASHED_BYTES);
        let blake3 = if may_read { hash_file(&place).ok() } else { None };
        if blake3.is_some() {
            self.n_hashed += n_bytes.unwrap_or_default();
        }
        self.name(path, reason, n_bytes, blake3);
    }

    fn name(&mut self, path: &Path, reason: &str, bytes: Option<u64>, blake3: Option<String>) {
        if self.patch.left_out.len() >= N_NAMED {
            self.patch.n_unnamed += 1;
            return;
        }
        let path = path.to_string_lossy().into_owned();
        self.patch.left_out.push(LeftOut { path, reason: reason.into(), bytes, blake3 });
    }

    fn done(mut self) -> Option<Patch> {
        self.patch.blake3 = blake3::hash(&self.patch.bytes).to_hex().to_string();
        let is_clean = self.patch.paths().next().is_none();
        (!is_clean).then_some(self.patch)
    }
}

/// A patch whose first line tells where the first of two names with spaces ends. It matters where
/// no other line gives them: empty files, and changes of the mode alone.
fn with_clear_names<'a>(path: &Path, patch: &'a [u8]) -> Cow<'a, [u8]> {
    let name = path.as_os_str().as_bytes();
    let line_end = patch.iter().position(|byte| *byte == b'\n').unwrap_or(patch.len());
    let (line, rest) = patch.split_at(line_end);
    if !name.contains(&b' ') || line.contains(&b'"') {
        return patch.into();
    }
    [b"diff --git \"a/", name, b"\" \"b/", name, b"\"", rest].concat().into()
}

fn path_of<'a>(delta: &DiffDelta<'a>) -> &'a Path {
    delta.new_file().path().or_else(|| delta.old_file().path()).unwrap_or(Path::new(""))
}

/// Whether an untracked file is one of those where passwords and keys usually lie. Somebody forgot
/// to ignore it, and a run directory gets copied about.
fn looks_secret(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let stem = name.split('.').next().unwrap_or_default();
    let is_code = ["rs", "py", "sh", "md"].iter().any(|end| name.ends_with(&format!(".{end}")));
    let names = [".env", ".netrc", ".npmrc", ".pypirc", ".git-credentials", ".htpasswd"];
    let ends = [".pem", ".key", ".p12", ".pfx", ".kdbx", ".jks", ".secret"];
    let stems = ["secret", "secrets", "credential", "credentials", "password", "passwords"];
    let keys = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "token", "tokens"];
    names.contains(&name.as_str())
        || name.starts_with(".env.")
        || ends.iter().any(|end| name.ends_with(end))
        || !is_code && (stems.contains(&stem) || keys.contains(&stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_secrets_are_known_by_name() {
        for name in [".env", "a/.env.local", "keys/id_rsa", "server.pem", "b/Secrets.toml", "token"]
        {
            assert!(looks_secret(Path::new(name)), "{name}");
        }
        for name in ["src/token.rs", "tokenizer.json", "id_map.csv", "environment.yml", "key.rs"] {
            assert!(!looks_secret(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn left_out_files_of_the_first_runs_are_understood() {
        let old = r#"{ "blake3": "00", "left_out": ["a/b.bin: binary, or larger"] }"#;
        let patch: Patch = serde_json::from_str(old).unwrap();
        assert_eq!(patch.left_out[0].path, "a/b.bin");
        assert_eq!(patch.left_out[0].reason, "binary, or larger");
        let text = serde_json::to_string(&patch).unwrap();
        assert_eq!(serde_json::from_str::<Patch>(&text).unwrap(), patch);
    }
}
