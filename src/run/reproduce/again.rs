//! [`reproduce`]: a run repeated from its own code, spec and data.
//!
//! Everything it makes is in one folder, the workspace: `code`, `resolved.toml`, and the runs unless
//! another folder is given for them.
//!
//! Does not know about training: it starts a program for that.

use super::{Comparison, Program, compare};
use crate::{
    base::{Error, ErrorCode, Fault, Result, fs},
    data::dataset::Reading,
    record::{
        self, Provenance, RunFiles,
        format::{PATCH, RESOLVED},
    },
    run::DataSets,
    spec::{self, DeviceChoice, DeviceId},
};
use std::{
    env,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
};

/// Variables that are set for the second run as they were for the first.
const VARIABLES: [&str; 3] = ["OMP_NUM_THREADS", "RAYON_NUM_THREADS", "NVIDIA_TF32_OVERRIDE"];

/// Which run is reproduced, and how.
#[derive(Debug)]
pub struct ReproduceOptions {
    /// Directory of the first run.
    pub run: PathBuf,
    /// A folder of the repository that it was started in.
    pub repository: PathBuf,
    /// Folder of the data; `None` for that of the first run.
    pub data: Option<PathBuf>,
    /// Folder of the second run; `None` for the workspace.
    pub out: Option<PathBuf>,
    /// `None` for the device of the first run.
    pub device: Option<DeviceChoice>,
    /// Which seglab runs it.
    pub program: Program,
    /// Keep the workspace even when the results are the same.
    pub keep: bool,
}

/// A repeated run.
#[derive(Debug)]
pub struct Reproduction {
    /// The first run as it was read.
    pub first: RunFiles,
    /// Directory of the second run; `None` when it was removed with the workspace.
    pub run_dir: Option<PathBuf>,
    /// How the two compare.
    pub comparison: Comparison,
}

/// Repeats a run and compares the two. `say` gets progress messages.
///
/// # Errors
/// * when the code, the program or the data of the run are not available: before any training
/// * when the second run fails
pub fn reproduce(options: &ReproduceOptions, say: &mut dyn FnMut(&str)) -> Result<Reproduction> {
    let run = record::read_run(&options.run)?;
    refuse_extension(&run)?;
    let workspace = Workspace::new(&run)?;
    let outcome = workspace.run(options, &run, say);
    match &outcome {
        Ok(found) if options.keep || !found.comparison.is_exact() => {
            say(&format!("the files are kept in `{}`", workspace.folder.display()));
        }
        _ => fs::remove_folder(&workspace.folder)?,
    }
    let SecondRun { dir, comparison } = outcome?;
    Ok(Reproduction { first: run, run_dir: dir.exists().then_some(dir), comparison })
}

struct SecondRun {
    dir: PathBuf,
    comparison: Comparison,
}

/// The folder of everything that is made for one reproduction.
struct Workspace {
    folder: PathBuf,
}

/// Refuses a run that extends another: it started from the other's last checkpoint.
fn refuse_extension(run: &RunFiles) -> Result<()> {
    let id = &run.run.run_id;
    // The second run of a plan names the first as its parent, and its id begins with that one's.
    let Some(parent) = run.run.parent.as_ref().filter(|parent| !id.starts_with(*parent)) else {
        return Ok(());
    };
    let fault =
        Fault::new(format!("run `{id}` extends `{parent}` and cannot be reproduced by itself"));
    Err(fault.hint(format!("run `seglab reproduce {parent} --keep`, then extend that run")).into())
}

impl Workspace {
    fn new(run: &RunFiles) -> Result<Self> {
        let name = format!("seglab-reproduce-{}-{}", run.run.run_id, process::id());
        let folder = env::temp_dir().join(name);
        fs::remove_folder(&folder)?;
        fs::create_folder(&folder)?;
        Ok(Self { folder })
    }

    fn run(
        &self,
        options: &ReproduceOptions,
        run: &RunFiles,
        say: &mut dyn FnMut(&str),
    ) -> Result<SecondRun> {
        let repository = self.rebuild(options, run, say)?;
        let code = self.folder.join("code");
        let program =
            options.program.find(run, repository.as_deref().map(|it| [&*code, it]), say)?;
        let spec = self.folder.join(RESOLVED);
        fs::write_synced(&spec, self.resolved(options, run)?.as_bytes())?;
        check_data(&spec, &run.provenance)?;
        say("code, program and data are available; running it again");
        let dir = self.run_again(options, run, &program, &spec)?;
        let comparison = compare(run, &record::read_run(&dir)?);
        Ok(SecondRun { dir, comparison })
    }

