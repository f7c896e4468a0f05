//! [`RunLock`]: this process's right to write to a run.
//!
//! # Call sequence
//! [`take`](RunLock::take) claims the run; [`check`](RunLock::check) before each write that others rest
//! on, [`check_line`](RunLock::check_line) before each line of a log; [`release`](RunLock::release), or
//! dropping it, when the work is done.
//!
//! Does not know what is written.

use super::{
    super::format::{ATTEMPTS, id_of},
    attempt::{self, Attempt},
    environment::{Environment, ThisMachine},
    heartbeat::{Heartbeat, PERIOD},
    live_status::{moment, since},
    liveness::Claim,
    owner::Owner,
};
use crate::base::{Error, ErrorCode, Fault, Result, fs};
use std::{
    cell::Cell,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// How long one look at the disk is good for, before lines of a log.
const LOOK_HOLDS: Duration = Duration::from_millis(1);

/// This process's right to write to a run, kept alive by a heartbeat.
#[derive(Debug)]
pub struct RunLock {
    dir: PathBuf,
    attempt: u32,
    /// File of this attempt: gone, when the run was moved away.
    own: PathBuf,
    /// File of the attempt that would follow: once it is there, this one has no say.
    next: PathBuf,
    /// When the disk was last asked, by the clock of the day: that of the process stops while
    /// the machine sleeps.
    looked: Cell<SystemTime>,
    heartbeat_thread: Heartbeat,
}

impl RunLock {
    /// Claims a run directory as its next attempt. An owner on another machine that has long been
    /// silent is watched for 25 s first.
    ///
    /// # Errors
    /// * when a living process works on the run: it is named
    /// * when the claim cannot be written
    pub fn take(dir: &Path) -> Result<Self> {
        Self::take_in(dir, 0, &ThisMachine)
    }

    /// The same with a number above `known`: a run that was restored without its attempts would
    /// count from 1 again, and what an attempt of a lower number logs does not count.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub(crate) fn take_above(dir: &Path, known: u32) -> Result<Self> {
        Self::take_in(dir, known, &ThisMachine)
    }

    fn take_in(dir: &Path, known: u32, environment: &dyn Environment) -> Result<Self> {
        loop {
            let newest = Claim::newest(dir)?;
            if let Some(claim) = &newest
                && !claim.is_free(dir, environment)?
            {
                // While it was watched, another may have taken it.
                return Err(in_use(
                    dir,
                    &Claim::newest(dir)?.unwrap_or(claim.clone()),
                    environment,
                ));
            }
            let number = newest.map_or(0, |claim| claim.attempt).max(known) + 1;
            let owner = environment.this().clone();
            // When another was faster, look again: its claim may be over already.
            if Attempt::new(number, environment.now(), owner.clone()).claim(dir)? {
                let lock = Self {
                    dir: dir.to_owned(),
                    attempt: number,
                    own: attempt::path(dir, number),
                    next: attempt::path(dir, number + 1),
                    looked: Cell::new(SystemTime::UNIX_EPOCH),
                    heartbeat_thread: Heartbeat::start(dir, number, owner, PERIOD)?,
                };
                // A claim that a power cut might undo is none: it is let go of again.
                fs::sync_folder(&dir.join(ATTEMPTS)).map_err(Error::of_run)?;
                return Ok(lock);
            }
        }
    }

    /// Number of the attempt, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Whether the run is still this process's to write to. Costs one look at the disk.
    ///
    /// # Errors
    /// * when another process has taken the run over: it is named, and nothing more may be written
    /// * when the disk cannot be asked
    pub fn check(&self) -> Result<()> {
        if is_there(&self.next)? { Err(self.superseded()) } else { Ok(()) }
    }

    /// The same for a line of a log, where one look at the disk is good for a millisecond: no process takes
    /// a run over from an owner that gave a sign of life two minutes ago, and what an owner appends
    /// that has lost the run is masked by its number.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_line(&self) -> Result<()> {
        let now = fs::now();
        // A clock that was set back says nothing: the disk is asked.
        let age = now.duration_since(self.looked.get());
        if age.is_ok_and(|age| age < LOOK_HOLDS) {
            return Ok(());
        }
        self.check()?;
        self.looked.set(now);
        Ok(())
    }

    /// The same, and whether the run is where it was: before files and folders are made by name.
    ///
    /// # Errors
    /// As [`check`](Self::check), and when the run was moved or removed.
    pub fn check_place(&self) -> Result<()> {
        self.check()?;
        if is_there(&self.own)? {
            return Ok(());
        }
        let message = format!("run `{}` is no longer where it was", id_of(&self.dir));
        let fault = Fault::new(message).hint("it was moved or removed while it was worked on");
        Err(Error::new(ErrorCode::Superseded, fault))
    }

    /// Lets go of the run, so that any process may take it at once.
    pub fn release(self) {
        drop(self.heartbeat_thread);
    }

    fn superseded(&self) -> Error {
        let claim = Claim::of(&self.dir, self.attempt + 1);
        let owner = claim.owner().map_or_else(|| "another process".to_owned(), Owner::name);
        let mut fault = Fault::new(format!("run `{}` was taken over by {owner}", id_of(&self.dir)))
            .detail(format!("this process held attempt {}", self.attempt));
        fault = fault.detail(match claim.started() {
            Some(started) => format!("attempt {} began {}", claim.attempt, moment(started)),
            None => format!("attempt {} has begun", claim.attempt),
        });
        let fault = fault.hint(
            "nothing is lost: this process stopped without writing, the other one continues \
             from the last checkpoint",
        );
        Error::new(ErrorCode::Superseded, fault)
    }
}

