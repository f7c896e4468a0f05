//! Sweeps as job arrays: against stand-ins of Slurm's programs, and on a real Slurm of one node.

use crate::support::{
    optional_tool::skip_without,
    sandbox::{Ended, Sandbox, read},
};
use seglab::{
    event::Event,
    record::{Entry, read_run},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Six cells that take some seconds each, so that there is time to disturb them.
const SIX: &str = r#"
extends = "tiny.toml"
name = "six"

[train]
epochs = 40
patience = 0

[sweep]
seeds = [1, 2, 3, 4, 5, 6]
"#;

const N_EPOCHS: usize = 40;
/// Longest wait for anything: a requeued job alone waits for 6 to 15 s.
const PATIENCE: Duration = Duration::from_secs(100);

fn await_that(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn attempts(run: &Path) -> Vec<Value> {
    let Ok(found) = std::fs::read_dir(run.join("attempts")) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = found.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    paths.iter().map(|path| serde_json::from_str(&read(path)).unwrap()).collect()
}

/// Run directories of an experiment, once there are any.
fn runs(sandbox: &Sandbox, name: &str) -> Vec<PathBuf> {
    let Ok(found) = std::fs::read_dir(sandbox.path("runs").join(name)) else { return Vec::new() };
    let mut runs: Vec<PathBuf> = found.map(|entry| entry.unwrap().path()).collect();
    runs.retain(|run| run.join("run.toml").exists());
    runs.sort();
    runs
}

/// Stand-ins of Slurm's programs, which say what they find in files and write down what they hear.
struct Stub {
    sandbox: Sandbox,
}

impl Stub {
    fn new() -> Self {
        let stub = Self { sandbox: Sandbox::new() };
        stub.sandbox.write("six.toml", SIX);
        std::fs::create_dir(stub.sandbox.path("bin")).unwrap();
        stub.program("sbatch", "env >$here/env; cat >$here/script; echo '12;cluster'");
        stub.program("squeue", "cat $here/queue");
        stub.program(
            "scontrol",
            "echo \"$@\" >>$here/calls\n[ $1 = show ] && cat $here/state && exit\n\
             [ -e $here/refuses ] || exit 0\ncat $here/refuses >&2; exit 1",
        );
        stub.sandbox.write("bin/queue", "");
        stub
    }

    fn program(&self, name: &str, body: &str) {
        let text = format!("#!/bin/sh\nhere=$(dirname \"$0\")\n{body}\n");
        self.sandbox.write(&format!("bin/{name}"), &text);
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.sandbox.path(&format!("bin/{name}")), mode).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(arguments);
        let path = format!("{}:/usr/bin:/bin", self.sandbox.path("bin").display());
        command.env("PATH", path).env("SEGLAB_TEST_TOKEN", "hush");
        command
    }

    fn submit(&self, more: &[&str]) -> Ended {
        let run = ["sweep", "run", "six.toml", "--devices", "cpu", "--slurm"];
        Ended::from(self.command(&[&run, more].concat()).output().unwrap())
    }

    /// A worker in a job that is stopped by a signal while Slurm says this of it; what it then
    /// asked `scontrol` for, and how it ended.
    fn stopped_worker(&self, state: &str) -> (Vec<String>, Ended) {
        self.sandbox.write("bin/state", state);
        let log = std::fs::File::create(self.sandbox.path("worker.log")).unwrap();
        let mut worker = self
            .command(&["sweep", "work", "six.toml", "--devices", "cpu"])
            .env("SLURM_JOB_ID", "15")
            .env("SLURM_ARRAY_JOB_ID", "12")
            .env("SLURM_ARRAY_TASK_ID", "3")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let is_begun = || {
            let has_begun = |run: &PathBuf| run.join("checkpoints/last").exists();
            runs(&self.sandbox, "six").iter().any(has_begun)
        };
        let began = Instant::now();
        while !is_begun() && began.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(20));
        }
        kill("-USR2", worker.id());
        let code = worker.wait().unwrap().code().unwrap();
        let stderr = read(&self.sandbox.path("worker.log"));
        assert!(is_begun(), "no cell has a checkpoint: {stderr}");
        let calls = std::fs::read_to_string(self.sandbox.path("bin/calls")).unwrap_or_default();
        let calls = calls.lines().map(str::to_owned).collect();
        (calls, Ended { code, stdout: String::new(), stderr })
    }
}

