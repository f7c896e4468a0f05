//! [`waste`]: what of a run is not needed any more, by a stated policy.
//!
//! | run | what could go |
//! |---|---|
//! | alive | nothing |
//! | can still go on | checkpoints set aside as damaged, and what killed processes left half made |
//! | ended | these, and every checkpoint that [`Keep`] does not name; one always stays |
//!
//! Does not know who asks.

use super::{
    checkpoint::{self, StoredCheckpoint, checkpoints},
    format::{CHECKPOINTS, RESOLVED},
    lock::live_status,
};
use crate::base::{Result, fs};
use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Which checkpoints of an ended run stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The best one.
    Best,
    /// The best one and the last one, with which the run can be extended.
    Last,
    /// All of them.
    All,
}

/// Something that could go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// File or folder.
    pub path: PathBuf,
    /// Bytes it takes.
    pub bytes: u64,
    /// Why it is not needed.
    pub reason: &'static str,
}

/// What could go of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waste {
    /// The run directory.
    pub dir: PathBuf,
    /// What could go; empty when everything is needed.
    pub items: Vec<Item>,
    /// Why nothing was looked at, when nothing was.
    pub spared: Option<String>,
}

/// A folder of half-made files is a dead process's only when nothing changed in it for so long;
/// making a run directory takes less than a second.
const LEFT_BEHIND: Duration = Duration::from_hours(1);

/// What could go of the run in `dir`. `older_than` spares runs that were worked on since.
///
/// # Errors
/// When a folder cannot be listed.
pub fn waste(dir: &Path, keep: Keep, older_than: Option<Duration>) -> Result<Waste> {
    let mut waste = Waste { dir: dir.to_owned(), items: Vec::new(), spared: None };
    let Ok(standing) = live_status(dir) else {
        waste.spared = Some("it cannot be read: `seglab doctor` says more".to_owned());
        return Ok(waste);
    };
    if standing.alive {
        waste.spared = Some("it is being worked on".to_owned());
        return Ok(waste);
    }
    let updated = SystemTime::from(standing.status.updated);
    if older_than.is_some_and(|age| !is_older(updated, age)) {
        waste.spared = Some("it was worked on recently".to_owned());
        return Ok(waste);
    }
    let folder = dir.join(CHECKPOINTS);
    if folder.is_dir() {
        for path in fs::list_all(&folder)? {
            if fs::name(&path).starts_with("damaged-") {
                waste.items.push(item(path, "damaged, set aside"));
            } else if is_leftover(&path) {
                waste.items.push(item(path, "half made"));
            }
        }
    }
    let leftovers = fs::list_all(dir)?.into_iter().filter(|path| is_leftover(path));
    waste.items.extend(leftovers.map(|path| item(path, "half made")));
    if standing.status.status.is_final() {
        let every = asked_for(dir);
        let is_asked_for = |kept: &StoredCheckpoint| {
            kept.position.is_some_and(|position| {
                every.is_some_and(|every| {
                    position.batches == 0 && position.epoch.is_multiple_of(every)
                })
            })
        };
        for kept in needless(checkpoints(dir)?, keep).into_iter().filter(|kept| !is_asked_for(kept))
        {
            waste.items.push(item(kept.path, "neither the best nor asked for"));
        }
    }
    Ok(waste)
}

/// Half-made run directories of processes that were killed, in all experiments under `runs`.
///
/// # Errors
/// When a folder cannot be listed.
pub fn left_behind(runs: &Path) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    for experiment in fs::list(runs)?.into_iter().filter(|path| path.is_dir()) {
        for path in fs::list_all(&experiment)?.into_iter().filter(|path| is_leftover(path)) {
            if is_older(fs::modified(&path)?, LEFT_BEHIND) {
                items.push(item(path, "a run that never started"));
            }
        }
    }
    Ok(items)
}

/// Removes one thing. The pointers name what stays before a checkpoint goes.
///
/// # Errors
/// When it cannot be removed.
pub fn remove(item: &Item) -> Result<()> {
    checkpoint::point_past(&item.path)?;
    if item.path.is_dir() { fs::remove_folder(&item.path) } else { fs::remove_file(&item.path) }
}

pub(super) fn item(path: PathBuf, reason: &'static str) -> Item {
    Item { bytes: fs::tree_bytes(&path), path, reason }
}

/// Whether a time lies further back than `age`; a time to come does not.
pub(super) fn is_older(time: SystemTime, age: Duration) -> bool {
    fs::now().duration_since(time).is_ok_and(|passed| passed >= age)
}

/// The spec's `checkpoint.keep-every`: the checkpoint of every so many epochs stays.
fn asked_for(dir: &Path) -> Option<usize> {
    let text = fs::read_text(&dir.join(RESOLVED)).ok()?;
    let resolved: toml::Table = text.parse().ok()?;
    let every = resolved.get("checkpoint")?.get("keep-every")?.as_integer()?;
    usize::try_from(every).ok().filter(|every| *every > 0)
}

/// Checkpoints that the policy does not keep. The newest readable one stays when there is no best.
fn needless(all: Vec<StoredCheckpoint>, keep: Keep) -> Vec<StoredCheckpoint> {
    let has_best = all.iter().any(|kept| kept.is_best);
    all.into_iter()
        .filter(|kept| match keep {
            Keep::All => false,
            Keep::Last => !(kept.is_best || kept.is_last),
            Keep::Best => !(kept.is_best || kept.is_last && !has_best),
        })
        // What cannot be read is for the doctor to judge.
        .filter(|kept| kept.position.is_some())
        .collect()
}

/// `.NAME.tmp`, as everything is called that is not yet or no longer there.
fn is_leftover(path: &Path) -> bool {
    fs::name(path).starts_with('.') && path.extension().is_some_and(|end| end == "tmp")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::checkpoint::Position;

    fn kept(epoch: usize, is_best: bool, is_last: bool) -> StoredCheckpoint {
        let position = Some(Position { epoch, step: epoch, batches: 0, best_epoch: 2 });
        StoredCheckpoint { path: epoch.to_string().into(), position, bytes: 1, is_best, is_last }
    }

    fn gone(all: &[StoredCheckpoint], keep: Keep) -> Vec<String> {
        needless(all.to_vec(), keep).iter().map(|kept| fs::name(&kept.path)).collect()
    }

    #[test]
    fn the_policy_names_what_stays_and_one_always_does() {
        let all = [kept(1, false, false), kept(2, true, false), kept(3, false, true)];
        assert_eq!(gone(&all, Keep::Best), ["1", "3"]);
        assert_eq!(gone(&all, Keep::Last), ["1"]);
        assert!(gone(&all, Keep::All).is_empty());
        let no_best = [kept(1, false, false), kept(3, false, true)];
        assert_eq!(gone(&no_best, Keep::Best), ["1"]);
        let unreadable = StoredCheckpoint { position: None, ..kept(1, false, false) };
        assert!(gone(&[unreadable], Keep::Best).is_empty());
    }

    #[test]
    fn only_half_made_things_are_leftovers() {
        for (name, expected) in [
            (".attempt-1.tmp", true),
            (".status.json.17-0.tmp", true),
            (".reserve", false),
            ("notes.tmp", false),
        ] {
            assert_eq!(is_leftover(Path::new(name)), expected, "{name}");
        }
    }
}
