//! [`Timings`]: how fast cells go, measured once for each kind of cell and kept beside the runs.
//!
//! Where there are many kinds, the cheapest, the dearest and some between are measured, and the
//! others lie between their neighbours.
//!
//! Knows nothing of how a calibration works; that is for the process it starts.

use super::{Load, Measured, cost_key};
use crate::{
    base::{Error, Fault, Result, fs},
    run::Planned,
    spec::Experiment,
    train::{Pace, device::Choice, training_voxels},
};
use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// More kinds of cells than this are not all measured.
const MOST_MEASURED: usize = 6;
/// Lines of a failed calibration's messages that are passed on.
const N_TOLD: usize = 12;

/// Where and how to calibrate.
#[derive(Debug)]
pub struct Calibration<'a> {
    /// Folder in which paces are kept.
    pub folder: &'a Path,
    /// Where cells will compute.
    pub device: Choice,
    /// Threads that a cell may use.
    pub threads: usize,
    /// Hash of the program: another one has another pace.
    pub program: &'a str,
    /// Whether to measure what is not known; else what was kept must do.
    pub may_measure: bool,
}

/// Timings by what they depend on.
#[derive(Debug, Default)]
pub struct Timings {
    known: BTreeMap<String, Known>,
}

/// A kind of cell that was measured.
#[derive(Debug, Clone)]
struct Known {
    kind: Kind,
    measured: Measured,
}

/// How much a kind of cell has to do.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Kind {
    /// With its largest training case.
    load: Load,
    voxels: f64,
}

impl Kind {
    fn of(experiment: &Experiment, planned: &Planned) -> Self {
        let names = planned.parts.train.iter();
        let cases = names.filter_map(|name| planned.dataset.case(name));
        let voxels = cases.map(|case| training_voxels(case, &experiment.preprocess));
        let voxels = voxels.fold(1.0, f64::max);
        Self { load: Load::of(experiment, voxels), voxels }
    }

    /// What the time of a voxel grows with.
    fn time(&self) -> f64 {
        self.load.time / self.voxels
    }
}

impl Timings {
    /// The paces of some experiments: those that were kept, and those measured now. `say` hears
    /// what goes on, and which cell could not be calibrated.
    ///
    /// # Errors
    /// When what is measured cannot be kept.
    pub fn of<'e>(
        experiments: impl IntoIterator<Item = (&'e Experiment, &'e Planned)>,
        calibration: &Calibration<'_>,
        say: &mut dyn FnMut(&str),
    ) -> Result<Self> {
        let mut kinds: BTreeMap<String, (Kind, &Experiment)> = BTreeMap::new();
        for (experiment, planned) in experiments {
            let key = cost_key(experiment, &planned.dataset.fingerprint);
            kinds.entry(key).or_insert_with(|| (Kind::of(experiment, planned), experiment));
        }
        let mut sorted: Vec<(String, (Kind, &Experiment))> = kinds.into_iter().collect();
        sorted.sort_by(|(_, (one, _)), (_, (other, _))| one.time().total_cmp(&other.time()));
        let chosen = spread(sorted.len());
        let mut paces = Self::default();
        for (rank, (key, (kind, experiment))) in sorted.into_iter().enumerate() {
            let path = calibration.path(&key);
            let kept = kept(&path);
            let measured = match kept {
                Some(measured) => measured,
                None if calibration.may_measure && chosen.contains(&rank) => {
                    say(&format!("calibrating {} of {} kinds of cells", rank + 1, chosen.len()));
                    match calibration.measure(&key, experiment) {
                        Ok(measured) => {
                            keep(&path, &measured)?;
                            measured
                        }
                        Err(error) => {
                            say(&format!("warning: a cell could not be calibrated: {error}"));
                            continue;
                        }
                    }
                }
                None => continue,
            };
            paces.known.insert(key, Known { kind, measured });
        }
        Ok(paces)
    }

    /// The pace of an experiment: measured, or between those that were; `None` when none was.
    pub fn get(&self, experiment: &Experiment, planned: &Planned) -> Option<Measured> {
        let key = cost_key(experiment, &planned.dataset.fingerprint);
        match self.known.get(&key) {
            Some(known) => Some(known.measured.clone()),
            None => self.between(Kind::of(experiment, planned)),
        }
    }

    fn between(&self, kind: Kind) -> Option<Measured> {
        let distance = |known: &&Known| (known.kind.time() - kind.time()).abs();
        let nearest =
            self.known.values().min_by(|one, other| distance(one).total_cmp(&distance(other)))?;
        let near = &nearest.measured.pace;
        let along = |x: f64, axis: &dyn Fn(&Kind) -> f64, part: &dyn Fn(&Pace) -> f64| {
            let points = self.known.values().map(|it| (axis(&it.kind), part(&it.measured.pace)));
            between(points.collect(), x)
        };
        let time = |part: &dyn Fn(&Pace) -> f64| along(kind.time(), &Kind::time, part);
        let memory = |part: fn(&Pace) -> Option<u64>| {
            part(near)?;
            let bytes = along(kind.load.memory, &|kind| kind.load.memory, &|pace| {
                part(pace).map_or(0.0, |bytes| bytes as f64)
            });
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes")]
            Some(bytes as u64)
        };
        let pace = Pace {
            first_batch: time(&|pace| pace.first_batch),
            batch: time(&|pace| pace.batch / pace.train_voxels) * near.train_voxels,
            valid_case: time(&|pace| pace.valid_case / pace.valid_voxels) * near.valid_voxels,
            checkpoint: time(&|pace| pace.checkpoint),
            memory_bytes: memory(|pace| pace.memory_bytes),
            device_bytes: memory(|pace| pace.device_bytes),
            ..near.clone()
        };
        Some(Measured { pace, ..nearest.measured.clone() })
    }
}

