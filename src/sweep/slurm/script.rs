//! [`Script`]: the text that `sbatch` is given; [`SlurmOptions`] is what the user wants of Slurm.
//!
//! Pure: the same options gives the same text.
//!
//! Does not know about submitting.

use crate::base::{Error, Fault, Result};
use std::path::{Path, PathBuf};

/// Seconds before the end at which Slurm sends its signal. It may come a minute earlier or half a
/// minute later than asked; a checkpoint takes seconds.
pub const WARNING: u32 = 120;

/// The most tasks of an array where the site says nothing else (`MaxArraySize` less one).
const MOST_TASKS: usize = 1000;

/// What the user wants of Slurm; what is not given is left to the site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlurmOptions {
    /// Queue to wait in.
    pub partition: Option<String>,
    /// Most time that a task may take.
    pub time: Option<String>,
    /// Devices of a task, as in `gpu:1`.
    pub gres: Option<String>,
    /// Who pays.
    pub account: Option<String>,
    /// Cores of a task.
    pub cpus_per_task: Option<usize>,
    /// Memory of a task.
    pub mem: Option<String>,
    /// Most tasks at a time.
    pub array_limit: Option<usize>,
    /// Tasks in all.
    pub workers: Option<usize>,
    /// Seconds before the end at which a worker is told.
    pub warning: u32,
    /// Lines that are passed on as they are.
    pub extra: Vec<String>,
}

/// What each task executes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// This program.
    pub program: PathBuf,
    /// What it is told.
    pub arguments: Vec<String>,
    /// Where it works: paths in a spec are relative to it.
    pub folder: PathBuf,
}

/// A job array of workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Name of the job.
    pub name: String,
    /// How many workers there are at most.
    pub n_tasks: usize,
    /// What `sbatch` reads.
    pub text: String,
}

impl Script {
    /// The array of a sweep with `n_cells` cells left; what the tasks print goes into `logs`.
    ///
    /// # Errors
    /// When an option cannot be put into a script.
    pub fn new(
        options: &SlurmOptions,
        experiment: &str,
        n_cells: usize,
        logs: &Path,
        worker: &Worker,
    ) -> Result<Self> {
        let name = job_name(experiment);
        let most = options.workers.or(options.array_limit).unwrap_or(MOST_TASKS);
        let n_tasks = n_cells.min(most).max(1);
        let mut lines = vec!["#!/bin/sh".to_owned()];
        let mut ask = |option: &str, value: &str| lines.push(format!("#SBATCH --{option}={value}"));
        ask("job-name", &name);
        let limit = options.array_limit.filter(|limit| *limit < n_tasks);
        let limit = limit.map(|limit| format!("%{limit}")).unwrap_or_default();
        ask("array", &format!("0-{}{limit}", n_tasks - 1));
        // `B:` is the batch process alone, which `exec` makes the worker.
        ask("signal", &format!("B:USR2@{}", options.warning));
        ask("output", &output_pattern(logs)?);
        let SlurmOptions { partition, time, gres, account, mem, .. } = options;
        let cpus = options.cpus_per_task.map(|cpus| cpus.to_string());
        for (option, value) in [
            ("partition", partition),
            ("time", time),
            ("gres", gres),
            ("account", account),
            ("cpus-per-task", &cpus),
            ("mem", mem),
        ] {
            if let Some(value) = value {
                ask(option, plain(option, value)?);
            }
        }
        // Keeps what a task printed before it was requeued.
        lines.extend(["#SBATCH --requeue", "#SBATCH --open-mode=append"].map(str::to_owned));
        for line in &options.extra {
            lines.push(extra(line)?.to_owned());
        }
        lines.push(String::new());
        lines
            .push("# A worker claims cells until none is left; any number may come and go.".into());
        lines.push(format!("cd {} || exit 1", shell_word(text(&worker.folder)?)));
        let words: Vec<String> = std::iter::once(text(&worker.program)?)
            .chain(worker.arguments.iter().map(String::as_str))
            .map(shell_word)
            .collect();
        lines.push(format!("exec {}\n", words.join(" ")));
        Ok(Self { name, n_tasks, text: lines.join("\n") })
    }
}

/// The name of an experiment's jobs.
fn job_name(experiment: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    format!("seglab-{}", experiment.chars().map(plain).collect::<String>())
}

/// A word that the shell takes as it is.
fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:=,+@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Where the tasks write their output. `sbatch` reads double quotes nearly as the shell does, but `$` means
/// nothing to it, `%` begins a pattern, and a backslash in a file name turns patterns off.
fn output_pattern(logs: &Path) -> Result<String> {
    let folder = text(logs)?;
    if let Some(odd) = folder.chars().find(|c| *c == '\\' || c.is_control()) {
        let fault = Fault::new(format!("Slurm cannot write to `{}`", logs.display()))
            .detail(format!("its name holds {odd:?}"))
            .hint("name another folder of runs with `--runs`");
        return Err(fault.into());
    }
    Ok(format!("\"{}/slurm-%A_%a.log\"", folder.replace('%', "%%").replace('"', "\\\"")))
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| {
        let fault = Fault::new(format!("the name of `{}` is not UTF-8", path.display()));
        Error::from(fault.hint("rename it: it cannot be put into a script"))
    })
}