    /// Writes the run's code to `code`. Returns the root of its repository, if it had one.
    fn rebuild(
        &self,
        options: &ReproduceOptions,
        run: &RunFiles,
        say: &mut dyn FnMut(&str),
    ) -> Result<Option<PathBuf>> {
        let code = self.folder.join("code");
        let Some(git) = &run.provenance.git else {
            say("the run was started outside of any repository: its code is not known");
            fs::create_folder(&code)?;
            return Ok(None);
        };
        let repository = record::repository_of(&options.repository)?;
        let patch = match &git.patch {
            Some(_) => fs::read(&run.dir.join(PATCH))?,
            None => Vec::new(),
        };
        let rebuilt = record::rebuild(&repository, git, &patch, &code)?;
        let commit = git.commit.as_deref().unwrap_or("no commit");
        let changes = match &git.patch {
            Some(patch) => format!(" with {} uncommitted files", patch.files.len()),
            None => String::new(),
        };
        say(&format!("the code is that of {commit}{changes}"));
        for difference in &rebuilt.differences {
            say(&format!("warning: {difference}"));
        }
        Ok(Some(repository))
    }

    /// The run's resolved spec, with an absolute data root.
    fn resolved(&self, options: &ReproduceOptions, run: &RunFiles) -> Result<String> {
        let mut resolved = run.resolved.clone();
        let root = if let Some(data) = &options.data {
            fs::canonical(data)?
        } else {
            let then = Path::new(&run.provenance.working_directory);
            let here = env::current_dir().unwrap_or_default();
            let root = here.join(then).join(&run.experiment.data.root);
            let may_be_made = run.experiment.data.phantom.is_some() && !root.exists();
            if may_be_made { self.folder.join("data") } else { root }
        };
        let root = root.to_string_lossy().into_owned();
        if let Some(data) = resolved.get_mut("data").and_then(toml::Value::as_table_mut) {
            data.insert("root".into(), root.into());
        }
        // A wall time would only stop the second run early.
        if let Some(train) = resolved.get_mut("train").and_then(toml::Value::as_table_mut) {
            train.remove("walltime");
        }
        toml::to_string(&resolved).map_err(|error| {
            Fault::new("cannot write the resolved spec again").caused_by(&error).into()
        })
    }

    /// Runs the program. Returns the directory of its run.
    fn run_again(
        &self,
        options: &ReproduceOptions,
        run: &RunFiles,
        program: &Path,
        spec: &Path,
    ) -> Result<PathBuf> {
        let runs = options.out.clone().unwrap_or_else(|| self.folder.join("runs"));
        fs::create_folder(&runs)?;
        let runs = fs::canonical(&runs)?;
        let before = record::list(&runs)?;
        let recorded = DeviceId::of_recorded(&run.provenance.device);
        let device = options.device.unwrap_or(DeviceChoice::Only(recorded)).to_string();
        let mut command = Command::new(program);
        command.arg("run").arg(spec).args(["--fresh", "--device", &device]);
        command.arg("--runs").arg(&runs).arg("--reports").arg(self.folder.join("reports"));
        for name in VARIABLES {
            match run.provenance.environment.get(name) {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let code = self.folder.join("code");
        let status = command.current_dir(code).stdin(Stdio::null()).stdout(Stdio::null()).status();
        let status = status.map_err(|error| {
            Fault::new(format!("cannot start `{}`", program.display())).caused_by(&error)
        })?;
        let made = record::list(&runs)?.into_iter().find(|dir| !before.contains(dir));
        let failed = |message: &str| {
            let fault = Fault::new(message).detail(format!("the program ended with {status}"));
            Error::new(ErrorCode::Run, fault)
        };
        let dir = made.ok_or_else(|| failed("the second run left no run directory"))?;
        if !status.success() && run.status.status.is_answered() {
            return Err(failed("the second run did not finish, but the first one did"));
        }
        Ok(dir)
    }
}

/// Refuses data or a split that are not those of the run.
fn check_data(spec: &Path, recorded: &Provenance) -> Result<()> {
    let loaded = spec::load(spec, &[])?;
    // Every file is read: a run is not proved right by what another process believed.
    let planned = DataSets::of(&loaded, Reading::default()).plan(&loaded.experiment)?;
    let mut faults = Vec::new();
    let mut check = |what: &str, expected: &str, found: &str, action: &str| {
        if expected != found {
            let fault = Fault::new(format!("{what} of the run"));
            faults.push(
                fault
                    .detail(format!("fingerprint  expected {expected}"))
                    .detail(format!("             found    {found}"))
                    .hint(action),
            );
        }
    };
    let (dataset, split) = (&planned.dataset, &planned.split_fingerprint);
    // An older run has the fingerprint of the packed bytes.
    let data = match &recorded.data_fingerprint {
        packed if *packed == dataset.packed_fingerprint => packed,
        _ => &dataset.fingerprint,
    };
    let elsewhere = "pass the folder of the run's data with `--data DIR`";
    check("the data are not those", &recorded.data_fingerprint, data, elsewhere);
    let program = "another version of seglab splits in another way: run it with `--program PATH`";
    check("the split is not that", &recorded.split_fingerprint, split, program);
    Error::unless_empty(faults)
}
