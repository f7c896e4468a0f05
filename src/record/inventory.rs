//! [`inventory`]: the runs under `runs`, each once, by the id in its `run.toml`.
//!
//! The id and the experiment in `run.toml` say which run a folder holds; the names of folders do
//! not. A second folder with the id of another is a copy, which no reader counts, and a run in a
//! folder of another name stays the run that it is. Both are told.
//!
//! Does not know what else is in a run.

use super::format::{RunToml, experiment_of, id_of};
use crate::base::{Fault, Result, fs};
use rayon::prelude::*;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Most copies that are named one by one.
const N_NAMED: usize = 4;

/// A run directory and the run that it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunPlace {
    /// The directory.
    pub dir: PathBuf,
    /// Experiment of the run.
    pub experiment: String,
    /// Its id.
    pub run_id: String,
}

/// Runs, and other folders that hold one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Each run once, in order of experiment and run id.
    pub runs: Vec<RunPlace>,
    /// Folders that hold a run of `runs` once more, each with the directory that counts.
    pub copies: Vec<(RunPlace, PathBuf)>,
}

impl RunPlace {
    /// The run in a directory; by the names of the folders where `run.toml` cannot be read.
    pub fn of(dir: &Path) -> Self {
        let (experiment, run_id) = match RunToml::read(dir) {
            Ok(run) => (run.experiment, run.run_id),
            Err(_) => (experiment_of(dir), id_of(dir)),
        };
        Self { dir: dir.to_owned(), experiment, run_id }
    }

    /// Whether the folder is called after the run.
    pub(super) fn has_own_name(&self) -> bool {
        id_of(&self.dir) == self.run_id
    }

    /// Whether it lies in the folder of its experiment.
    pub(super) fn has_own_folder(&self) -> bool {
        experiment_of(&self.dir) == self.experiment
    }

    /// Of folders with one run the least counts: the one called after the run, if possible in the
    /// folder of its experiment.
    fn rank(&self) -> (bool, bool, &Path) {
        (!self.has_own_name(), !self.has_own_folder(), &self.dir)
    }
}

/// Run directories under `runs`, readable or not, copies too, in order of their paths.
///
/// # Errors
/// When there is no such folder, or it cannot be listed.
pub fn list(runs: &Path) -> Result<Vec<PathBuf>> {
    if !runs.exists() {
        let fault = Fault::new(format!("there is no folder `{}` with runs", runs.display()));
        return Err(fault
            .hint("name the folder with `--runs DIR`, or make a first run: `seglab run SPEC`")
            .into());
    }
    let mut dirs = Vec::new();
    for experiment in fs::list_folders(runs)? {
        dirs.extend(fs::list_folders(&experiment)?);
    }
    Ok(dirs)
}

/// The runs under `runs`, readable or not, each once.
///
/// # Errors
/// As [`list`].
pub fn inventory(runs: &Path) -> Result<Inventory> {
    let dirs = list(runs)?;
    Ok(sorted_out(dirs.par_iter().map(|dir| RunPlace::of(dir)).collect()))
}

/// Tells runs from their copies.
pub(super) fn sorted_out(mut places: Vec<RunPlace>) -> Inventory {
    places.sort_by(|a, b| {
        (&a.experiment, &a.run_id, a.rank()).cmp(&(&b.experiment, &b.run_id, b.rank()))
    });
    let mut found = Inventory::default();
    for place in places {
        let same = |last: &&RunPlace| {
            (&last.experiment, &last.run_id) == (&place.experiment, &place.run_id)
        };
        match found.runs.last().filter(same).map(|last| last.dir.clone()) {
            Some(counted) => found.copies.push((place, counted)),
            None => found.runs.push(place),
        }
    }
    found
}

