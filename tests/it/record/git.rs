//! What a run keeps of the repository it was started in, and that it brings back the same files.

use git2::{IndexAddOption, Repository, RepositoryInitOptions, Signature};
use seglab::record::{Git, Patch, probe_git, rebuild};
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    os::unix::{
        ffi::OsStringExt,
        fs::{PermissionsExt, symlink},
    },
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// Commits everything in the working tree.
pub(crate) fn commit_all(repository: &Repository) {
    let mut index = repository.index().unwrap();
    index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
    index.update_all(["*"], None).unwrap();
    index.write().unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let author = Signature::now("Someone", "someone@example.org").unwrap();
    let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
    let parents: Vec<_> = parent.iter().collect();
    repository.commit(Some("HEAD"), &author, &author, "state", &tree, &parents).unwrap();
}

/// A file as a folder holds it: what kind, and its bytes.
#[derive(Debug, PartialEq, Eq)]
enum Held {
    Text(Vec<u8>, bool),
    Link(PathBuf),
}

/// Every file below a folder but git's own.
fn held(folder: &Path) -> BTreeMap<PathBuf, Held> {
    fn walk(root: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, Held>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_owned();
            let kind = path.symlink_metadata().unwrap();
            if name == Path::new(".git") {
                continue;
            }
            if kind.is_dir() {
                walk(root, &path, files);
            } else if kind.is_symlink() {
                files.insert(name, Held::Link(fs::read_link(&path).unwrap()));
            } else {
                let is_program = kind.permissions().mode() & 0o111 != 0;
                files.insert(name, Held::Text(fs::read(&path).unwrap(), is_program));
            }
        }
    }
    let mut files = BTreeMap::new();
    walk(folder, folder, &mut files);
    files
}

/// A repository of some files, committed.
struct Work {
    folder: TempDir,
    repository: Repository,
}