fn kill(signal: &str, pid: u32) {
    let status = Command::new("kill").args([signal, &pid.to_string()]).status().unwrap();
    assert!(status.success(), "kill {signal} {pid}");
}

#[test]
fn an_array_is_shown_submitted_once_and_written_down() {
    let stub = Stub::new();
    let sandbox = &stub.sandbox;
    let wish = ["--partition", "gpu", "--time", "8:00:00", "--array-limit", "2"];
    let shown = stub.submit(&[&wish[..], &["--dry-run"]].concat()).succeeds().stdout;
    assert!(!sandbox.path("bin/script").exists() && !sandbox.path("runs/six/.sweep").exists());
    for line in ["#SBATCH --partition=gpu\n", "#SBATCH --array=0-1\n", "#SBATCH --time=8:00:00\n"] {
        assert!(shown.contains(line), "{shown}");
    }
    let submitted = stub.submit(&wish).succeeds();
    assert!(submitted.stdout.starts_with("job     12 (2 workers for 6 cells)\n"));
    assert_eq!(read(&sandbox.path("bin/script")), shown);
    let environment = read(&sandbox.path("bin/env"));
    assert!(environment.contains("PATH=") && !environment.contains("hush"), "{environment}");
    let job: Value =
        serde_json::from_str(&read(&sandbox.path("runs/six/.sweep/jobs/12.json"))).unwrap();
    assert_eq!((&job["job"], &job["n-tasks"]), (&12.into(), &2.into()));
    assert_eq!(job["script"], shown);

    // Somebody else's job of the same name does not count, one of this array does.
    sandbox.write("bin/queue", "99|0|RUNNING|n0|0:05|UNLIMITED|None\n");
    stub.submit(&wish).succeeds();
    sandbox.write(
        "bin/queue",
        "12|0|RUNNING|n0|0:05|7:59:55|None\n12|1|PENDING||0:00|8:00:00|Priority\n",
    );
    let refused = stub.submit(&wish);
    assert_eq!(refused.code, 2);
    for line in [
        "error: 2 workers of this sweep already wait or run\n  such as job 12_0, running\n",
        "`--again`",
        "`scancel 12`",
    ] {
        assert!(refused.stderr.contains(line), "{}", refused.stderr);
    }
    stub.submit(&[&wish[..], &["--again"]].concat()).succeeds();
    let seen = Ended::from(stub.command(&["sweep", "status", "six"]).output().unwrap()).succeeds();
    for line in ["12_0  running", "12_1  pending", "Priority"] {
        assert!(seen.stdout.contains(line), "{}", seen.stdout);
    }
    // A queue that does not answer holds nobody up.
    stub.program("squeue", "exec sleep 60");
    let began = Instant::now();
    Ended::from(stub.command(&["sweep", "status", "six"]).output().unwrap()).succeeds();
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_refusal_of_sbatch_or_its_absence_is_reported() {
    let stub = Stub::new();
    stub.program("sbatch", "cat >/dev/null; echo 'sbatch: error: invalid partition' >&2; exit 1");
    let refused = stub.submit(&["--partition", "none"]);
    assert_eq!(refused.code, 2);
    let expected = "error: `sbatch` refuses the job array\n  sbatch: error: invalid partition\n";
    assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    std::fs::remove_file(stub.sandbox.path("bin/sbatch")).unwrap();
    let mut command = stub.command(&["sweep", "run", "six.toml", "--slurm"]);
    let bin = stub.sandbox.path("bin");
    let missing = Ended::from(command.env("PATH", bin).output().unwrap());
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("caused by: `sbatch` is not installed here"));
    assert!(missing.stderr.contains("hint: submit from a machine of the cluster"));
    let odd = stub.submit(&["--extra", "--mem=1G"]);
    assert_eq!(odd.code, 2);
    assert!(odd.stderr.contains("begins with `#SBATCH `"), "{}", odd.stderr);
}