impl Inventory {
    /// What a user should know of copies, and of folders that are not called after what they hold,
    /// a sentence each; of the experiments that are named, or of all when none is.
    pub fn warnings(&self, experiments: &[String]) -> Vec<String> {
        let is_asked =
            |place: &&RunPlace| experiments.is_empty() || experiments.contains(&place.experiment);
        let copies: Vec<_> = self.copies.iter().filter(|(copy, _)| is_asked(&copy)).collect();
        let mut warnings: Vec<String> = copies
            .iter()
            .take(N_NAMED)
            .map(|(copy, counted)| {
                format!(
                    "`{}` is a copy of run `{}` in `{}` and is not counted; `seglab doctor \
                     --repair` sets it aside",
                    copy.dir.display(),
                    copy.run_id,
                    counted.display()
                )
            })
            .collect();
        if copies.len() > N_NAMED {
            let n_more = copies.len() - N_NAMED;
            warnings.push(format!("{n_more} more copies of runs are not counted"));
        }
        let mut strangers: BTreeMap<(&Path, &str), usize> = BTreeMap::new();
        for place in self.runs.iter().filter(is_asked) {
            if !place.has_own_folder()
                && let Some(folder) = place.dir.parent()
            {
                *strangers.entry((folder, place.experiment.as_str())).or_default() += 1;
            } else if !place.has_own_name() {
                let (dir, id) = (place.dir.display(), &place.run_id);
                warnings.push(format!(
                    "`{dir}` is not called after the run in it, and counts as run `{id}`, as its \
                     `run.toml` says"
                ));
            }
        }
        warnings.extend(strangers.into_iter().map(|((folder, experiment), n)| {
            let runs = if n == 1 { "1 run".to_owned() } else { format!("{n} runs") };
            format!(
                "`{}` holds {runs} of experiment `{experiment}`, as `run.toml` says, and counts \
                 as such; to keep them apart, move the folder out of the folder of runs",
                folder.display()
            )
        }));
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(dir: &str, run_id: &str) -> RunPlace {
        RunPlace { dir: dir.into(), experiment: "tiny".into(), run_id: run_id.into() }
    }

    #[test]
    fn of_folders_with_one_run_the_one_with_its_name_counts() {
        let found = sorted_out(vec![
            place("runs/tiny/a-backup", "a"),
            place("runs/tiny/a", "a"),
            place("runs/old/a", "a"),
            place("runs/old/b", "b"),
            place("runs/tiny/kept", "c"),
        ]);
        let counted: Vec<&Path> = found.runs.iter().map(|run| run.dir.as_path()).collect();
        assert_eq!(counted, ["runs/tiny/a", "runs/old/b", "runs/tiny/kept"].map(Path::new));
        let copies: Vec<&Path> = found.copies.iter().map(|(copy, _)| copy.dir.as_path()).collect();
        assert_eq!(copies, ["runs/old/a", "runs/tiny/a-backup"].map(Path::new));
        assert!(found.copies.iter().all(|(_, counted)| counted == Path::new("runs/tiny/a")));
        let told = found.warnings(&[]);
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told[0].starts_with("`runs/old/a` is a copy of run `a` in `runs/tiny/a`"));
        assert!(told[2].starts_with("`runs/tiny/kept` is not called after the run in it"));
        assert!(told[3].starts_with("`runs/old` holds 1 run of experiment `tiny`"), "{told:?}");
        assert!(found.warnings(&["other".to_owned()]).is_empty());
    }

    #[test]
    fn without_the_name_the_first_path_counts_whatever_the_order() {
        let mut places = vec![place("runs/tiny/y", "a"), place("runs/tiny/x", "a")];
        let first = sorted_out(places.clone());
        places.reverse();
        assert_eq!(sorted_out(places), first);
        assert_eq!(first.runs[0].dir, Path::new("runs/tiny/x"));
    }

    #[test]
    fn many_copies_are_counted_and_not_all_named() {
        let copies = (0..9).map(|n| place(&format!("runs/tiny/a{n}"), "a"));
        let found = sorted_out(copies.chain([place("runs/tiny/a", "a")]).collect());
        let told = found.warnings(&[]);
        assert_eq!(told.len(), N_NAMED + 1);
        assert_eq!(told[N_NAMED], "5 more copies of runs are not counted");
    }
}
