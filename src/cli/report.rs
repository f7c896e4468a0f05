//! `seglab report`: draws the runs of some experiments, or a sweep, as a page.
//!
//! Does not know what the page says; it names the report.

use super::{folder::folder, print::print};
use crate::{
    analysis::{Overlays, Tables, load, load_sweep},
    base::{Fault, Result, fs},
    record::{RunLock, id_of},
    report,
    sweep::store::{SweepFolder, SweepPlan},
};
use clap::Args;
use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// Longest wait for another process that draws the same page.
const MOST_WAITED: Duration = Duration::from_mins(2);
/// Time between two checks whether it is done.
const LOOK: Duration = Duration::from_millis(50);
/// Longest name of a folder, in letters.
const LONGEST_NAME: usize = 100;

/// Draws the runs of some experiments as a page.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Experiments to compare; without any, all.
    #[arg(value_name = "EXPERIMENT")]
    experiments: Vec<String>,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR", value_parser = folder())]
    runs: PathBuf,
    /// Folder of the reports.
    #[arg(long, default_value = "reports", value_name = "DIR", value_parser = folder())]
    out: PathBuf,
}

impl Command {
    /// Writes the report and prints the path of its page.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        if let [only] = self.experiments.as_slice()
            && let Some(sweep) = sweep_of(&self.runs, only)
        {
            let page = of_sweep(&self.runs, &sweep, &self.out)?;
            return print(out, &format!("{}\n", page.display()));
        }
        let tables = load(&self.runs, &self.experiments, Overlays::Load)?;
        if tables.runs.is_empty() {
            let fault = Fault::new(format!("there are no runs in `{}`", self.runs.display()));
            return Err(fault.hint("make one with `seglab run SPEC`").into());
        }
        let page = report::write(&tables, &name(&tables, &self.experiments), &self.out)?;
        print(out, &format!("{}\n", page.display()))
    }
}

/// Draws the report of one experiment: of its sweep, where it has one.
pub(super) fn of_experiment(runs: &Path, experiment: &str, out: &Path) -> Result<PathBuf> {
    if let Some(sweep) = sweep_of(runs, experiment) {
        return of_sweep(runs, &sweep, out);
    }
    let tables = load(runs, &[experiment.to_owned()], Overlays::Load)?;
    report::write(&tables, experiment, out)
}

/// Name of the folder of an experiment's sweep, if it has one; it may have been renamed since.
fn sweep_of(runs: &Path, experiment: &str) -> Option<String> {
    let folder = SweepPlan::folder(runs, experiment);
    folder.exists().then(|| id_of(folder.runs()))
}

/// Draws the report of a sweep, finished or not, and returns the path of its page.
pub(super) fn of_sweep(runs: &Path, experiment: &str, out: &Path) -> Result<PathBuf> {
    let folder = SweepFolder::new(runs, experiment);
    let _turn = turn(&folder)?;
    report::write_sweep(&load_sweep(runs, experiment)?, experiment, out)
}

/// Waits until no other process draws the page: workers that end together would overwrite each
/// other's files.
fn turn(folder: &SweepFolder) -> Result<RunLock> {
    let dir = folder.report();
    fs::create_folder(&dir)?;
    let began = Instant::now();
    loop {
        match RunLock::take(&dir) {
            Err(_) if began.elapsed() < MOST_WAITED => thread::sleep(LOOK),
            taken => return taken,
        }
    }
}

/// The experiments' names joined by `-vs-`, or `all` when none of several was named.
fn name(tables: &Tables, asked: &[String]) -> String {
    let found: BTreeSet<&str> = tables.runs.iter().map(|run| run.experiment.as_str()).collect();
    let found: Vec<&str> = found.into_iter().collect();
    let joined = found.join("-vs-");
    match found.as_slice() {
        [only] => (*only).into(),
        _ if asked.is_empty() => "all".into(),
        [first, others @ ..] if joined.len() > LONGEST_NAME => {
            format!("{first}-vs-{}-others", others.len())
        }
        _ => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::RunRow;

    fn named(experiments: &[&str], asked: &[&str]) -> String {
        let row = |name: &&str| RunRow { experiment: (*name).into(), ..RunRow::default() };
        let tables = Tables { runs: experiments.iter().map(row).collect(), ..Tables::default() };
        name(&tables, &asked.iter().map(|name| (*name).into()).collect::<Vec<_>>())
    }

    #[test]
    fn a_report_is_named_for_its_experiments() {
        assert_eq!(named(&["a", "a"], &[]), "a");
        assert_eq!(named(&["b", "a"], &["b", "a"]), "a-vs-b");
        assert_eq!(named(&["b", "a"], &[]), "all");
        let long = "x".repeat(60);
        let other = "y".repeat(60);
        assert_eq!(named(&["a", &long, &other], &["a", &long, &other]), "a-vs-2-others");
    }
}
