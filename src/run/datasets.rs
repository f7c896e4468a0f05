//! [`DataSets`]: data sets that several experiments share, each opened once, and what was planned
//! on them.
//!
//! Does not know about sweeps, or why the experiments differ.

use super::plan::Planned;
use crate::{
    base::Result,
    data::{
        dataset::{Dataset, Reading},
        phantom::write_phantom,
        scan::FileCache,
    },
    record,
    spec::{self, Digests, Experiment, Loaded, OrientationPolicy, Preprocess},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Data sets that were opened, for the experiments of one spec.
#[derive(Debug)]
pub struct DataSets {
    phantom_is_meant: bool,
    reading: Reading,
    /// Where earlier runs lie: data are named as they name them.
    runs: Option<PathBuf>,
    opened: Vec<Opened>,
    /// By everything that a plan depends on.
    planned: BTreeMap<String, Planned>,
    digests: Digests,
}

/// Opens the data set of a run that is about to begin, making the phantom first where the spec says
/// so, and splits it. Cases that must be read are prepared in the same reading when
/// `preprocess.cache` keeps them. Data that earlier runs in `runs` used keep their name.
///
/// # Errors
/// Every fault of the data set, or of the split.
pub fn plan(loaded: &Loaded, runs: &Path, cache: FileCache) -> Result<Planned> {
    let rules = &loaded.experiment.preprocess;
    let reading = Reading { cache, prepare: rules.cache.then(|| rules.clone()) };
    DataSets::of(loaded, reading).as_named_in(runs).plan(&loaded.experiment)
}

/// A data set with what it was opened for.
#[derive(Debug)]
struct Opened {
    data: spec::Data,
    orientation: OrientationPolicy,
    dataset: Arc<Dataset>,
    made_phantom: Option<PathBuf>,
}

impl DataSets {
    /// None so far, for the experiments of `loaded`; `reading` says how files are read.
    pub fn of(loaded: &Loaded, reading: Reading) -> Self {
        Self {
            phantom_is_meant: loaded.phantom_is_meant(),
            reading,
            runs: None,
            opened: Vec::new(),
            planned: BTreeMap::new(),
            digests: Digests::default(),
        }
    }

    /// Names data as the runs of the experiment in this folder of all runs do, so that runs keep
    /// their ids.
    #[must_use]
    pub fn as_named_in(mut self, runs: &Path) -> Self {
        self.runs = Some(runs.to_owned());
        self
    }

    /// Lays an experiment over its data. What experiments have in common is done once: of ten
    /// thousand that differ in a learning rate, the first costs something.
    ///
    /// # Errors
    /// Every fault of the data set, or of the split.
    pub fn plan(&mut self, experiment: &Experiment) -> Result<Planned> {
        let key = key(experiment);
        if let Some(planned) = self.planned.get(&key) {
            return Ok(planned.clone());
        }
        let opened = self.open(experiment)?;
        let made_phantom = opened.made_phantom.clone();
        let planned = Planned::of(Arc::clone(&opened.dataset), experiment)?;
        let planned = Planned { made_phantom, ..planned };
        self.planned.insert(key, planned.clone());
        Ok(planned)
    }

    /// The digest of an experiment on its data, as [`Planned::digest`], but with what experiments
    /// have in common done once.
    ///
    /// # Errors
    /// Every fault of the data set, or of the split.
    pub fn digest(&mut self, experiment: &Experiment) -> Result<String> {
        let Planned { dataset, split_fingerprint, .. } = self.plan(experiment)?;
        Ok(self.digests.of(experiment, &dataset.fingerprint, &split_fingerprint))
    }

    /// The data set of an experiment, with the phantom made first where the spec says so.
    fn open(&mut self, experiment: &Experiment) -> Result<&Opened> {
        let (data, orientation) = (&experiment.data, experiment.preprocess.orientation);
        let is_it = |it: &Opened| it.data == *data && it.orientation == orientation;
        let idx = if let Some(idx) = self.opened.iter().position(is_it) {
            idx
        } else {
            let root = Path::new(&data.root);
            let made_phantom = match &data.phantom {
                Some(phantom) if self.phantom_is_meant && holds_nothing(root) => {
                    write_phantom(root, phantom)?;
                    Some(root.to_owned())
                }
                _ => None,
            };
            let mut dataset = Dataset::open(data, orientation, &self.reading)?;
            let packed = &dataset.packed_fingerprint;
            if let Some(runs) = &self.runs
                && record::is_named_by_packed(runs, &experiment.name, packed)?
            {
                dataset.fingerprint.clone_from(&dataset.packed_fingerprint);
            }
            let dataset = Arc::new(dataset);
            let data = data.clone();
            self.opened.push(Opened { data, orientation, dataset, made_phantom });
            self.opened.len() - 1
        };
        Ok(&self.opened[idx])
    }
}

/// Everything of an experiment that [`Planned::of`] looks at.
fn key(experiment: &Experiment) -> String {
    let Experiment { data, split, seed, preprocess, train, .. } = experiment;
    let Preprocess { grid, intensity, orientation, cache: _ } = preprocess;
    let parts = (data, split, seed, orientation, grid, intensity, train.batch);
    // Only a number that is no number could fail here, and no spec can hold one.
    serde_json::to_string(&parts).unwrap_or_default()
}

/// Whether the phantom of some data is still to be made.
pub(super) fn is_phantom_missing(loaded: &Loaded, data: &spec::Data) -> bool {
    data.phantom.is_some() && loaded.phantom_is_meant() && holds_nothing(Path::new(&data.root))
}

/// Whether there is no folder, or an empty one.
fn holds_nothing(root: &Path) -> bool {
    !root.exists() || crate::base::fs::list(root).is_ok_and(|entries| entries.is_empty())
}
