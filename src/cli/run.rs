//! `seglab run`: one experiment, from its spec to its report.
//!
//! Does not know how this is done.

use super::{data::file_cache, folder::folder, print::print, report::of_experiment};
use crate::{
    analysis,
    base::{Error, Fault, Result, fs},
    event::{Listen, Progress},
    record::{self, Freshness},
    run::{self, Request, RunOutcome, StopFlags},
    spec::{self, DeviceChoice},
    train::device,
};
use clap::Args;
use std::{
    cell::RefCell,
    io::Write,
    path::{Path, PathBuf},
    rc::Rc,
    time::Instant,
};

/// Trains and evaluates one experiment, unless that was done before.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Spec file.
    spec: PathBuf,
    /// Set a key, as in `train.epochs=3`; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where to compute: auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR", value_parser = folder())]
    runs: PathBuf,
    /// Folder of the reports.
    #[arg(long, default_value = "reports", value_name = "DIR", value_parser = folder())]
    reports: PathBuf,
    /// Start a new run beside earlier ones of the same experiment.
    #[arg(long)]
    fresh: bool,
    /// Continue a run that its sweep has pruned.
    #[arg(long, conflicts_with = "fresh")]
    promote: bool,
    /// Train a finished run for more epochs, as a new run that continues from its last checkpoint.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["fresh", "promote"])]
    extend: Option<String>,
    /// Stop with a checkpoint at this optimizer step, to continue later.
    #[arg(long, value_name = "STEP")]
    stop_at_step: Option<usize>,
    /// Read and hash every data file, also those that look unchanged since they were last read.
    #[arg(long)]
    rehash: bool,
}

impl Command {
    /// The device that was asked for.
    #[cfg(feature = "cuda")]
    pub(crate) fn device(&self) -> DeviceChoice {
        self.device
    }

    /// Runs the experiment and prints where its run and report are.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let began = Instant::now();
        // The program is hashed for the record while the data are read.
        record::probe_in_background();
        let loaded = spec::load(&self.spec, &self.set)?;
        loaded.single_run()?;
        let experiment = &loaded.experiment;
        let device = device::choose(self.device)?;
        let progress = Rc::new(RefCell::new(Progress::new(&experiment.data.classes)));
        let say = |line: &str| progress.borrow().say(line);
        if let Some(remark) = &device.remark {
            say(remark);
        }
        let unwritable = run::check_places(&loaded, &self.runs, &self.reports).err();
        if let Some(error) = &unwritable
            && !fs::list_folders(&self.runs.join(&experiment.name)).is_ok_and(|it| !it.is_empty())
        {
            return Err(error.clone());
        }
        say(&format!("reading `{}`", experiment.data.root));
        let planned = run::plan(&loaded, &self.runs, file_cache(&self.runs, self.rehash))?;
        if let Some(root) = &planned.made_phantom {
            say(&format!("made the phantom data set in `{}`", root.display()));
        }
        // Until here Ctrl-C simply ends the program: there is nothing to lose yet.
        let flags = StopFlags::listen()?;
        let freshness = match (self.fresh, self.promote) {
            (true, _) => Freshness::Fresh,
            (false, true) => Freshness::Promote,
            (false, false) => Freshness::Reuse,
        };
        let request = Request {
            loaded: &loaded,
            device: &device,
            runs: &self.runs,
            reports: &self.reports,
            freshness,
            extends: self
                .extend
                .as_deref()
                .map(|run| record::find_parent(&self.runs, run))
                .transpose()?,
            step_limit: self.stop_at_step,
            pruner: None,
            began,
        };
        if let Some(error) = unwritable
            && !run::is_answered(&request, &planned)?
        {
            // A finished run in an archive needs no place to write.
            return Err(error);
        }
        let listener: Rc<RefCell<dyn Listen>> = Rc::clone(&progress) as _;
        let outcome = run::run(&request, &planned, &flags, listener)?;
        match &outcome {
            RunOutcome::New(_) => {}
            RunOutcome::Known(_) => {
                say("this run is finished already; `--fresh` starts a new one beside it");
            }
            RunOutcome::Pruned { reason, .. } => {
                say(&format!("this run was pruned by its sweep: {reason}"));
                say("`--promote` continues it from its last checkpoint");
            }
        }
        if let Err(error) = analysis::compact(outcome.run_dir()) {
            // The tables are only a cache of the logs.
            say(&format!("warning: the run's tables were not written: {error}"));
        }
        print(out, &format!("run     {}\n", outcome.run_dir().display()))?;
        let name = experiment.name.clone();
        let page = of_experiment(&self.runs, &name, &self.reports)
            .map_err(|error| self.without_report(&error, outcome.run_dir(), &name))?;
        print(out, &format!("report  {}\n", page.display()))
    }

    /// The run is there and stays, whatever became of its report.
    fn without_report(&self, error: &Error, run_dir: &Path, name: &str) -> Error {
        let mut fault = Fault::new("cannot write the report; the run itself is kept")
            .detail(format!("run `{}`", run_dir.display()));
        for cause in &error.faults {
            fault.causes.push(cause.message.clone());
            fault.causes.extend(cause.causes.iter().cloned());
        }
        let (runs, reports) = (self.runs.display(), self.reports.display());
        Error::run(fault.hint(format!(
            "`seglab report {name} --runs {runs} --out {reports}` draws it once that is put right"
        )))
    }
}