/// The run is another process's.
fn in_use(dir: &Path, claim: &Claim, environment: &dyn Environment) -> Error {
    let owner = claim.owner();
    let name = owner.map_or_else(|| "another process".to_owned(), Owner::name);
    let mut fault = Fault::new(format!("run `{}` is being worked on by {name}", id_of(dir)));
    let attempt = format!("attempt {}", claim.attempt);
    fault = fault.detail(match claim.started() {
        Some(started) => format!("{attempt}, since {}", moment(started)),
        None => attempt,
    });
    if let Some(lease) = &claim.lease {
        let age = since(environment.now() - lease.heartbeat);
        fault = fault.detail(format!("last heartbeat {}, {age}", moment(lease.heartbeat)));
    }
    if let Some(job) = claim.job() {
        fault = fault.detail(format!("job {job}"));
    }
    let stop = match owner {
        Some(owner) => format!("stop it with `kill {}` on {}", owner.pid, owner.host),
        None => "stop it".to_owned(),
    };
    let hint = format!("wait for it, {stop}, or start beside it with `--fresh`");
    Error::new(ErrorCode::InUse, fault.hint(hint))
}

fn is_there(path: &Path) -> Result<bool> {
    path.try_exists().map_err(|error| fs::io_error("look for", path, &error).of_run())
}

#[cfg(test)]
mod tests {
    use super::{
        super::environment::fake::{self, Fake},
        *,
    };
    use crate::base::proc::Process;
    use std::{process::Command, sync::Barrier, thread, time::Instant};

    const TIME: &str = "2026-03-01T12:00:00Z";