impl Calibration<'_> {
    /// Where the pace of a kind is kept: that of another device or program has another name.
    fn path(&self, key: &str) -> PathBuf {
        let Self { device, threads, program, .. } = self;
        let where_and_what = blake3::hash(format!("{device}\n{threads}\n{program}").as_bytes());
        self.folder.join(format!("{key}-{}.json", &where_and_what.to_hex()[..8]))
    }

    /// Calibrates in a process of its own, whose memory is that of the cell alone.
    fn measure(&self, key: &str, experiment: &Experiment) -> Result<Measured> {
        let program = env::current_exe().map_err(|error| {
            Error::run(Fault::new("cannot find this program").caused_by(&error))
        })?;
        let scratch = self.folder.join(format!("{key}.{}.tmp", std::process::id()));
        fs::create_folder(&scratch)?;
        let spec = scratch.join("cell.toml");
        let measured = fs::write_atomic(&spec, experiment.to_toml().as_bytes())
            .and_then(|()| self.ask(&program, &spec, &scratch));
        fs::remove_folder(&scratch)?;
        measured
    }

    fn ask(&self, program: &Path, spec: &Path, scratch: &Path) -> Result<Measured> {
        let output = Command::new(program)
            .args(["sweep", "calibrate"])
            .arg(spec)
            .args(["--device", &self.device.to_string(), "--scratch"])
            .arg(scratch)
            .env("RAYON_NUM_THREADS", self.threads.to_string())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| {
                Error::run(Fault::new("cannot start a calibration").caused_by(&error))
            })?;
        let failed = |fault: Fault| {
            let told = String::from_utf8_lossy(&output.stderr);
            let lines = told.lines().filter(|line| !line.trim().is_empty()).take(N_TOLD);
            Error::run(lines.fold(fault, |fault, line| fault.detail(line.trim_end())))
        };
        if !output.status.success() {
            return Err(failed(Fault::new(format!("the calibration ended: {}", output.status))));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| {
            failed(Fault::new("the calibration printed something else").caused_by(&error))
        })
    }
}

fn kept(path: &Path) -> Option<Measured> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn keep(path: &Path, measured: &Measured) -> Result<()> {
    let text = serde_json::to_vec_pretty(measured).map_err(|error| {
        Error::run(Fault::new(format!("cannot pack `{}`", path.display())).caused_by(&error))
    })?;
    fs::write_cache(path, &text)
}

/// Which of `n` sorted kinds to measure: the ends, and some between.
fn spread(n: usize) -> Vec<usize> {
    if n <= MOST_MEASURED {
        return (0..n).collect();
    }
    let last = MOST_MEASURED - 1;
    (0..MOST_MEASURED).map(|idx| (idx * (n - 1) + last / 2) / last).collect()
}

/// The value at `x` on the line between its neighbours; that of the nearest beyond the ends.
fn between(mut points: Vec<(f64, f64)>, x: f64) -> f64 {
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    let below = points.iter().rev().find(|point| point.0 <= x);
    let above = points.iter().find(|point| point.0 > x);
    match (below, above) {
        (Some(below), Some(above)) => {
            below.1 + (above.1 - below.1) * (x - below.0) / (above.0 - below.0)
        }
        (Some(point), None) | (None, Some(point)) => point.1,
        (None, None) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_some_between_are_measured() {
        assert_eq!(spread(4), [0, 1, 2, 3]);
        assert_eq!(spread(11), [0, 2, 4, 6, 8, 10]);
        let many = spread(100);
        assert_eq!((many.len(), many[0], many[5]), (6, 0, 99));
    }

    #[test]
    fn a_kind_that_was_not_measured_lies_between_its_neighbours() {
        let points = vec![(4.0, 40.0), (1.0, 10.0), (2.0, 10.0)];
        for (x, y) in [(0.5, 10.0), (1.0, 10.0), (3.0, 25.0), (9.0, 40.0)] {
            assert!((between(points.clone(), x) - y).abs() < 1e-12, "{x}");
        }
        let known = |widths: f64, batch: f64, memory: u64| Known {
            kind: Kind { load: Load { time: 100.0 * widths, memory: widths }, voxels: 100.0 },
            measured: Measured {
                device: "CPU".into(),
                start: 1.0,
                pace: Pace {
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
                },
            },
        };
        let known = [("a", known(1.0, 10.0, 100)), ("b", known(3.0, 30.0, 200))];
        let paces = Timings { known: known.map(|(key, it)| (key.to_owned(), it)).into() };
        let load = Load { time: 400.0, memory: 2.0 };
        let pace = paces.between(Kind { load, voxels: 200.0 }).unwrap().pace;
        // Twice the voxels of the others: as long a voxel, whatever the nearest has.
        assert!((pace.batch / pace.train_voxels - 0.2).abs() < 1e-12, "{pace:?}");
        assert_eq!((pace.memory_bytes, pace.device_bytes), (Some(150), None));
        assert!(Timings::default().between(Kind { load, voxels: 1.0 }).is_none());
    }
}
