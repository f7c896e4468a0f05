//! [`reproduce`]: a run done again, beside the first.
//!
//! Everything it makes lies in one folder, the scene: `code`, `resolved.toml`, and the runs unless
//! another place is named for them.
//!
//! Does not know about training; that is for the program it starts.

use super::{Comparison, Program, compare};
use crate::{
    base::{Error, ErrorCode, Fault, Result, fs},
    data::dataset::Reading,
    record::{
        self, Provenance, RunFiles,
        format::{PATCH, RESOLVED},
    },
    run::DataSets,
    spec,
};
use std::{
    env,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
};

/// Variables that are set for the second run as they were for the first.
const VARIABLES: [&str; 3] = ["OMP_NUM_THREADS", "RAYON_NUM_THREADS", "NVIDIA_TF32_OVERRIDE"];

/// What is to be done again, and how.
#[derive(Debug)]
pub struct Wish {
    /// Directory of the first run.
    pub run: PathBuf,
    /// A folder of the repository that it was started in.
    pub repository: PathBuf,
    /// Where the data lie now; `None` where they lay then.
    pub data: Option<PathBuf>,
    /// Folder of the second run; `None` in the scene.
    pub out: Option<PathBuf>,
    /// Device; `None` the one of the first run.
    pub device: Option<String>,
    /// Which seglab does it.
    pub program: Program,
    /// Whether the scene stays even when all is the same.
    pub keep: bool,
}

/// A run done again.
#[derive(Debug)]
pub struct Reproduction {
    /// The first run as it was read.
    pub first: RunFiles,
    /// Directory of the second run; `None` when it went with the scene.
    pub run_dir: Option<PathBuf>,
    /// How the two compare.
    pub comparison: Comparison,
}

/// Does a run again and compares. `say` hears what is found out on the way.
///
/// # Errors
/// * when the code, the program or the data of the run cannot be had: before anything is trained
/// * when the second run cannot be done or leaves nothing
pub fn reproduce(wish: &Wish, say: &mut dyn FnMut(&str)) -> Result<Reproduction> {
    let run = record::read_run(&wish.run)?;
    refuse_extension(&run)?;
    let scene = Scene::new(&run)?;
    let outcome = scene.play(wish, &run, say);
    match &outcome {
        Ok(found) if wish.keep || !found.comparison.is_exact() => {
            say(&format!("what was made for it stays in `{}`", scene.folder.display()));
        }
        _ => fs::remove_folder(&scene.folder)?,
    }
    let SecondRun { dir, comparison } = outcome?;
    Ok(Reproduction { first: run, run_dir: dir.exists().then_some(dir), comparison })
}

struct SecondRun {
    dir: PathBuf,
    comparison: Comparison,
}

/// The folder of everything that is made for one reproduction.
struct Scene {
    folder: PathBuf,
}

/// A run that extends another began where that one ended, and not from nothing.
fn refuse_extension(run: &RunFiles) -> Result<()> {
    let id = &run.run.run_id;
    // The second run of a plan names the first as its parent, and its id begins with that one's.
    let Some(parent) = run.run.parent.as_ref().filter(|parent| !id.starts_with(*parent)) else {
        return Ok(());
    };
    let fault = Fault::new(format!("run `{id}` extends `{parent}` and cannot be made by itself"));
    Err(fault
        .hint(format!("`seglab reproduce {parent}`, and extend what comes out, with `--keep`"))
        .into())
}

impl Scene {
    fn new(run: &RunFiles) -> Result<Self> {
        let name = format!("seglab-reproduce-{}-{}", run.run.run_id, process::id());
        let folder = env::temp_dir().join(name);
        fs::remove_folder(&folder)?;
        fs::create_folder(&folder)?;
        Ok(Self { folder })
    }

    fn play(&self, wish: &Wish, run: &RunFiles, say: &mut dyn FnMut(&str)) -> Result<SecondRun> {
        let repository = self.rebuild(wish, run, say)?;
        let code = self.folder.join("code");
        let program = wish.program.find(run, repository.as_deref().map(|it| [&*code, it]), say)?;
        let spec = self.folder.join(RESOLVED);
        fs::write_synced(&spec, self.resolved(wish, run)?.as_bytes())?;
        check_data(&spec, &run.provenance)?;
        say("code, program and data are there; running it again");
        let dir = self.run_again(wish, run, &program, &spec)?;
        let comparison = compare(run, &record::read_run(&dir)?);
        Ok(SecondRun { dir, comparison })
    }

    /// Puts the run's code into `code`; the root of its repository, if it had one.
    fn rebuild(
        &self,
        wish: &Wish,
        run: &RunFiles,
        say: &mut dyn FnMut(&str),
    ) -> Result<Option<PathBuf>> {
        let code = self.folder.join("code");
        let Some(git) = &run.provenance.git else {
            say("the run was started outside of any repository: its code is not known");
            fs::create_folder(&code)?;
            return Ok(None);
        };
        let repository = record::repository_of(&wish.repository)?;
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

    /// The run's resolved spec, with a data root that does not depend on where one is.
    fn resolved(&self, wish: &Wish, run: &RunFiles) -> Result<String> {
        let mut resolved = run.resolved.clone();
        let root = if let Some(data) = &wish.data {
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
        // There is no night to be fitted into, and this changes no number.
        if let Some(train) = resolved.get_mut("train").and_then(toml::Value::as_table_mut) {
            train.remove("walltime");
        }
        toml::to_string(&resolved).map_err(|error| {
            Fault::new("cannot write the resolved spec again").caused_by(&error).into()
        })
    }

    /// Runs the program; the directory of the run it makes.
    fn run_again(
        &self,
        wish: &Wish,
        run: &RunFiles,
        program: &Path,
        spec: &Path,
    ) -> Result<PathBuf> {
        let runs = wish.out.clone().unwrap_or_else(|| self.folder.join("runs"));
        fs::create_folder(&runs)?;
        let runs = fs::canonical(&runs)?;
        let before = record::list(&runs)?;
        let device = wish.device.clone().unwrap_or_else(|| device(&run.provenance.device));
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
        let dir = made.ok_or_else(|| failed("running it again left no run"))?;
        if !status.success() && run.status.status.is_answered() {
            return Err(failed("running it again did not come to an end, as the first run did"));
        }
        Ok(dir)
    }
}

/// What `--device` has to be for the device of a record.
fn device(recorded: &str) -> String {
    match recorded.split_whitespace().next() {
        Some(name) if name.starts_with("cuda:") => name.to_owned(),
        _ => "cpu".to_owned(),
    }
}

/// Refuses data or a split that are not those of the run: the rest would be of no use.
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
    let (data, split) = (&planned.dataset.fingerprint, &planned.split_fingerprint);
    let elsewhere = "name the folder that holds the run's data with `--data DIR`";
    check("the data are not those", &recorded.data_fingerprint, data, elsewhere);
    let program = "another version of seglab splits otherwise: `--program PATH` takes it";
    check("the split is not that", &recorded.split_fingerprint, split, program);
    Error::unless_empty(faults)
}
