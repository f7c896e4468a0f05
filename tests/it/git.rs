//! What a run keeps of the repository it was started in.

use git2::{ApplyLocation, Diff, Repository, Signature};
use seglab::record::probe_git;
use std::{fs, path::Path};

/// Commits everything in the working tree.
fn commit_all(repository: &Repository) {
    let mut index = repository.index().unwrap();
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
    index.write().unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let author = Signature::now("Someone", "someone@example.org").unwrap();
    let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
    let parents: Vec<_> = parent.iter().collect();
    repository.commit(Some("HEAD"), &author, &author, "state", &tree, &parents).unwrap();
}

#[test]
fn patch_brings_a_clean_clone_to_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().join("work");
    let repository = Repository::init(&work).unwrap();
    fs::write(work.join(".gitignore"), "ignored\n").unwrap();
    for name in ["staged", "unstaged", "deleted"] {
        fs::write(work.join(name), "before\n").unwrap();
    }
    commit_all(&repository);
    let clone = folder.path().join("clone");
    let cloned = Repository::clone(&work.display().to_string(), &clone).unwrap();
    let runs = work.join("runs");
    assert_eq!(probe_git(&work, &[&runs]).unwrap().unwrap().patch, None, "a clean tree has none");

    fs::write(work.join("staged"), "after\n").unwrap();
    let mut index = repository.index().unwrap();
    index.add_path(Path::new("staged")).unwrap();
    index.write().unwrap();
    fs::write(work.join("unstaged"), "after, no newline").unwrap();
    fs::remove_file(work.join("deleted")).unwrap();
    fs::create_dir_all(work.join("new/folder")).unwrap();
    fs::write(work.join("new/folder/untracked"), "text\n").unwrap();
    fs::write(work.join("ignored"), "secret\n").unwrap();
    fs::write(work.join("binary"), [0, 1, 2, 0]).unwrap();
    fs::write(work.join("large"), "0123456789abcde\n".repeat(1 << 17)).unwrap();
    fs::create_dir_all(runs.join("tiny")).unwrap();
    fs::write(runs.join("tiny/run.toml"), "format = 1\n").unwrap();

    let git = probe_git(&work.join("new"), &[&runs]).unwrap().unwrap();
    let patch = git.patch.unwrap();
    assert!(git.dirty);
    assert_eq!(patch.blake3, blake3::hash(&patch.bytes).to_hex().to_string());
    let reason = "binary, or larger than 1048576 bytes";
    assert_eq!(patch.left_out, [format!("binary: {reason}"), format!("large: {reason}")]);
    let text = String::from_utf8(patch.bytes.clone()).unwrap();
    assert!(!text.contains("secret") && !text.contains("run.toml"), "{text}");

    let diff = Diff::from_buffer(&patch.bytes).unwrap();
    cloned.apply(&diff, ApplyLocation::WorkDir, None).unwrap();
    for name in ["staged", "unstaged", "new/folder/untracked"] {
        assert_eq!(
            fs::read(clone.join(name)).unwrap(),
            fs::read(work.join(name)).unwrap(),
            "{name}"
        );
    }
    assert!(!clone.join("deleted").exists());
}

#[test]
fn repository_without_a_commit_is_all_patch() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::init(folder.path()).unwrap();
    repository.set_head("refs/heads/trunk").unwrap();
    repository.remote("origin", "https://me:token@example.org/a.git").unwrap();
    fs::write(folder.path().join("new"), "text\n").unwrap();
    let git = probe_git(folder.path(), &[Path::new("runs")]).unwrap().unwrap();
    assert_eq!((git.commit, git.branch.as_deref()), (None, Some("trunk")));
    assert_eq!(git.remote.as_deref(), Some("https://example.org/a.git"));
    assert!(String::from_utf8(git.patch.unwrap().bytes).unwrap().contains("+text"));
}

#[test]
fn folder_outside_any_repository_has_no_git() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(probe_git(folder.path(), &[Path::new("runs")]).unwrap(), None);
}
