//! [`Submitted`]: a job array that was submitted to a scheduler, `jobs/<id>.json`.
//!
//! Does not know how jobs are submitted, or what happened to them.

use super::folder::SweepFolder;
use crate::{
    base::{
        Result,
        checksum::{read_checked, write_checked},
        fs,
    },
    record::{format::now, lock::Owner},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A job array whose tasks are workers of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Submitted {
    /// Number of the array.
    pub job: u64,
    /// Name of the job in the queue.
    pub name: String,
    /// Its number of workers.
    pub n_tasks: usize,
    /// The script of each worker.
    pub script: String,
    /// When it was submitted.
    pub submitted: DateTime<Utc>,
    /// By whom.
    pub by: Owner,
}

impl Submitted {
    /// An array that this process has just submitted.
    pub fn now(job: u64, name: String, n_tasks: usize, script: String) -> Self {
        Self { job, name, n_tasks, script, submitted: now(), by: Owner::this().clone() }
    }

    /// Writes it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, folder: &SweepFolder) -> Result<()> {
        fs::create_folder(&folder.jobs())?;
        write_checked(&folder.jobs().join(format!("{}.json", self.job)), self)
    }

    /// Every array that was submitted for a sweep, the latest last.
    ///
    /// # Errors
    /// When one cannot be read or does not match its checksum.
    pub fn all(folder: &SweepFolder) -> Result<Vec<Self>> {
        if !folder.jobs().is_dir() {
            return Ok(Vec::new());
        }
        let read = fs::list(&folder.jobs())?.into_iter().map(|path| read_checked(&path));
        let mut all: Vec<Self> = read.collect::<Result<_>>()?;
        all.sort_by_key(|submitted| submitted.submitted);
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn arrays_are_found_again_in_the_order_in_which_they_were_submitted() {
        let runs = tempfile::tempdir().unwrap();
        let folder = SweepFolder::new(runs.path(), "tiny");
        assert_eq!(Submitted::all(&folder).unwrap(), []);
        let submit = |job| {
            let submitted = Submitted::now(job, "seglab-tiny".into(), 6, "#!/bin/sh\n".into());
            submitted.keep(&folder).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(2));
            submitted
        };
        let submitted = [submit(20), submit(3)];
        assert_eq!(Submitted::all(&folder).unwrap(), submitted);
        let path = runs.path().join(Path::new("tiny/.sweep/jobs/3.json"));
        fs::truncate(&path, 40).unwrap();
        assert!(Submitted::all(&folder).is_err(), "a torn file is an error");
    }
}
