//! [`Surroundings`]: what is known of the folders beside a run, found out once for all runs.
//!
//! Does not know what follows from it.

use super::super::inventory::{Inventory, RunPlace, inventory};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// What is known of the folders beside a run.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Folders that do not count, each with the one that does.
    copies: BTreeMap<PathBuf, PathBuf>,
    /// Links, each with the folder that it leads to.
    links: BTreeMap<PathBuf, PathBuf>,
    /// Runs of sweeps.
    cells: BTreeSet<PathBuf>,
}

impl Surroundings {
    /// As an inventory tells them.
    pub fn of(inventory: &Inventory) -> Self {
        let pairs = |places: &[(RunPlace, PathBuf)]| {
            places.iter().map(|(place, other)| (place.dir.clone(), other.clone())).collect()
        };
        let (copies, links) = (pairs(&inventory.copies), pairs(&inventory.links));
        Self { copies, links, cells: BTreeSet::new() }
    }

    /// Those of one run directory. All runs beside it are read: for many runs, take
    /// [`Surroundings::of`].
    pub(super) fn beside(dir: &Path) -> Self {
        let runs = dir.parent().and_then(Path::parent);
        // In a folder that cannot be listed nothing is known to be a copy.
        runs.and_then(|runs| inventory(runs).ok()).map(|found| Self::of(&found)).unwrap_or_default()
    }

    /// Says which directories hold runs of sweeps: these are continued by `seglab sweep run`.
    #[must_use]
    pub fn with_cells(mut self, cells: impl IntoIterator<Item = PathBuf>) -> Self {
        self.cells.extend(cells);
        self
    }

    /// The directory that counts in place of a copy; `None` for one that counts itself.
    pub fn counted(&self, dir: &Path) -> Option<&Path> {
        self.copies.get(dir).map(PathBuf::as_path)
    }

    /// The folder that a link leads to.
    pub(super) fn linked(&self, dir: &Path) -> Option<&Path> {
        self.links.get(dir).map(PathBuf::as_path)
    }

    /// Whether the run belongs to a sweep.
    pub(super) fn is_cell(&self, dir: &Path) -> bool {
        self.cells.contains(dir)
    }
}
