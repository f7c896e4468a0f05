//! [`Program`]: which seglab does a run again, and whether it is the one that did it first.
//!
//! Does not know about specs and data.

use crate::{
    base::{Error, ErrorCode, Fault, Result, fs},
    record::{Machine, RunFiles, hash_lock, hash_program, machine},
};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// Which seglab does a run again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// This one, if it is the one that did it first.
    This,
    /// The one that the run's own code builds.
    Built,
    /// Another one, whatever it is.
    Other(PathBuf),
}

impl Program {
    /// The program's file. `code` is where the files of the run's commit and patch lie, and
    /// `repository` where they come from; both are there when the run had a repository.
    ///
    /// # Errors
    /// * when this program is another than the run's, and nothing else was asked for
    /// * when the code cannot be built
    pub(super) fn find(
        &self,
        run: &RunFiles,
        code: Option<[&Path; 2]>,
        say: &mut dyn FnMut(&str),
    ) -> Result<PathBuf> {
        let recorded = &run.provenance.machine;
        let found = match self {
            Self::This => {
                if recorded.binary.is_none() || recorded.binary != machine().binary {
                    return Err(another_program(run, code).into());
                }
                say("this is the program that made the run, byte for byte");
                return this_file();
            }
            Self::Built => build(run, code, say)?,
            Self::Other(program) => fs::canonical(program)?,
        };
        let is_same = recorded.binary == Some(hash_program(&found)?);
        let not = if is_same { "" } else { "not " };
        say(&format!("the program is {not}the same, byte for byte, as the one that made the run"));
        Ok(found)
    }
}

fn this_file() -> Result<PathBuf> {
    env::current_exe()
        .map_err(|error| Fault::new("cannot find this program's file").caused_by(&error).into())
}

/// What differs between the program of a run and this one, and what to do about it.
fn another_program(run: &RunFiles, code: Option<[&Path; 2]>) -> Fault {
    let (then, now) = (&run.provenance.machine, machine());
    let mut fault = Fault::new("this is not the program that made the run");
    let unknown = || "unknown".to_owned();
    let mut compare = |what: &str, of: &dyn Fn(&Machine) -> String| {
        let values = [of(then), of(now)];
        let words = if values[0] == values[1] {
            format!("{what:<11} {}, the same", values[0])
        } else {
            format!("{what:<11} expected {}, found {}", values[0], values[1])
        };
        fault.details.push(words);
    };
    let short = |hash: &str| hash.chars().take(16).collect::<String>();
    compare("program", &|it| it.binary.as_deref().map_or_else(unknown, short));
    compare("version", &|it| it.seglab.clone());
    compare("built from", &|it| it.built_from.clone().unwrap_or_else(unknown));
    compare("Cargo.lock", &|it| short(&it.cargo_lock));
    compare("rustc", &|it| it.rustc.clone());
    compare("features", &|it| it.features.join(", "));
    if code.is_some_and(|[code, _]| is_seglab(code)) {
        fault = fault.hint("`--build` builds the run's own code and runs that");
    } else {
        let from = then.built_from.clone().unwrap_or_else(|| "the commit it had then".to_owned());
        fault = fault.hint(format!(
            "the run's repository is not seglab's own: build seglab {} from {from}, and name the \
             program with `--program PATH`",
            then.seglab
        ));
    }
    fault.hint(
        "`--program PATH` runs another program, to see whether the results are still the same",
    )
}

/// Whether these files are seglab's own.
fn is_seglab(code: &Path) -> bool {
    let manifest = fs::read_text(&code.join("Cargo.toml")).unwrap_or_default();
    let package = toml::from_str::<toml::Table>(&manifest).unwrap_or_default();
    let name = package.get("package").and_then(|package| package.get("name"));
    name.and_then(toml::Value::as_str) == Some(env!("CARGO_PKG_NAME"))
}

fn build(run: &RunFiles, code: Option<[&Path; 2]>, say: &mut dyn FnMut(&str)) -> Result<PathBuf> {
    let recorded = &run.provenance.machine;
    let Some([code, repository]) = code.filter(|[code, _]| is_seglab(code)) else {
        let from = recorded.built_from.as_deref().unwrap_or("an unknown commit");
        let fault = Fault::new("the run was not started in seglab's own repository");
        return Err(fault
            .detail(format!("its program was seglab {}, built from {from}", recorded.seglab))
            .hint("build that version yourself, and pass it with `--program PATH`")
            .into());
    };
    if hash_lock(&fs::read_text(&code.join("Cargo.lock"))?) != recorded.cargo_lock {
        say("`Cargo.lock` is not the one that the run's program was built with");
    }
    let commit = run.provenance.git.as_ref().and_then(|git| git.commit.as_deref());
    let built_from = recorded.built_from.as_deref().map(|from| from.trim_end_matches("-dirty"));
    if built_from.is_some() && built_from != commit {
        say(
            "the run's program was built from another commit than that of the repository at its start",
        );
    }
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| repository.join("target/reproduce"), PathBuf::from);
    fs::create_folder(&target)?;
    let target = fs::canonical(&target)?;
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--locked", "--bin", "seglab"]);
    if recorded.features.iter().any(|feature| feature == "cuda") {
        cargo.args(["--features", "cuda"]);
    }
    say(&format!("building the run's own code in `{}`", target.display()));
    let status = cargo.current_dir(code).env("CARGO_TARGET_DIR", &target).status();
    let status = status.map_err(|error| Fault::new("cannot start `cargo`").caused_by(&error))?;
    if !status.success() {
        let fault = Fault::new("the run's own code does not build");
        let fault = fault.detail(format!("it was built with {}", recorded.rustc));
        return Err(Error::new(ErrorCode::Run, fault));
    }
    Ok(target.join("release/seglab"))
}
