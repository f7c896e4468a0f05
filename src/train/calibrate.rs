//! [`calibrate`]: times the parts of a run on a few of its cases.
//!
//! The same code as in a run trains, validates, saves and scores. The cases are the largest ones:
//! what fits with them fits with all.
//!
//! Does not know how long a run is, or about sweeps.

use super::{
    Cases, Host, MODEL_FILE, Start, TrainingState,
    device::ComputeDevice,
    session::{load_predictor, train},
};
use crate::{
    base::{Error, Fault, Result, crash, fs, proc},
    data::{
        cases::PreparedCases,
        dataset::{Case, Dataset},
        prepare::training_shape,
        split::Parts,
    },
    event::{Event, Listen, Split, Stop},
    infer::{SplitCase, evaluate},
    model::classify_panic,
    spec::{self, Experiment},
    statistics::median,
};
use serde::{Deserialize, Serialize};
use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    process::Command,
    rc::Rc,
    sync::Arc,
    time::Instant,
};

/// Batches that are trained, at least; the first warms up.
const N_BATCHES: usize = 4;
/// GPU memory of a process besides its tensors, where the driver does not tell.
const CONTEXT: u64 = 512 << 20;

/// Seconds and bytes of memory that the parts of a run take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RunProfile {
    /// The first batch, beyond a later one: a GPU's kernels are compiled in it.
    pub first_batch: f64,
    /// From one training batch to the next, loading included.
    pub batch: f64,
    /// Validation of a case.
    pub valid_case: f64,
    /// Reading and preparing a case.
    pub prepared_case: f64,
    /// Scoring a case on its native grid, reading included.
    pub scored_case: f64,
    /// A checkpoint.
    pub checkpoint: f64,
    /// Mean voxels, on the training grid, of the training cases behind `batch`.
    pub train_voxels: f64,
    /// Voxels of the case behind `valid_case` and `scored_case`.
    pub valid_voxels: f64,
    /// Cases that were in memory.
    pub n_prepared: usize,
    /// Most memory that the process had; `None` where the system does not say.
    pub memory_bytes: Option<u64>,
    /// Memory of the GPU that the process had; `None` on the CPU.
    pub device_bytes: Option<u64>,
}

/// Trains, validates, saves and scores a little. `scratch` is an empty folder; what is left in it
/// is of no use.
///
/// # Errors
/// Whatever would end a run: a case that cannot be prepared, a device that fails, a loss that is
/// not finite, a full disk.
pub fn calibrate(
    experiment: &Experiment,
    dataset: &Arc<Dataset>,
    parts: &Parts,
    chosen: &ComputeDevice,
    scratch: &Path,
) -> Result<RunProfile> {
    let work = || measure(experiment, dataset, parts, chosen, scratch);
    crash::catch("the calibration", work).map_err(classify_panic)
}

fn measure(
    experiment: &Experiment,
    dataset: &Arc<Dataset>,
    parts: &Parts,
    chosen: &ComputeDevice,
    scratch: &Path,
) -> Result<RunProfile> {
    let batch = experiment.train.batch;
    let n_batches = (parts.train.len() / batch).clamp(1, N_BATCHES);
    let train_cases = largest(dataset, &parts.train, experiment, n_batches * batch);
    let valid_cases = largest(dataset, &parts.valid, experiment, 1);
    let [train_voxels, valid_voxels] =
        [&train_cases, &valid_cases].map(|cases| mean_voxels(cases, experiment));
    let prepared = |cases: &[&Case]| {
        let names: Vec<String> = cases.iter().map(|case| case.id.clone()).collect();
        Arc::new(PreparedCases::new(Arc::clone(dataset), &names, &experiment.preprocess))
    };
    let cases = Cases { train: prepared(&train_cases), valid: prepared(&valid_cases), n_test: 0 };
    let mut preparing = Vec::new();
    for part in [&cases.train, &cases.valid] {
        for idx in 0..part.len() {
            let began = Instant::now();
            part.get(idx)?;
            preparing.push(began.elapsed().as_secs_f64());
        }
    }

    let few = few(experiment, N_BATCHES.div_ceil(n_batches));
    let watch = Rc::new(RefCell::new(Stopwatch::new(scratch)));
    let host: Rc<RefCell<dyn Host>> = Rc::clone(&watch) as _;
    train(&few, &cases, chosen, scratch, host, &Start::default())?;
    let watch = watch.borrow();
    let last = watch
        .last
        .as_ref()
        .ok_or_else(|| Error::run(Fault::new("training ended without a checkpoint")))?;
    let predictor = load_predictor(&few, &last.join(MODEL_FILE), &chosen.device)?;
    let mut scoring = Vec::new();
    for case in &valid_cases {
        let case = SplitCase { case, split: Split::Valid };
        let began = Instant::now();
        evaluate(&few, dataset, &predictor, case, 1)?;
        scoring.push(began.elapsed().as_secs_f64());
    }
    let (first, later) = watch.steps.split_at(1.min(watch.steps.len()));
    let of_batch = median(later);
    Ok(RunProfile {
        first_batch: first.first().map_or(0.0, |first| (first - of_batch).max(0.0)),
        batch: of_batch,
        valid_case: median(&watch.validations),
        prepared_case: median(&preparing),
        scored_case: median(&scoring),
        checkpoint: median(&watch.checkpoints),
        train_voxels,
        valid_voxels,
        n_prepared: preparing.len(),
        memory_bytes: proc::memory_peak(),
        device_bytes: chosen.id.is_gpu().then(|| device_bytes(chosen)).flatten(),
    })
}

