//! [`Provenance`]: code, build, machine and data that a run came from.
//!
//! Of the environment only variables of a list are kept, and of the command line nothing that
//! looks like a secret.
//!
//! Does not know what the run does.

use super::{
    super::{CaseFacts, format::SCORES, plan::RunPlan},
    git::{Git, GitProblem, probe_git},
    machine::{Machine, machine},
    redact,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, env, path::Path};

/// `provenance.json`: what would have to be the same for the run to be the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Repository around the working directory; `None` outside any.
    pub git: Option<Git>,
    /// The program and the machine.
    pub machine: Machine,
    /// Device in words.
    pub device: String,
    /// Command line, secrets masked.
    pub argv: Vec<String>,
    /// Folder that relative paths of the spec start from.
    #[serde(default)]
    pub working_directory: String,
    /// Variables that bear on the computation; all others are left out.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Fingerprint of the data set.
    pub data_fingerprint: String,
    /// Fingerprint of its packed bytes; `None` where the run was named by that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packed_fingerprint: Option<String>,
    /// Fingerprint of the split.
    pub split_fingerprint: String,
    /// The cases; none in older runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<CaseFacts>,
    /// Version of what the scores mean.
    #[serde(default = "first")]
    pub scores: u32,
    /// What could not be found out, and why.
    pub notes: Vec<String>,
}

fn first() -> u32 {
    1
}

/// Code, command and machine, as all runs of one process share them.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) git: Option<Git>,
    /// Why git does not read the repository, where there is one that it does not read.
    pub(crate) git_problem: Option<GitProblem>,
    working_directory: String,
}

impl Origin {
    /// Looks at the code around the working directory; folders of `own` are no part of it.
    pub(crate) fn probe(own: &[&Path]) -> Self {
        let folder = Path::new(".");
        let (git, git_problem) = match probe_git(folder, own) {
            Ok(git) => (git, None),
            Err(error) => (None, Some(GitProblem::of(&error, folder))),
        };
        let working_directory = env::current_dir().unwrap_or_default().display().to_string();
        Self { git, git_problem, working_directory }
    }

    /// What is written down of a run.
    pub(crate) fn of_run(&self, plan: &RunPlan) -> Provenance {
        let words = env::args_os().map(|word| word.to_string_lossy().into_owned());
        let text = |word: std::ffi::OsString| word.into_string().ok();
        let variables =
            env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?)));
        Provenance {
            git: self.git.clone(),
            machine: machine().clone(),
            device: plan.device.clone(),
            argv: redact::arguments(words),
            working_directory: self.working_directory.clone(),
            environment: redact::environment(variables),
            data_fingerprint: plan.data_fingerprint.clone(),
            packed_fingerprint: plan.packed_fingerprint.clone(),
            split_fingerprint: plan.split_fingerprint.clone(),
            cases: plan.cases.clone(),
            scores: SCORES,
            notes: self.git_problem.iter().map(GitProblem::words).collect(),
        }
    }
}