impl Work {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("work");
        let repository = Repository::init(&root).unwrap();
        // What the machine is set to must not decide what the tests see.
        repository.config().unwrap().set_str("core.autocrlf", "false").unwrap();
        let work = Self { folder, repository };
        for (name, bytes) in files {
            work.write(name, bytes);
        }
        commit_all(&work.repository);
        work
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    fn write(&self, name: impl AsRef<OsStr>, bytes: &[u8]) {
        let path = self.root().join(name.as_ref());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn stage(&self, name: &str) {
        let mut index = self.repository.index().unwrap();
        index.add_path(Path::new(name)).unwrap();
        index.write().unwrap();
    }

    fn make_program(&self, name: &str) {
        let path = self.root().join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn probe(&self) -> Git {
        probe_git(&self.root(), &[]).unwrap().unwrap()
    }

    fn patch(&self) -> Patch {
        self.probe().patch.unwrap()
    }

    /// Fails unless `git apply` on a clean clone, and `rebuild`, both give these very files.
    #[track_caller]
    fn comes_back(&self) {
        let git = self.probe();
        let patch = git.patch.clone().unwrap_or_default();
        let clone = self.folder.path().join("clone");
        let from = self.root();
        run_git(
            &self.root(),
            &["clone", "--quiet", from.to_str().unwrap(), clone.to_str().unwrap()],
        );
        let file = self.folder.path().join("uncommitted.patch");
        fs::write(&file, &patch.bytes).unwrap();
        run_git(&clone, &["apply", "--whitespace=nowarn", file.to_str().unwrap()]);
        assert_eq!(held(&clone), held(&self.root()), "git apply\n{}", shown(&patch));

        let rebuilt = self.folder.path().join("rebuilt");
        let report = rebuild(&self.root(), &git, &patch.bytes, &rebuilt).unwrap();
        assert_eq!(held(&rebuilt), held(&self.root()), "rebuild\n{}", shown(&patch));
        assert_eq!(report.differences, [""; 0]);
        let again = probe_git(&rebuilt, &[]).unwrap().unwrap();
        assert_eq!(again.commit, git.commit);
        assert_eq!(again.patch.unwrap_or_default().bytes, patch.bytes, "it is as uncommitted");
    }
}

fn shown(patch: &Patch) -> String {
    String::from_utf8_lossy(&patch.bytes).into_owned()
}

#[track_caller]
fn run_git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    // Neither the machine's settings nor the user's: only the repository's own.
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = command.current_dir(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn staged_unstaged_and_untracked_changes_come_back() {
    let work = Work::new(&[("staged", b"a\n"), ("both", b"a\n"), ("unstaged", b"a\n")]);
    work.write("staged", b"b\n");
    work.stage("staged");
    work.write("both", b"b\n");
    work.stage("both");
    work.write("both", b"c\n");
    work.write("unstaged", b"b\n");
    work.write("new/folder/untracked", b"text\n");
    work.write("new/staged", b"text\n");
    work.stage("new/staged");
    work.comes_back();
    let names: Vec<_> = work.patch().files.into_iter().map(|file| file.path).collect();
    assert_eq!(names, ["both", "new/folder/untracked", "new/staged", "staged", "unstaged"]);
}

#[test]
fn deleted_renamed_and_retyped_files_come_back() {
    let work = Work::new(&[
        ("deleted", b"a\n"),
        ("staged-deleted", b"a\n"),
        ("unindexed", b"a\n"),
        ("old-name", b"one\ntwo\nthree\n"),
        ("becomes-link", b"a\n"),
        ("becomes-folder", b"a\n"),
        ("folder/becomes-file", b"a\n"),
    ]);
    fs::remove_file(work.root().join("deleted")).unwrap();
    let mut index = work.repository.index().unwrap();
    for name in ["staged-deleted", "unindexed"] {
        index.remove_path(Path::new(name)).unwrap();
    }
    index.write().unwrap();
    fs::remove_file(work.root().join("staged-deleted")).unwrap();
    // `git rm --cached`, then changed: the index says deleted, the disk says otherwise.
    work.write("unindexed", b"b\n");
    fs::rename(work.root().join("old-name"), work.root().join("new-name")).unwrap();
    for name in ["becomes-link", "becomes-folder"] {
        fs::remove_file(work.root().join(name)).unwrap();
    }
    symlink("new-name", work.root().join("becomes-link")).unwrap();
    work.write("becomes-folder/inside", b"a\n");
    fs::remove_dir_all(work.root().join("folder")).unwrap();
    work.write("folder", b"a file now\n");
    work.comes_back();
}

#[test]
fn bytes_that_are_hard_to_write_as_text_come_back() {
    let work = Work::new(&[("crlf", b"a\r\nb\r\n"), ("latin", b"caf\xe9\n"), ("tail", b"a\nb")]);
    work.write("crlf", b"a\r\nc\r\nlone\rreturn\n");
    work.write("latin", b"caf\xe9 cr\xe8me\n\xff\xfe\n");
    work.write("tail", b"a\nb\nc");
    work.write("grown-tail", b"no newline at the end");
    work.write("new-crlf", b"x\r\ny\r\n");
    work.write("trailing", b"spaces   \n\t\n\n\n");
    work.write("like-a-patch", b"--- a/x\n+++ b/x\n@@ -1 +1 @@\ndiff --git a/y b/y\n");
    work.comes_back();
}

#[test]
fn empty_files_modes_and_links_come_back() {
    let work = Work::new(&[("script", b"#!/bin/sh\n"), ("both", b"a\n"), ("emptied", b"a\n")]);
    symlink("script", work.root().join("link")).unwrap();
    work.write("empty-before", b"");
    work.write("empty-and-goes", b"");
    commit_all(&work.repository);
    work.make_program("script");
    work.write("both", b"b\n");
    work.make_program("both");
    work.write("emptied", b"");
    work.write("empty", b"");
    work.write("empty-before", b"filled\n");
    fs::remove_file(work.root().join("empty-and-goes")).unwrap();
    work.write("new-program", b"#!/bin/sh\n");
    work.make_program("new-program");
    fs::remove_file(work.root().join("link")).unwrap();
    symlink("elsewhere/that is not there", work.root().join("link")).unwrap();
    symlink("both", work.root().join("new-link")).unwrap();
    work.comes_back();
}

#[test]
fn odd_names_come_back() {
    let work = Work::new(&[("a b", b"a\n")]);
    work.write("a b", b"b\n");
    for name in
        ["two  spaces", "quo\"te", "back\\slash", "tab\there", "ümlaut/日本", " lead", "it's"]
    {
        work.write(name, b"text\n");
        work.write(format!("{name}.empty"), b"");
    }
    let not_utf8 = std::ffi::OsString::from_vec(b"latin-\xe9".to_vec());
    work.write(&not_utf8, b"text\n");
    work.comes_back();
}

#[test]
fn what_no_patch_can_hold_is_named_with_its_hash() {
    let work =
        Work::new(&[("gone.bin", b"\0\x01"), ("kept", b"a\n"), (".gitignore", b"ignored\n")]);
    fs::remove_file(work.root().join("gone.bin")).unwrap();
    let (binary, large) = (b"\0\x01\x02\0", "0123456789abcde\n".repeat(1 << 17));
    work.write("new.bin", binary);
    work.write("large", large.as_bytes());
    work.write("ignored", b"secret\n");
    work.write(".env", b"TOKEN=planted\n");
    work.write("kept", b"b\n");
    let git = work.probe();
    let patch = git.patch.clone().unwrap();
    let hash = |bytes: &[u8]| Some(blake3::hash(bytes).to_hex().to_string());
    let found: Vec<_> = patch
        .left_out
        .iter()
        .map(|file| (file.path.as_str(), file.reason.as_str(), file.bytes, file.blake3.clone()))
        .collect();
    let expected = [
        (".env", "its name looks like that of a secret", None, None),
        ("gone.bin", "binary, and removed", None, None),
        ("large", "larger than 1048576 bytes", Some(2 << 20), hash(large.as_bytes())),
        ("new.bin", "binary", Some(4), hash(binary)),
    ];
    assert_eq!(found, expected);
    assert!(!shown(&patch).contains("planted") && !shown(&patch).contains("secret"));

    // While the files are where they were, they are taken from there.
    let rebuilt = work.folder.path().join("rebuilt");
    let report = rebuild(&work.root(), &git, &patch.bytes, &rebuilt).unwrap();
    let missing = ["`.env` cannot be checked (its name looks like that of a secret)"];
    assert_eq!(report.differences, missing);
    let mut original = held(&work.root());
    original.remove(Path::new(".env"));
    original.remove(Path::new("ignored"));
    assert_eq!(held(&rebuilt), original);

    // Later they are not what they were, and that is said.
    work.write("new.bin", b"\0other");
    fs::remove_file(work.root().join("large")).unwrap();
    let report = rebuild(&work.root(), &git, &patch.bytes, &rebuilt.with_extension("2")).unwrap();
    assert_eq!(
        report.differences[1..],
        [
            "`large` was left out of the patch (larger than 1048576 bytes) and is not there",
            "`new.bin` was left out of the patch (binary) and has changed since",
        ]
    );
}

#[test]
fn patch_has_a_largest_size() {
    let work = Work::new(&[("kept", b"a\n")]);
    let text = "0123456789abcde\n".repeat((1 << 16) - 1);
    for idx in 0..14 {
        work.write(format!("file-{idx:02}"), text.as_bytes());
    }
    let patch = work.patch();
    assert!((10 << 20..12 << 20).contains(&patch.bytes.len()), "{}", patch.bytes.len());
    assert!(
        patch.left_out.iter().all(|file| file.reason == "the patch has reached 10485760 bytes")
    );
    assert_eq!(patch.files.len() + patch.left_out.len(), 14);
    for idx in 0..120 {
        work.write(format!("binary-{idx:03}"), b"\0");
    }
    let patch = work.patch();
    assert_eq!((patch.left_out.len(), patch.n_unnamed > 20), (100, true));
}

#[test]
fn files_that_git_converts_are_told_apart() {
    let work = Work::new(&[(".gitattributes", b"*.txt text eol=lf\n"), ("a.txt", b"a\n")]);
    work.write("a.txt", b"a\r\nb\r\n");
    let git = work.probe();
    let patch = git.patch.unwrap();
    assert_eq!(patch.files, []);
    assert_eq!(patch.left_out[0].path, "a.txt");
    assert_eq!(patch.left_out[0].blake3, Some(blake3::hash(b"a\r\nb\r\n").to_hex().to_string()));
}

#[test]
fn conflicts_come_back_as_they_stand_on_the_disk() {
    let work = Work::new(&[("a", b"a\n")]);
    let mut index = work.repository.index().unwrap();
    let entry = index.get_path(Path::new("a"), 0).unwrap();
    index.remove_path(Path::new("a")).unwrap();
    for stage in 1..=3 {
        let flags = stage << 12;
        index.add(&git2::IndexEntry { flags, path: entry.path.clone(), ..copy(&entry) }).unwrap();
    }
    index.write().unwrap();
    assert!(index.has_conflicts());
    work.write("a", b"<<<<<<< ours\nb\n=======\nc\n>>>>>>> theirs\n");
    work.comes_back();
}

fn copy(entry: &git2::IndexEntry) -> git2::IndexEntry {
    git2::IndexEntry {
        ctime: entry.ctime,
        mtime: entry.mtime,
        dev: 0,
        ino: 0,
        mode: entry.mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id: entry.id,
        flags: 0,
        flags_extended: 0,
        path: entry.path.clone(),
    }
}

#[test]
fn submodules_and_nested_repositories_are_only_named() {
    let work = Work::new(&[("a", b"a\n")]);
    let other = work.folder.path().join("other");
    let inner = Repository::init(&other).unwrap();
    fs::write(other.join("inside"), "a\n").unwrap();
    commit_all(&inner);
    let url = other.display().to_string();
    let allow = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "sub"];
    run_git(&work.root(), &allow);
    let nested = Repository::init(work.root().join("nested")).unwrap();
    work.write("nested/file", b"a\n");
    commit_all(&nested);
    let patch = work.patch();
    let named: Vec<_> = patch.left_out.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(named, ["nested/", "sub"]);
    assert!(!shown(&patch).contains("inside"), "{}", shown(&patch));
}

#[test]
fn own_folders_do_not_count_and_subfolders_see_the_whole() {
    let work = Work::new(&[("src/a", b"a\n")]);
    let runs = work.root().join("runs");
    work.write("runs/tiny/run.toml", b"format = 1\n");
    assert_eq!(probe_git(&work.root(), &[&runs]).unwrap().unwrap().patch, None);
    work.write("b", b"b\n");
    let git = probe_git(&work.root().join("src"), &[&runs]).unwrap().unwrap();
    assert!(git.dirty);
    assert_eq!(git.patch.unwrap().paths().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn linked_worktree_and_detached_head_have_their_commit() {
    let work = Work::new(&[("a", b"a\n")]);
    let first = work.probe();
    work.write("a", b"b\n");
    commit_all(&work.repository);
    let linked = work.folder.path().join("linked");
    let commit = first.commit.clone().unwrap();
    run_git(
        &work.root(),
        &["worktree", "add", "--quiet", "--detach", linked.to_str().unwrap(), &commit],
    );
    fs::write(linked.join("a"), "c\n").unwrap();
    let git = probe_git(&linked, &[]).unwrap().unwrap();
    assert_eq!((git.commit.as_deref(), git.branch.as_deref()), (Some(&*commit), None));
    let patch = git.patch.clone().unwrap();
    // Commit and objects are those of the repository that the worktree belongs to.
    let rebuilt = work.folder.path().join("rebuilt");
    rebuild(&linked, &git, &patch.bytes, &rebuilt).unwrap();
    assert_eq!(fs::read(rebuilt.join("a")).unwrap(), b"c\n");
    let listed = work.repository.worktrees().unwrap();
    assert_eq!(listed.len(), 1, "none was added");
}

#[test]
fn repository_without_a_commit_is_all_patch() {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().join("work");
    let mut options = RepositoryInitOptions::new();
    let repository = Repository::init_opts(&work, options.initial_head("trunk")).unwrap();
    repository.remote("origin", "https://me:token@example.org/a.git").unwrap();
    fs::write(work.join("new"), "text\n").unwrap();
    let git = probe_git(&work, &[Path::new("runs")]).unwrap().unwrap();
    assert_eq!((&git.commit, git.branch.as_deref()), (&None, Some("trunk")));
    assert_eq!(git.remote.as_deref(), Some("https://example.org/a.git"));
    let patch = git.patch.clone().unwrap();
    let rebuilt = folder.path().join("rebuilt");
    rebuild(&work, &git, &patch.bytes, &rebuilt).unwrap();
    assert_eq!(held(&rebuilt), held(&work));
}

#[test]
fn altered_patch_and_missing_commit_are_refused() {
    let work = Work::new(&[("a", b"a\n")]);
    work.write("a", b"b\n");
    let mut git = work.probe();
    let bytes = git.patch.clone().unwrap().bytes;
    let into = |name: &str| work.folder.path().join(name);
    let error = rebuild(&work.root(), &git, b"", &into("1")).unwrap_err().to_string();
    assert!(error.contains("is not the one it was begun with"), "{error}");
    git.commit = Some("0123456789abcdef0123456789abcdef01234567".into());
    git.remote = Some("https://example.org/a.git".into());
    let error = rebuild(&work.root(), &git, &bytes, &into("2")).unwrap_err().to_string();
    assert!(error.contains("the repository has no such commit"), "{error}");
    assert!(error.contains("hint: fetch it: `git fetch https://example.org/a.git 0123"), "{error}");
}

#[test]
fn folder_outside_any_repository_has_no_git() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(probe_git(folder.path(), &[Path::new("runs")]).unwrap(), None);
}
