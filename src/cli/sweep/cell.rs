//! `seglab sweep cell`: one cell of a sweep, in the process that its worker started for it.
//!
//! Does not know about the other cells.

use super::super::print::print;
use crate::{
    analysis,
    base::{Error, ErrorCode, Fault, Result},
    data::scan::FileCache,
    event::{Listen, Progress},
    record::{self, Freshness},
    run::{self, Planned, Request, StopFlags},
    spec::{self, DeviceChoice},
    sweep::{
        prune::SweepPruner,
        store::{SweepFolder, SweepPlan},
        worker::{WORKER, die_with},
    },
    train::device,
};
use clap::Args;
use std::{cell::RefCell, env, io::Write, path::PathBuf, rc::Rc, time::Instant};

/// Runs one cell of a sweep, with the spec that its worker wrote.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Run id of the cell.
    run_id: String,
    /// Folder of the sweep's runs, such as `runs/sweep-quick`.
    #[arg(long, value_name = "DIR")]
    sweep: PathBuf,
    /// Where to compute: auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Folder of the reports, which do not count as changes of the code.
    #[arg(long, default_value = "reports", value_name = "DIR")]
    reports: PathBuf,
    /// Start a new run beside one that failed.
    #[arg(long, conflicts_with = "promote")]
    fresh: bool,
    /// Continue although it was pruned.
    #[arg(long)]
    promote: bool,
}

impl Command {
    /// The requested device.
    #[cfg(feature = "cuda")]
    pub(crate) fn device(&self) -> DeviceChoice {
        self.device
    }

    /// Runs the cell and prints where its run is.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let began = Instant::now();
        die_with(env::var(WORKER).ok().as_deref())?;
        record::probe_in_background();
        let flags = StopFlags::listen()?;
        let runs = self.sweep.parent().map(PathBuf::from).unwrap_or_default();
        let folder = SweepFolder::new(&runs, &record::id_of(&self.sweep));
        let mut loaded = spec::load(&folder.cell(&self.run_id), &[])?;
        let plan = SweepPlan::read(&folder)?;
        let pruner = SweepPruner::of_cell(&folder, &plan, &loaded.experiment)?;
        (loaded.text, loaded.bases) = (plan.spec, plan.extends);
        let device = device::choose(self.device)?;
        let progress = Rc::new(RefCell::new(Progress::new(&loaded.experiment.data.classes)));
        let planned = run::plan(&loaded, &runs, FileCache::Trusted(record::cache_folder(&runs)))?;
        let freshness = match (self.fresh, self.promote) {
            (true, _) => Freshness::Fresh,
            (_, true) => Freshness::Promote,
            _ => Freshness::Reuse,
        };
        let experiment = &loaded.experiment;
        let asked = Planned::run_id(experiment, &planned.digest(experiment)).to_string();
        if asked != self.run_id {
            let fault = Fault::new(format!("cell `{}` has changed", self.run_id))
                .detail(format!("its run id is now `{asked}`, because its data have changed"))
                .hint("apply the spec again with `seglab sweep run SPEC`");
            return Err(Error::request(fault));
        }
        let request = Request {
            loaded: &loaded,
            device: &device,
            runs: &runs,
            reports: &self.reports,
            freshness,
            extends: None,
            step_limit: None,
            pruner: pruner.map(|pruner| Rc::new(pruner) as _),
            began,
        };
        let listener: Rc<RefCell<dyn Listen>> = Rc::clone(&progress) as _;
        let answer = run::run(&request, &planned, &flags, listener)?;
        if let Err(error) = analysis::compact(answer.run_dir())
            && error.code != ErrorCode::Superseded
        {
            progress.borrow().say(&format!("warning: the run's tables were not written: {error}"));
        }
        print(out, &format!("run     {}\n", answer.run_dir().display()))
    }
}