#[test]
fn a_worker_that_is_stopped_by_a_signal_asks_to_be_requeued() {
    let stub = Stub::new();
    let (calls, ended) = stub.stopped_worker("BatchFlag=1 JobState=RUNNING Restarts=0\n");
    assert_eq!(calls, ["show job --oneliner 12_3", "requeue 12_3"]);
    assert_eq!(ended.code, 75, "{}", ended.stderr);
    assert!(ended.stderr.contains("job 12_3 is requeued: it received a signal"));
    let run = &runs(&stub.sandbox, "six")[0];
    assert_eq!(attempts(run)[0]["job"]["SLURM_ARRAY_TASK_ID"], "3");
    let status: Value = serde_json::from_str(&read(&run.join("status.json"))).unwrap();
    assert_eq!(status["status"], "preempted", "its checkpoint came first");
}

#[test]
fn a_worker_whose_job_was_cancelled_does_not_come_back() {
    let stub = Stub::new();
    let (calls, ended) = stub.stopped_worker("BatchFlag=1 JobState=COMPLETING Restarts=0\n");
    assert_eq!(calls, ["show job --oneliner 12_3"]);
    assert_eq!(ended.code, 75);
    assert!(ended.stderr.contains("job 12_3 is not requeued: it was cancelled"));
}

#[test]
fn a_refused_requeue_is_reported() {
    let stub = Stub::new();
    stub.sandbox.write("bin/refuses", "Requested operation is presently disabled for job 12_3\n");
    let (calls, ended) = stub.stopped_worker("BatchFlag=1 JobState=RUNNING Restarts=0\n");
    assert_eq!(calls.len(), 3, "it looks whether it was heard: {calls:?}");
    assert_eq!(ended.code, 75);
    for words in ["could not be requeued: Requested operation is presently disabled", "submits"] {
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}

/// A real Slurm in a folder of its own.
struct Slurm {
    folder: tempfile::TempDir,
    sandbox: Sandbox,
}

impl Drop for Slurm {
    fn drop(&mut self) {
        let _ = script("stop.sh").arg(self.folder.path()).status();
    }
}

fn script(name: &str) -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slurm").join(name))
}

impl Slurm {
    /// Starts it; why there cannot be one, where there cannot.
    fn start() -> Result<Self, String> {
        // The name of a socket has to be short.
        let folder = tempfile::Builder::new().prefix("slurm").tempdir_in("/tmp").unwrap();
        let slurm = Self { folder, sandbox: Sandbox::new() };
        let output = script("start.sh").arg(slurm.folder.path()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        match output.status.code() {
            Some(0) => Ok(slurm),
            Some(77) => Err(told),
            code => panic!("start.sh returned {code:?}: {told}"),
        }
    }

    fn configured<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("SLURM_CONF", self.folder.path().join("slurm.conf"))
    }

    fn ask(&self, command: &mut Command) -> Ended {
        Ended::from(self.configured(command).output().unwrap())
    }

    fn seglab(&self, arguments: &[&str]) -> Ended {
        self.ask(&mut self.sandbox.command(arguments))
    }

    fn slurm(&self, program: &str, arguments: &[&str]) -> String {
        self.ask(Command::new(program).args(arguments)).succeeds().stdout
    }

    fn submit(&self, more: &[&str]) -> String {
        let run = ["sweep", "run", "six.toml", "--devices", "cpu", "--slurm"];
        let submitted = self.seglab(&[&run, more].concat()).succeeds().stdout;
        submitted.split_whitespace().nth(1).unwrap().to_owned()
    }

    /// By task of an array, the worker's process and the run that it works on.
    fn working(&self, name: &str) -> BTreeMap<String, (u32, PathBuf)> {
        let mut working = BTreeMap::new();
        for run in runs(&self.sandbox, name) {
            let Some(attempt) = attempts(&run).pop() else { continue };
            let has_checkpoint = run.join("checkpoints/last").exists();
            let status = std::fs::read_to_string(run.join("status.json")).unwrap_or_default();
            if let Some(task) = attempt["job"]["SLURM_ARRAY_TASK_ID"].as_str()
                && has_checkpoint
                && status.contains("\"running\"")
            {
                let child = attempt["owner"]["pid"].as_u64().unwrap();
                // It may have ended just now.
                let stat = std::fs::read_to_string(format!("/proc/{child}/stat"));
                let Ok(stat) = stat else { continue };
                let parent = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(1).unwrap();
                working.insert(task.to_owned(), (parent.parse().unwrap(), run));
            }
        }
        working
    }