/// A value that `sbatch` takes as it is.
fn plain<'a>(option: &str, value: &'a str) -> Result<&'a str> {
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "\"'\\#".contains(c);
    if value.is_empty() || value.contains(is_odd) {
        let fault = Fault::new(format!("`--{option}` cannot be {value:?}"));
        return Err(fault.hint("leave out blanks, quotes, `#` and backslashes").into());
    }
    Ok(value)
}

/// A line of the user's.
fn extra(line: &str) -> Result<&str> {
    let told = |message: String, hint: &str| Err(Fault::new(message).hint(hint).into());
    let Some(option) = line.strip_prefix("#SBATCH ").filter(|_| !line.contains(['\n', '\r']))
    else {
        let message = format!("`--extra` cannot be {line:?}");
        return told(message, "expected one line that begins with `#SBATCH `");
    };
    let option = option.trim_start();
    for (long, short) in [("--array", "-a"), ("--job-name", "-J")] {
        if option.starts_with(long) || option.starts_with(short) {
            let message = format!("`--extra` cannot set `{long}`");
            return told(message, "seglab uses it to find its jobs");
        }
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn worker(folder: &str) -> Worker {
        let arguments = ["sweep", "work", "/home/a b/it's.toml"].map(str::to_owned).to_vec();
        Worker { program: "/opt/seglab".into(), arguments, folder: folder.into() }
    }

    fn script(options: &SlurmOptions) -> Result<Script> {
        Script::new(options, "tiny", 6, Path::new("/runs/tiny/.sweep/logs"), &worker("/home"))
    }

    #[test]
    fn a_script_says_what_was_asked_for() {
        let options = SlurmOptions {
            partition: Some("gpu".into()),
            time: Some("1-00:00:00".into()),
            gres: Some("gpu:1".into()),
            account: Some("lab".into()),
            cpus_per_task: Some(8),
            mem: Some("16G".into()),
            array_limit: Some(2),
            workers: Some(4),
            warning: 300,
            extra: vec!["#SBATCH --constraint=\"a100&ib\"".into()],
        };
        let Script { name, n_tasks, text } = script(&options).unwrap();
        assert_eq!((name.as_str(), n_tasks), ("seglab-tiny", 4));
        let expected = r#"#!/bin/sh
#SBATCH --job-name=seglab-tiny
#SBATCH --array=0-3%2
#SBATCH --signal=B:USR2@300
#SBATCH --output="/runs/tiny/.sweep/logs/slurm-%A_%a.log"
#SBATCH --partition=gpu
#SBATCH --time=1-00:00:00
#SBATCH --gres=gpu:1
#SBATCH --account=lab
#SBATCH --cpus-per-task=8
#SBATCH --mem=16G
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --constraint="a100&ib"

# A worker claims cells until none is left; any number may come and go.
cd /home || exit 1
exec /opt/seglab sweep work '/home/a b/it'\''s.toml'
"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn there_are_no_more_tasks_than_cells_or_than_were_allowed() {
        let tasks = |options: SlurmOptions| {
            let script = script(&options).unwrap();
            let array = script.text.lines().find(|line| line.contains("--array=")).unwrap();
            (script.n_tasks, array.trim_start_matches("#SBATCH --array=").to_owned())
        };
        assert_eq!(tasks(SlurmOptions::default()), (6, "0-5".into()));
        let limited = SlurmOptions { array_limit: Some(4), ..SlurmOptions::default() };
        assert_eq!(tasks(limited.clone()), (4, "0-3".into()));
        assert_eq!(tasks(SlurmOptions { workers: Some(9), ..limited }), (6, "0-5%4".into()));
    }

    #[test]
    fn what_cannot_stand_in_a_script_is_refused() {
        for line in
            ["--mem=1G", "#SBATCH --mem=1G\nrm -r runs", "#SBATCH --array=0-9", "#SBATCH -J other"]
        {
            let options = SlurmOptions { extra: vec![line.into()], ..SlurmOptions::default() };
            assert!(script(&options).is_err(), "{line}");
        }
        for value in ["", "a b", "a\n#SBATCH --array=0-99", "a'b", "a#b"] {
            let options = SlurmOptions { partition: Some(value.into()), ..SlurmOptions::default() };
            assert!(script(&options).is_err(), "{value}");
        }
        let logs = Path::new("/runs/a\\b");
        assert!(Script::new(&SlurmOptions::default(), "tiny", 6, logs, &worker("/home")).is_err());
    }

    /// The shell itself splits the script into words.
    #[test]
    fn the_shell_takes_odd_names_as_they_are() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["a b", "it's", "$HOME `x` \"y\"", "new\nline", "*", "-n"] {
            let folder = parent.path().join(name);
            crate::base::fs::create_folder(&folder).unwrap();
            let worker = Worker {
                program: "/usr/bin/printf".into(),
                arguments: vec!["%s|".into(), name.into(), String::new()],
                folder: folder.clone(),
            };
            let logs = Path::new("/logs");
            let script = Script::new(&SlurmOptions::default(), name, 1, logs, &worker).unwrap();
            assert!(script.name.is_ascii() && !script.name.contains(' '));
            let shell = Command::new("sh").args(["-c", &script.text]).output().unwrap();
            assert_eq!(String::from_utf8(shell.stdout).unwrap(), format!("{name}||"));
        }
    }
}
