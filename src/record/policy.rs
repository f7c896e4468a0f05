//! [`Store::check_policy`]: whether the code may start a run as it lies there.
//!
//! Does not know what the run does.

use super::{Git, GitProblem, Store};
use crate::{
    base::{Fault, Result},
    spec::Dirty,
};

/// Most changed files that a message lists.
const N_SHOWN: usize = 10;

impl Store {
    /// Refuses code that is not committed where `provenance.dirty = "refuse"` asks for that.
    /// Outside any repository there is nothing to commit, and every run is accepted.
    ///
    /// # Errors
    /// When the working tree differs from its commit: the changed files are listed. When there is
    /// no repository, or one that git does not read.
    pub fn check_policy(&self, rule: Dirty) -> Result<()> {
        match rule {
            Dirty::Allow => Ok(()),
            Dirty::Refuse => {
                let origin = self.origin();
                refuse_changes(origin.git.as_ref(), origin.git_problem.as_ref())
            }
        }
    }
}

fn refuse_changes(git: Option<&Git>, problem: Option<&GitProblem>) -> Result<()> {
    if let Some(GitProblem { said, remedy }) = problem {
        let message = "git does not read the repository, but the spec requires committed code";
        let mut fault = Fault::new(message);
        fault.causes.push(said.clone());
        if let Some(command) = remedy {
            fault = fault.hint(format!("if you trust the repository: `{command}`"));
        }
        return Err(fault.hint("or set `provenance.dirty = \"allow\"`").into());
    }
    let Some(git) = git else {
        let fault = Fault::new("there is no git repository, but the spec requires committed code");
        let hint = "start it in a repository, or set `provenance.dirty = \"allow\"`";
        return Err(fault.hint(hint).into());
    };
    let Some(patch) = git.patch.as_ref() else { return Ok(()) };
    let mut fault =
        Fault::new("there are uncommitted changes, but the spec requires committed code");
    for path in patch.paths().take(N_SHOWN) {
        fault = fault.detail(path);
    }
    let n_more = (patch.paths().count() + patch.n_unnamed).saturating_sub(N_SHOWN);
    if n_more > 0 {
        fault = fault.detail(format!("and {n_more} more"));
    }
    Err(fault.hint("commit them, or set `provenance.dirty = \"allow\"`").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Changed, Patch};

    #[test]
    fn changed_files_are_listed_up_to_a_few() {
        let file = |idx: usize| Changed { path: format!("src/{idx:02}.rs"), blake3: None };
        let patch = Patch { files: (0..12).map(file).collect(), ..Patch::default() };
        let git = Git {
            commit: None,
            branch: None,
            remote: None,
            dirty: true,
            patch: Some(Patch { n_unnamed: 5, ..patch }),
        };
        let error = refuse_changes(Some(&git), None).unwrap_err();
        assert_eq!(error.code.exit_code(), 2);
        let fault = &error.faults[0];
        assert_eq!(fault.details.len(), 11);
        assert_eq!(fault.details[9..], ["src/09.rs", "and 7 more"]);
        assert_eq!(fault.hints, ["commit them, or set `provenance.dirty = \"allow\"`"]);
        let clean = Git { dirty: false, patch: None, ..git };
        assert_eq!(refuse_changes(Some(&clean), None), Ok(()));
        let outside = refuse_changes(None, None).unwrap_err();
        assert!(outside.faults[0].message.starts_with("there is no git repository"));
        let command = "git config --global --add safe.directory /a";
        let said = "repository path '/a' is not owned by current user".to_owned();
        let problem = GitProblem { said, remedy: Some(command.into()) };
        let expected = "\
error: git does not read the repository, but the spec requires committed code
caused by: repository path '/a' is not owned by current user
hint: if you trust the repository: `git config --global --add safe.directory /a`
hint: or set `provenance.dirty = \"allow\"`";
        assert_eq!(refuse_changes(None, Some(&problem)).unwrap_err().to_string(), expected);
    }
}
