//! `seglab bench record`: times opening a run, logging, committing, and reading many runs.
//!
//! Does not know how they work.

use super::runs::{Size, begin, generate, plan, spread};
use crate::{
    analysis,
    base::{Error, Fault, Result, fs},
    cli::{
        folder::folder,
        print::{aligned, duration, json, print},
    },
    event::{Event, Listen},
    record::{self, Status, Store, checkpoint::Position},
    statistics::median,
};
use clap::Args;
use serde::Serialize;
use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{self, Stdio},
    time::Instant,
};

/// How much to write and read.
#[derive(Debug, Args)]
pub(crate) struct Record {
    /// Folder of made-up runs; made when it is not there, and kept. Without it a folder beside the
    /// other measurements is used and removed.
    #[arg(long, value_name = "DIR", value_parser = folder())]
    store: Option<PathBuf>,
    /// Folder on the disk to measure.
    #[arg(long, value_name = "DIR", value_parser = folder(), default_value_os_t = env::temp_dir())]
    folder: PathBuf,
    /// Runs of a store that is made.
    #[arg(long, default_value_t = 1000)]
    runs: usize,
    /// Epochs of each of them.
    #[arg(long, default_value_t = 300)]
    epochs: usize,
    /// Scores of an epoch: the two losses, and the Dice of as many classes as remain.
    #[arg(long, default_value_t = 20)]
    metrics: usize,
    /// Megabytes of a checkpoint.
    #[arg(long, default_value_t = 100, value_name = "MB")]
    checkpoint: usize,
    /// Times that each is measured.
    #[arg(long, default_value_t = 7)]
    repeat: usize,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// How long one thing took.
#[derive(Debug, Serialize)]
struct Timing {
    what: String,
    median_s: f64,
    min_s: f64,
    max_s: f64,
    n: usize,
    /// What else there is to say: megabytes a second, rows.
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

impl Record {
    /// Measures and prints a line each.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let mut faults = Vec::new();
        if self.metrics < 4 {
            faults.push(Fault::new("`--metrics` must be at least 4: two losses and two classes"));
        }
        if self.runs == 0 || self.epochs == 0 || self.repeat == 0 || self.checkpoint == 0 {
            let message = "`--runs`, `--epochs`, `--repeat` and `--checkpoint` want at least 1";
            faults.push(Fault::new(message));
        }
        Error::unless_empty(faults)?;
        let folder = self.folder.join(format!("seglab-bench-{}", process::id()));
        let timed = self.writing(&folder).and_then(|mut timings| {
            timings.extend(self.reading(&folder)?);
            Ok(timings)
        });
        let removed = fs::remove_folder(&folder);
        let timings = timed?;
        removed?;
        if self.json { json(out, &timings) } else { print(out, &text(&timings)) }
    }

    fn size(&self) -> Size {
        let n_classes = self.metrics.saturating_sub(2);
        Size { runs: self.runs, epochs: self.epochs, classes: n_classes }
    }

    fn writing(&self, folder: &Path) -> Result<Vec<Timing>> {
        let size = self.size();
        let probed = times(self.repeat, |_| {
            let probe = record::probe_git(Path::new("."), &[]).map(drop);
            probe.map_err(|error| Fault::new("cannot look at git").caused_by(&error).into())
        })?;
        let store = Store::new(folder.join("written"));
        // The first run of a store looks at git and the machine; those after it do not.
        begin(&store, &plan(size, 0)?)?;
        let mut next_idx = 0;
        let mut fresh = || {
            next_idx += 1;
            begin(&store, &plan(size, next_idx)?)
        };
        let opened = times(self.repeat, |_| fresh().map(drop))?;
        // A step's event holds four scalars: loss, learning rate, momentum, gradient norm.
        let mut logged = |n_events: usize| {
            times(self.repeat, |_| {
                let mut recorder = fresh()?;
                for step in 1..=n_events {
                    recorder.hear(&step_of(step))?;
                }
                recorder.finish(Status::Finished)
            })
        };
        let (scalars, events) = (logged(2_500)?, logged(10_000)?);
        let mut recorder = fresh()?;
        let part = vec![7_u8; self.checkpoint * 1_000_000 / 4];
        let committed = times(self.repeat, |epoch| {
            let mut write = |folder: &Path| {
                (0..4).try_for_each(|idx| fs::write_synced(&folder.join(format!("{idx}")), &part))
            };
            let mark =
                Position { epoch: epoch + 1, step: epoch + 1, batches: 0, best_epoch: epoch + 1 };
            recorder.commit(mark, None, &mut write)
        })?;
        let mut commit = Timing::of("commit a checkpoint", &committed);
        let speed = self.checkpoint as f64 / commit.median_s;
        commit.note = format!("{} MB in 4 files, {speed:.0} MB/s", self.checkpoint);
        Ok(vec![
            Timing::of("look at git (once a process)", &probed),
            Timing::of("open a run", &opened),
            Timing::of("open a run, 10 000 scalars, close it", &scalars),
            Timing::of("open a run, 10 000 events, close it", &events),
            commit,
        ])
    }