    #[test]
    fn a_run_that_is_worked_on_is_refused_by_the_name_of_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("tiny-f0-s1-01234567");
        fs::create_folder(&dir).unwrap();
        let runs = Process::Runs { start_ticks: 500 };
        let lock = RunLock::take_in(&dir, 0, &Fake::new(runs)).unwrap();
        assert_eq!(lock.attempt(), 1);
        lock.check().unwrap();
        let other = Fake { this: Owner { pid: 200, ..fake::owner() }, ..Fake::new(runs) };
        let error = RunLock::take_in(&dir, 0, &other).unwrap_err();
        assert_eq!((error.code, error.code.exit_code()), (ErrorCode::InUse, 1));
        let text = error.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "error: run `tiny-f0-s1-01234567` is being worked on by process 100 on node1"
        );
        assert_eq!(lines[1], "  attempt 1, since 2026-03-01 12:00:00 UTC");
        assert!(lines[2].starts_with("  last heartbeat 2"), "{text}");
        assert_eq!(
            lines[lines.len() - 1],
            "hint: wait for it, stop it with `kill 100` on node1, or start beside it with `--fresh`"
        );
        lock.release();
        assert_eq!(
            RunLock::take_in(&dir, 0, &other).unwrap().attempt(),
            2,
            "a released run is free"
        );
    }

    #[test]
    fn an_owner_that_was_taken_over_learns_it_at_its_next_look() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("tiny-f0-s1-01234567");
        fs::create_folder(&dir).unwrap();
        let stale = RunLock::take_in(&dir, 0, &Fake::new(Process::Gone)).unwrap();
        stale.check_line().unwrap();
        let other = Fake {
            this: Owner { pid: 200, ..fake::owner() },
            now: Cell::new(TIME.parse().unwrap()),
            ..Fake::new(Process::Gone)
        };
        let newer = RunLock::take_in(&dir, 0, &other).unwrap();
        assert_eq!(newer.attempt(), 2);
        newer.check().unwrap();
        let error = stale.check().unwrap_err();
        assert_eq!(error.code, ErrorCode::Superseded);
        thread::sleep(LOOK_HOLDS * 2);
        assert_eq!(stale.check_line().unwrap_err(), error, "it learns it from a line too");
        assert_eq!(
            error.faults[0].message,
            "run `tiny-f0-s1-01234567` was taken over by process 200 on node1"
        );
        assert_eq!(
            error.faults[0].details,
            ["this process held attempt 1", "attempt 2 began 2026-03-01 12:00:00 UTC"]
        );
        // Letting go, it must not free the run of the newer one.
        stale.release();
        newer.check().unwrap();
        let alive = Fake::new(Process::Runs { start_ticks: 500 });
        assert!(RunLock::take_in(&dir, 0, &alive).is_err());
    }

    #[test]
    fn of_threads_that_race_for_a_run_one_wins() {
        for _ in 0..50 {
            let folder = tempfile::tempdir().unwrap();
            let start = Barrier::new(4);
            let takes: Vec<_> = thread::scope(|scope| {
                let race = || {
                    start.wait();
                    RunLock::take(folder.path())
                };
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(race)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            let won: Vec<_> = takes.iter().filter_map(|take| take.as_ref().ok()).collect();
            assert_eq!(won.len(), 1);
            assert_eq!(won[0].attempt(), 1);
        }
    }

    const N_RACES: usize = 200;
    const RACER: &str = "SEGLAB_TEST_RACER";

    /// Whether a file appears before a test would be given up.
    fn await_file(path: &Path) {
        let begun = Instant::now();
        while !path.exists() {
            assert!(begun.elapsed() < Duration::from_mins(1), "no `{}`", path.display());
            thread::sleep(Duration::from_micros(200));
        }
    }

    /// Two processes meet before each race and keep what they got until both have tried.
    #[test]
    fn of_processes_that_race_for_a_run_one_wins() {
        let folder = tempfile::tempdir().unwrap();
        let racer = |name: &str| {
            let arguments = ["--exact", "record::lock::run_lock::tests::racer", "--ignored"];
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(arguments).env(RACER, folder.path().join(name)).spawn().unwrap()
        };
        let (mut a, mut b) = (racer("a"), racer("b"));
        assert!(a.wait().unwrap().success() && b.wait().unwrap().success());
        let outcome = |name: &str| fs::read_text(&folder.path().join(name)).unwrap();
        let (a, b) = (outcome("a"), outcome("b"));
        assert_eq!((a.lines().count(), b.lines().count()), (N_RACES, N_RACES));
        for (race, (a, b)) in a.lines().zip(b.lines()).enumerate() {
            let (lost, won) = if a == "won" { (b, a) } else { (a, b) };
            assert_eq!(won, "won", "race {race}");
            assert!(lost.starts_with("run `") && lost.contains("is being worked on by process"));
        }
    }

    #[test]
    #[ignore = "one of the two processes of the test above"]
    fn racer() {
        let outcome_path = PathBuf::from(std::env::var_os(RACER).unwrap());
        let folder = outcome_path.parent().unwrap();
        let is_a = outcome_path.ends_with("a");
        let meet = |what: String| {
            let [own, other] = if is_a { ["a", "b"] } else { ["b", "a"] };
            fs::write_synced(&folder.join(format!("{what}-{own}")), b"").unwrap();
            await_file(&folder.join(format!("{what}-{other}")));
        };
        let mut outcome = String::new();
        for race in 0..N_RACES {
            let dir = folder.join(format!("run-{race}"));
            fs::create_folder(&dir).unwrap();
            meet(format!("ready-{race}"));
            let take = RunLock::take(&dir);
            meet(format!("tried-{race}"));
            match &take {
                Ok(lock) => {
                    lock.check().unwrap();
                    outcome += "won\n";
                }
                Err(error) => {
                    outcome += &error.faults[0].message;
                    outcome += "\n";
                }
            }
        }
        fs::write_synced(&outcome_path, outcome.as_bytes()).unwrap();
    }
}
