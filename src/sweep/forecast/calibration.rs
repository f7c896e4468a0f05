//! [`Paces`]: how fast cells of each kind go, measured once and kept beside the runs.
//!
//! Does not know how a calibration works: that is up to the process it starts.

use super::{
    cost::{Measured, pace_key},
    work::Work,
};
use crate::{
    base::{Error, Fault, Result, fs},
    record,
    run::Planned,
    spec::Experiment,
    sweep::{slot::Slot, store::SweepFolder},
    train::RunProfile,
};
use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Of more kinds of cells than this, only some are measured.
const MOST_MEASURED: usize = 6;
/// Lines of error messages of a failed calibration that are passed on.
const N_LINES: usize = 12;

/// Where and how to calibrate.
#[derive(Debug)]
pub(super) struct Calibration<'a> {
    /// Where results are kept.
    folder: PathBuf,
    slot: &'a Slot,
    /// Hash of this program: another build has other times.
    program: String,
    /// Whether to measure what is not known; otherwise only kept results count.
    may_measure: bool,
}

/// How fast cells go, by [`pace_key`].
#[derive(Debug, Default)]
pub(super) struct Paces {
    known: BTreeMap<String, (Work, Measured)>,
}

impl Paces {
    /// The paces of some experiments: those that were kept, and those measured now. `say` gets
    /// what is going on, and which cell could not be calibrated.
    pub(super) fn of<'e>(
        experiments: impl Iterator<Item = (&'e Experiment, &'e Planned)>,
        calibration: &Calibration<'_>,
        say: &mut dyn FnMut(&str),
    ) -> Self {
        let mut kinds: BTreeMap<String, (Work, &Experiment)> = BTreeMap::new();
        for (experiment, planned) in experiments {
            let key = pace_key(experiment, &planned.dataset.fingerprint);
            kinds.entry(key).or_insert_with(|| (Work::of(experiment), experiment));
        }
        let mut sorted: Vec<(String, (Work, &Experiment))> = kinds.into_iter().collect();
        sorted.sort_by(|(_, (one, _)), (_, (other, _))| one.time.total_cmp(&other.time));
        // Evenly from the least work to the most.
        let (last, n_measured) = (sorted.len().saturating_sub(1), sorted.len().min(MOST_MEASURED));
        let chosen: Vec<usize> =
            (0..n_measured).map(|idx| idx * last / (n_measured - 1).max(1)).collect();
        let mut paces = Self::default();
        for (rank, (key, (work, experiment))) in sorted.into_iter().enumerate() {
            let turn = chosen.iter().position(|chosen| *chosen == rank);
            if let (None, Some(turn), true) =
                (calibration.kept(&key), turn, calibration.may_measure)
            {
                say(&format!("calibrating {} of {n_measured} kinds of cells", turn + 1));
                if let Err(error) = calibration.measure(&key, experiment) {
                    say(&format!("warning: a cell could not be calibrated: {error}"));
                }
            }
            if let Some(measured) = calibration.kept(&key) {
                paces.known.insert(key, (work, measured));
            }
        }
        paces
    }

    /// The pace of an experiment: measured, or scaled from the measured one whose work is the
    /// nearest; `None` when none was measured.
    pub(super) fn get(&self, experiment: &Experiment, planned: &Planned) -> Option<Measured> {
        match self.known.get(&pace_key(experiment, &planned.dataset.fingerprint)) {
            Some((_, measured)) => Some(measured.clone()),
            None => self.scaled(Work::of(experiment)),
        }
    }

    fn scaled(&self, work: Work) -> Option<Measured> {
        let distance = |(known, _): &&(Work, Measured)| (known.time / work.time).ln().abs();
        let nearest = self.known.values();
        let (known, measured) =
            nearest.min_by(|one, other| distance(one).total_cmp(&distance(other)))?;
        let pace = &measured.pace;
        let time = work.time / known.time;
        // What a process needs beside its activations does not shrink with them.
        let memory = (work.memory / known.memory).max(1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes")]
        let bytes = |bytes: u64| (bytes as f64 * memory) as u64;
        let pace = RunProfile {
            batch: pace.batch * time,
            valid_case: pace.valid_case * time,
            memory_bytes: pace.memory_bytes.map(bytes),
            device_bytes: pace.device_bytes.map(bytes),
            ..pace.clone()
        };
        Some(Measured { pace, ..measured.clone() })
    }
}