/// Voxels of a case on the training grid.
pub fn training_voxels(case: &Case, rules: &spec::Preprocess) -> f64 {
    training_shape(case.shape, case.spacing, rules).iter().map(|side| *side as f64).product()
}

/// Mean voxels of cases on the training grid.
fn mean_voxels(cases: &[&Case], experiment: &Experiment) -> f64 {
    let voxels = cases.iter().map(|case| training_voxels(case, &experiment.preprocess));
    voxels.sum::<f64>() / cases.len().max(1) as f64
}

/// The cases with the most voxels on the training grid, by name where they have as many.
fn largest<'a>(
    dataset: &'a Dataset,
    names: &[String],
    experiment: &Experiment,
    most: usize,
) -> Vec<&'a Case> {
    let voxels = |case: &Case| training_voxels(case, &experiment.preprocess);
    let mut cases: Vec<&Case> = names.iter().filter_map(|name| dataset.case(name)).collect();
    cases.sort_by(|one, other| voxels(other).total_cmp(&voxels(one)));
    cases.truncate(most);
    cases
}

/// The experiment, a few batches long; each is a step, so that each is timed.
fn few(experiment: &Experiment, epochs: usize) -> Experiment {
    let few = experiment.clone();
    Experiment {
        train: spec::Train { epochs, patience: 0, accumulate: 1, walltime: None, ..few.train },
        checkpoint: spec::Checkpoint::default(),
        ..few
    }
}

/// Bytes of the GPU that this process has: from the driver where it tells, which it does not
/// inside some containers, and else what the tensors have with what a process takes beside them.
fn device_bytes(chosen: &ComputeDevice) -> Option<u64> {
    let asked = Command::new("nvidia-smi")
        .args(["--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"])
        .output();
    let told = asked
        .ok()
        .and_then(|output| used_by(std::process::id(), &String::from_utf8_lossy(&output.stdout)));
    let reserved = || Some(chosen.device.memory_pool_usage()?.bytes_reserved + CONTEXT);
    told.or_else(reserved)
}

/// Bytes of a process in a list of `pid, MiB`.
fn used_by(pid: u32, listing: &str) -> Option<u64> {
    let mib = |line: &str| {
        let (owner, mib) = line.split_once(',')?;
        (owner.trim().parse() == Ok(pid)).then(|| mib.trim().parse::<u64>().ok())?
    };
    listing.lines().find_map(mib).map(|mib| mib << 20)
}

/// Notes how long things take.
struct Stopwatch {
    scratch: PathBuf,
    steps: Vec<f64>,
    validations: Vec<f64>,
    checkpoints: Vec<f64>,
    last: Option<PathBuf>,
}

impl Stopwatch {
    fn new(scratch: &Path) -> Self {
        let scratch = scratch.to_owned();
        Self {
            scratch,
            steps: Vec::new(),
            validations: Vec::new(),
            checkpoints: Vec::new(),
            last: None,
        }
    }
}

impl Listen for Stopwatch {
    fn hear(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::Step { seconds, .. } => self.steps.push(*seconds),
            Event::Epoch { seconds: [_, validation], .. } => self.validations.push(*validation),
            Event::Checkpoint { seconds, .. } => self.checkpoints.push(*seconds),
            _ => {}
        }
        Ok(())
    }
}

impl Host for Stopwatch {
    fn commit(
        &mut self,
        state: &TrainingState,
        write: &mut dyn FnMut(&Path) -> Result<()>,
    ) -> Result<()> {
        let folder = self.scratch.join(state.epoch.to_string());
        fs::create_folder(&folder)?;
        write(&folder)?;
        if let Some(before) = self.last.replace(folder) {
            fs::remove_folder(&before)?;
        }
        Ok(())
    }

    fn stop_asked(&self) -> Option<Stop> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_found_among_those_of_a_gpu() {
        let listing = "17, 4000\n1234, 1536\n";
        assert_eq!(used_by(1234, listing), Some(1536 << 20));
        assert_eq!(used_by(123, listing), None);
        assert_eq!(used_by(1234, "1234, [N/A]\n"), None);
        assert_eq!(used_by(1234, ""), None);
    }
}