    fn reading(&self, folder: &Path) -> Result<Vec<Timing>> {
        let store = self.store.clone().unwrap_or_else(|| folder.join("read"));
        let mut timings = Vec::new();
        if !store.is_dir() {
            let began = Instant::now();
            generate(&store, self.size())?;
            timings
                .push(Timing::of("write and compact all runs", &[began.elapsed().as_secs_f64()]));
        }
        let n_runs = analysis::load_runs(&store, &[])?.len();
        let listed = times(self.repeat, |_| analysis::load_runs(&store, &[]).map(drop))?;
        let alone = times(self.repeat, |_| list_in_a_process(&store))?;
        let mut shape = (0, 0);
        let framed = times(self.repeat, |_| {
            analysis::epochs_frame(&store, &[]).map(|frame| shape = frame.shape())
        })?;
        let mut frame = Timing::of(&format!("epochs of {n_runs} runs into a frame"), &framed);
        frame.note = format!("{} rows, {} columns", shape.0, shape.1);
        timings.extend([
            Timing::of(&format!("list {n_runs} runs"), &listed),
            Timing::of(&format!("list {n_runs} runs, fresh process"), &alone),
            frame,
        ]);
        Ok(timings)
    }
}

impl Timing {
    fn of(what: &str, samples: &[f64]) -> Self {
        Self {
            what: what.to_owned(),
            median_s: median(samples),
            min_s: samples.iter().copied().fold(f64::INFINITY, f64::min),
            max_s: samples.iter().copied().fold(0.0, f64::max),
            n: samples.len(),
            note: String::new(),
        }
    }
}

/// Seconds of each of `n` times.
fn times(n: usize, mut what: impl FnMut(usize) -> Result<()>) -> Result<Vec<f64>> {
    let time = |idx| {
        let began = Instant::now();
        what(idx)?;
        Ok(began.elapsed().as_secs_f64())
    };
    (0..n).map(time).collect()
}

fn step_of(step: usize) -> Event {
    Event::Step {
        epoch: 1,
        step,
        loss: spread(step),
        lr: 1e-3 * spread(step + 1),
        beta1: 0.85 + 0.1 * spread(step + 2),
        grad_norm: spread(step + 3),
        seconds: 0.1 * spread(step + 4),
    }
}

/// `seglab runs` as someone types it.
fn list_in_a_process(store: &Path) -> Result<()> {
    let unlisted = || Fault::new("cannot list the runs in a process of its own");
    let program = env::current_exe().map_err(|error| unlisted().caused_by(&error))?;
    let mut command = process::Command::new(program);
    command.arg("runs").arg("--runs").arg(store).stdout(Stdio::null());
    let status = command.status().map_err(|error| unlisted().caused_by(&error))?;
    if status.success() { Ok(()) } else { Err(Error::run(unlisted().detail(status.to_string()))) }
}

fn text(timings: &[Timing]) -> String {
    let header = ["", "median", "least", "most", "n", ""].map(str::to_owned).to_vec();
    let rows = timings.iter().map(|timing| {
        let mut row = vec![timing.what.clone()];
        row.extend([timing.median_s, timing.min_s, timing.max_s].map(duration));
        row.extend([timing.n.to_string(), timing.note.clone()]);
        row
    });
    aligned(&[header].into_iter().chain(rows).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_written_read_and_timed() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record {
            store: None,
            folder: folder.path().to_owned(),
            runs: 3,
            epochs: 4,
            metrics: 6,
            checkpoint: 1,
            repeat: 1,
            json: false,
        };
        let timings = record.writing(folder.path()).unwrap();
        assert_eq!(timings.len(), 5);
        generate(&folder.path().join("read"), record.size()).unwrap();
        let runs = analysis::load_runs(&folder.path().join("read"), &[]).unwrap();
        assert_eq!(runs.iter().map(|run| run.epochs).collect::<Vec<_>>(), [4, 4, 4]);
        assert!(folder.path().join("read/made-up/made-up-f0-s3-00000003/epochs.parquet").exists());
        let frame = analysis::epochs_frame(&folder.path().join("read"), &[]).unwrap();
        // Run, epoch, step, whether best, seven numbers, and the Dice of four classes.
        assert_eq!(frame.shape(), (12, 15));
    }
}