impl<'a> Calibration<'a> {
    pub(super) fn new(folder: &SweepFolder, slot: &'a Slot, may_measure: bool) -> Self {
        let program = record::machine().binary.clone().unwrap_or_default();
        Self { folder: folder.costs(), slot, program, may_measure }
    }

    /// Where the result for a kind is kept: that of another device or program has another name.
    fn path(&self, key: &str) -> PathBuf {
        let Slot { device, threads } = self.slot;
        let program = &self.program;
        let hash = blake3::hash(format!("{device}\n{threads}\n{program}").as_bytes());
        self.folder.join(format!("{key}-{}.json", &hash.to_hex()[..8]))
    }

    fn kept(&self, key: &str) -> Option<Measured> {
        serde_json::from_slice(&fs::read(&self.path(key)).ok()?).ok()
    }

    /// Calibrates in a process of its own, whose memory is that of the cell alone, and keeps the
    /// result.
    fn measure(&self, key: &str, experiment: &Experiment) -> Result<()> {
        let scratch = self.folder.join(format!("{key}.{}.tmp", std::process::id()));
        fs::create_folder(&scratch)?;
        let spec = scratch.join("cell.toml");
        let printed = fs::write_atomic(&spec, experiment.to_toml().as_bytes())
            .and_then(|()| self.run(&spec, &scratch));
        fs::remove_folder(&scratch)?;
        fs::write_cache(&self.path(key), &printed?)
    }

    /// What the process of a calibration prints.
    fn run(&self, spec: &Path, scratch: &Path) -> Result<Vec<u8>> {
        let failed = |what: &str, error: &dyn std::error::Error| {
            Error::run(Fault::new(what.to_owned()).detail(error.to_string()))
        };
        let program =
            env::current_exe().map_err(|error| failed("cannot find this program", &error))?;
        let output = Command::new(program)
            .args(["sweep", "calibrate"])
            .arg(spec)
            .args(["--device", &self.slot.device.to_string(), "--scratch"])
            .arg(scratch)
            .env("RAYON_NUM_THREADS", self.slot.threads.to_string())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| failed("cannot start a calibration", &error))?;
        if let (true, Ok(Measured { .. })) =
            (output.status.success(), serde_json::from_slice(&output.stdout))
        {
            return Ok(output.stdout);
        }
        let fault = Fault::new(format!("the calibration failed: {}", output.status));
        let errors = String::from_utf8_lossy(&output.stderr);
        let lines = errors.lines().filter(|line| !line.trim().is_empty()).take(N_LINES);
        Err(Error::run(lines.fold(fault, |fault, line| fault.detail(line.trim_end()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_was_not_measured_is_scaled_from_the_nearest() {
        let known = |time: f64, batch: f64, memory: u64| {
            let pace = RunProfile {
                first_batch: 0.0,
                batch,
                valid_case: 1.0,
                prepared_case: 1.0,
                scored_case: 1.0,
                checkpoint: 1.0,
                train_voxels: 100.0,
                valid_voxels: 100.0,
                n_prepared: 5,
                memory_bytes: Some(memory),
                device_bytes: None,
            };
            let measured = Measured { device: "CPU".into(), start: 1.0, pace };
            (Work { time, memory: time }, measured)
        };
        let known = [("a", known(1.0, 10.0, 100)), ("b", known(4.0, 30.0, 200))];
        let paces = Paces { known: known.map(|(key, it)| (key.to_owned(), it)).into() };
        let pace = |time| paces.scaled(Work { time, memory: time }).unwrap().pace;
        let larger = pace(8.0);
        assert_eq!((larger.batch.to_bits(), larger.memory_bytes), (60.0_f64.to_bits(), Some(400)));
        let smaller = pace(0.5);
        assert_eq!((smaller.batch.to_bits(), smaller.memory_bytes), (5.0_f64.to_bits(), Some(100)));
        assert_eq!(smaller.device_bytes, None);
        assert!(Paces::default().scaled(Work { time: 1.0, memory: 1.0 }).is_none());
    }
}