    fn log(&self, name: &str, task: &str) -> String {
        read(&self.sandbox.path(&format!("runs/{name}/.sweep/logs/slurm-{task}.log")))
    }
}

/// Each epoch of a run, in the order in which readers see them.
fn epochs(run: &Path) -> Vec<usize> {
    let epoch = |entry: &Entry| match entry.event {
        Event::Epoch { epoch, .. } => Some(epoch),
        _ => None,
    };
    read_run(run).unwrap().events.iter().filter_map(epoch).collect()
}

#[test]
fn an_array_on_a_real_slurm_ends_whole_whatever_happens_to_its_tasks() {
    let slurm = match Slurm::start() {
        Ok(slurm) => slurm,
        Err(why) => {
            return skip_without(
                "slurm",
                &format!("there is no Slurm to try a job array on: {why}"),
            );
        }
    };
    slurm.sandbox.write("six.toml", SIX);
    let job = slurm.submit(&["--partition", "low", "--workers", "6", "--array-limit", "3"]);
    await_that("three tasks work", || slurm.working("six").len() == 3);
    let working = slurm.working("six");
    let [preempted, requeued] = ["0", "2"].map(|task| format!("{job}_{task}"));
    // The signal is there at once, but `scancel` only returns when it has missed the job for 18 s.
    let mut signal = Command::new("scancel");
    signal.args(["--batch", "--signal=USR2", &preempted]);
    let mut signal = slurm.configured(&mut signal).stderr(Stdio::null()).spawn().unwrap();
    let (worker, killed_run) = &working["1"];
    kill("-KILL", *worker);
    slurm.slurm("scontrol", &["requeue", &requeued]);
    // Of another sweep on the same Slurm: a cancelled job must stay away.
    let other = slurm.submit(&["--set", "name=other", "--workers", "1"]);
    await_that("the other works", || !slurm.working("other").is_empty());
    slurm.slurm("scancel", &[&other]);

    let is_over = || slurm.slurm("squeue", &["--noheader"]).trim().is_empty();
    await_that("all jobs are over", is_over);
    signal.wait().unwrap();

    let runs = runs(&slurm.sandbox, "six");
    assert_eq!(runs.len(), 6);
    for run in &runs {
        let status: Value = serde_json::from_str(&read(&run.join("status.json"))).unwrap();
        assert_eq!(status["status"], "finished", "{}", run.display());
        assert_eq!(epochs(run), (1..=N_EPOCHS).collect::<Vec<_>>(), "{}", run.display());
    }
    let log = slurm.log("six", &preempted);
    let said = format!("job {preempted} is requeued: it received a signal");
    assert!(log.contains(&said), "{log}");
    let log = slurm.log("six", &requeued);
    let said = format!("job {requeued} is not requeued: it is in the queue already");
    assert!(log.contains(&said), "{log}");
    let log = slurm.log("other", &format!("{other}_0"));
    let said = format!("job {other}_0 is not requeued: it was cancelled");
    assert!(log.contains(&said), "{log}");
    // The cell of the killed worker went to another one, from its last checkpoint.
    let by = attempts(killed_run);
    assert!(by.len() >= 2 && by[1]["job"]["SLURM_ARRAY_TASK_ID"] != "1", "{by:?}");
    // Both that were to come back did, whether or not a cell was left for them.
    let workers = std::fs::read_dir(slurm.sandbox.path("runs/six/.sweep/workers")).unwrap();
    let claims = workers.flat_map(|worker| attempts(&worker.unwrap().path()));
    let mut restarted: Vec<String> = claims
        .filter(|claim| claim["job"]["SLURM_RESTART_COUNT"] == "1")
        .map(|claim| claim["job"]["SLURM_ARRAY_TASK_ID"].as_str().unwrap().to_owned())
        .collect();
    restarted.sort();
    assert_eq!(restarted, ["0", "2"]);
}
