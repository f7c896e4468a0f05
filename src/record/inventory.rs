//! [`inventory`]: the runs under `runs`, each once, by the id in its `run.toml`.
//!
//! The id and the experiment in `run.toml` say which run a folder holds; the names of folders do
//! not. Of several folders with one id, one counts: the run that has its result, if one has. A run
//! in a folder of another name stays the run that it is. Both are told. A link to a run that counts
//! is nothing of its own.
//!
//! Does not know what else is in a run.

use super::format::{FILES, RunToml, StatusFile, experiment_of, id_of};
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

/// Runs, and other folders with the id of one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Each run once, in order of experiment and run id.
    pub runs: Vec<RunPlace>,
    /// Folders with the id of a run of `runs`, each with the directory that counts: copies of it,
    /// and other runs that were given the same id.
    pub copies: Vec<(RunPlace, PathBuf)>,
    /// Links to a folder of `runs` or `copies`, each with that folder.
    pub links: Vec<(RunPlace, PathBuf)>,
}

impl RunPlace {
    /// The run in a directory; by the names of the folders where `run.toml` cannot be read.
    pub fn of(dir: &Path) -> Self {
        let (experiment, run_id) = if let Ok(run) = RunToml::read(dir) {
            (run.experiment, run.run_id)
        } else {
            let neighbour = linked_neighbour(dir);
            let named = neighbour.as_deref().unwrap_or(dir);
            (experiment_of(named), id_of(named))
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

    fn key(&self) -> (&str, &str) {
        (&self.experiment, &self.run_id)
    }

    /// Of folders with one id the least counts, unless only another has its result: the one called
    /// after the run, if possible in the folder of its experiment.
    fn rank(&self) -> (bool, bool, &Path) {
        (!self.has_own_name(), !self.has_own_folder(), &self.dir)
    }

    fn is_answered(&self) -> bool {
        StatusFile::read(&self.dir).is_ok_and(|file| file.status.is_answered())
    }

    fn is_link(&self) -> bool {
        fs::link_target(&self.dir).is_some()
    }
}

/// The run directory of the same folder of runs that a link leads to.
fn linked_neighbour(dir: &Path) -> Option<PathBuf> {
    fs::link_target(dir)?;
    let real = fs::canonical(dir).ok()?;
    let runs = fs::canonical(dir.parent()?.parent()?).ok()?;
    Some(real).filter(|real| real.parent().and_then(Path::parent) == Some(&runs))
}

/// Whether two folders hold one run, that began once, however far each of them has come.
pub(super) fn is_same_run(one: &Path, other: &Path) -> bool {
    let same = |read: fn(&Path) -> Option<Vec<u8>>| {
        read(one).is_some_and(|found| read(other).as_ref() == Some(&found))
    };
    same(|dir| Some(RunToml::read(dir).ok()?.created.to_rfc3339().into_bytes()))
        || same(|dir| fs::read(&dir.join(FILES)).ok())
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

/// Tells runs from their copies, and from links to them. Only where several folders have one id,
/// more than that is looked at.
pub(super) fn sorted_out(mut places: Vec<RunPlace>) -> Inventory {
    places.sort_by(|a, b| (a.key(), a.rank()).cmp(&(b.key(), b.rank())));
    let mut found = Inventory::default();
    for same in places.chunk_by(|a, b| a.key() == b.key()) {
        match same {
            [one] => found.runs.push(one.clone()),
            several => found.add(several),
        }
    }
    found
}

impl Inventory {
    /// Adds folders with one id, in order of their rank.
    fn add(&mut self, several: &[RunPlace]) {
        let mut folders: Vec<(PathBuf, RunPlace)> = Vec::new();
        let (links, own): (Vec<_>, Vec<_>) = several.iter().cloned().partition(RunPlace::is_link);
        for place in own.into_iter().chain(links) {
            let real = fs::canonical(&place.dir).unwrap_or_else(|_| place.dir.clone());
            match folders.iter().find(|(known, _)| *known == real) {
                Some((_, known)) => self.links.push((place, known.dir.clone())),
                None => folders.push((real, place)),
            }
        }
        folders.sort_by_cached_key(|(_, place)| {
            let (is_renamed, is_elsewhere, dir) = place.rank();
            (!place.is_answered(), is_renamed, is_elsewhere, dir.to_owned())
        });
        let mut folders = folders.into_iter().map(|(_, place)| place);
        if let Some(counted) = folders.next() {
            self.copies.extend(folders.map(|copy| (copy, counted.dir.clone())));
            self.runs.push(counted);
        }
    }

    /// Run directories, readable or not, copies too, in order of their paths; links are left out.
    pub fn dirs(&self) -> Vec<PathBuf> {
        let places = self.runs.iter().chain(self.copies.iter().map(|(copy, _)| copy));
        let mut dirs: Vec<PathBuf> = places.map(|place| place.dir.clone()).collect();
        dirs.sort();
        dirs
    }

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
                let (dir, id) = (copy.dir.display(), &copy.run_id);
                let (what, action) = if is_same_run(&copy.dir, counted) {
                    (
                        "is a copy of run",
                        "`seglab doctor --repair` sets it aside if nothing is lost",
                    )
                } else {
                    ("is another run with the id of run", "keep one of them in the folder of runs")
                };
                let counted = counted.display();
                format!("`{dir}` {what} `{id}` in `{counted}` and is not counted; {action}")
            })
            .collect();
        if copies.len() > N_NAMED {
            let n_more = copies.len() - N_NAMED;
            warnings.push(format!("{n_more} more folders with the id of a run are not counted"));
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
        // Nothing can be read there, so nothing shows that it is a copy.
        let other = "`runs/old/a` is another run with the id of run `a` in `runs/tiny/a` and";
        assert!(told[0].starts_with(other), "{told:?}");
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
        assert_eq!(told[N_NAMED], "5 more folders with the id of a run are not counted");
    }
}
