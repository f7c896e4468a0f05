//! [`live_status`]: the status of a run as every reader must see it. A run whose process exited
//! unexpectedly still says `running` on disk; here it is `failed`, of the class `killed`.
//!
//! Does not know about its readers.

use super::{
    super::format::{Failure, FailureClass, Status, StatusFile},
    environment::{Environment, ThisMachine},
    heartbeat::Memory,
    liveness::{Claim, Liveness, SILENCE},
    owner::Owner,
};
use crate::base::{
    Result,
    text::{bytes, duration},
};
use chrono::{DateTime, TimeDelta, Utc};
use std::path::Path;

/// The status of a run, and of the process that works on it.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveStatus {
    /// `failed` where the file says `running` but the process is gone.
    pub status: StatusFile,
    /// Who works on it, or did last; only looked for while the run has not ended.
    pub owner: Option<Owner>,
    /// Whether a process works on it.
    pub alive: bool,
    /// Newest attempt, from 1; 0 when the run has ended or no process has claimed it.
    pub attempt: u32,
    /// What is odd about it.
    pub notes: Vec<String>,
}

/// The status of a run. For a run that has ended only `status.json` is read.
///
/// # Errors
/// * when `status.json` cannot be read or does not match its checksum
/// * when the folder of attempts cannot be listed
pub fn live_status(dir: &Path) -> Result<LiveStatus> {
    live_status_in(dir, &ThisMachine)
}

fn live_status_in(dir: &Path, environment: &dyn Environment) -> Result<LiveStatus> {
    let mut status = StatusFile::read(dir)?;
    loop {
        if !matches!(status.status, Status::Queued | Status::Running) {
            let (owner, notes) = (None, Vec::new());
            return Ok(LiveStatus { status, owner, alive: false, attempt: 0, notes });
        }
        let claim = Claim::newest(dir)?;
        let found = match &claim {
            Some(claim) => claimed(status.clone(), claim, environment),
            None => unclaimed(status.clone(), environment),
        };
        if found.alive {
            return Ok(found);
        }
        // It may have ended in good order between the first look and the second.
        let again = StatusFile::read(dir)?;
        if again == status {
            return Ok(found);
        }
        status = again;
    }
}

fn claimed(mut status: StatusFile, claim: &Claim, environment: &dyn Environment) -> LiveStatus {
    let liveness = claim.liveness(environment);
    let alive = liveness.is_alive();
    let mut notes = Vec::new();
    if let Liveness::Ahead(by) = liveness {
        notes.push(format!(
            "the last heartbeat lies {} in the future: this clock or that of {} is wrong",
            span(by),
            claim.owner().map_or("its machine", |owner| &owner.host)
        ));
    }
    if !alive {
        status.status = Status::Failed(killed(claim, liveness));
    }
    LiveStatus { status, owner: claim.owner().cloned(), alive, attempt: claim.attempt, notes }
}

/// A run that waits, one that is just being begun, or one whose attempts are lost.
fn unclaimed(mut status: StatusFile, environment: &dyn Environment) -> LiveStatus {
    let is_young = (environment.now() - status.updated).abs() <= SILENCE;
    let alive = status.status == Status::Running && is_young;
    if status.status == Status::Running && !is_young {
        status.status = Status::Failed(Failure {
            class: FailureClass::Killed,
            reason: "its process exited unexpectedly".to_owned(),
            details: vec![format!("last written {}", moment(status.updated))],
            advice: vec![ADVICE.to_owned()],
        });
    }
    LiveStatus { status, owner: None, alive, attempt: 0, notes: Vec::new() }
}

const ADVICE: &str = "the same `seglab run SPEC` continues from its last checkpoint";

fn killed(claim: &Claim, liveness: Liveness) -> Failure {
    let name = claim.owner().map_or_else(|| "its process".to_owned(), Owner::name);
    let how = match liveness {
        Liveness::Rebooted => "ended when its machine was shut down",
        Liveness::Silent(_) => "gives no sign of life: it died, or its machine cannot be reached",
        Liveness::Released => "released the run before its end",
        _ => "exited unexpectedly",
    };
    let last = match (&claim.lease, claim.started()) {
        (Some(lease), _) => format!(", last heartbeat {}", moment(lease.heartbeat)),
        (None, Some(started)) => format!(", begun {}", moment(started)),
        (None, None) => String::new(),
    };
    let mut failure = Failure {
        class: FailureClass::Killed,
        reason: format!("{name} {how}{last}"),
        details: vec![format!("attempt {}", claim.attempt)],
        advice: vec![ADVICE.to_owned()],
    };
    failure.details.extend(claim.job().map(|job| format!("job {job}")));
    let memory = claim.lease.as_ref().and_then(|lease| lease.memory);
    if let Some(memory) = memory.filter(Memory::is_low) {
        failure.details.push(format!(
            "memory at that time: the process held {}, {} of {} were left",
            bytes(memory.resident),
            bytes(memory.available),
            bytes(memory.total)
        ));
        failure.advice.push(
            "it was probably out of memory (`dmesg` then says so): give it more memory, or use a \
             smaller `train.batch` or `preprocess.grid`"
                .to_owned(),
        );
    }
    failure
}

/// A time to the second.
pub(super) fn moment(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// An age in words.
pub(super) fn since(age: TimeDelta) -> String {
    if age < TimeDelta::zero() {
        format!("{} in the future", span(-age))
    } else {
        format!("{} ago", span(age))
    }
}

fn span(time: TimeDelta) -> String {
    duration(time.num_seconds() as f64)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            super::format::{LEASE, STATUS},
            attempt::Attempt,
            environment::fake::{self, Fake},
            heartbeat::Lease,
        },
        *,
    };
    use crate::base::{checksum::write_checked, fs, proc::Process};
    use std::collections::BTreeMap;

    fn write(dir: &Path, status: Status, updated: DateTime<Utc>) {
        let files = BTreeMap::new();
        let status = StatusFile { status, updated, epoch: 3, step: 12, files };
        write_checked(&dir.join(STATUS), &status).unwrap();
    }

    /// A run of status `running` that process 100 on node1 claimed an hour ago, with a heartbeat
    /// 50 minutes ago.
    fn run_of(environment: &Fake, lease: impl Fn(&mut Lease)) -> (tempfile::TempDir, LiveStatus) {
        let folder = tempfile::tempdir().unwrap();
        let began = environment.now() - TimeDelta::hours(1);
        write(folder.path(), Status::Running, began);
        Attempt::new(1, began, fake::owner()).claim(folder.path()).unwrap();
        let heartbeat = environment.now() - TimeDelta::minutes(50);
        let memory = Some(Memory { resident: 14 << 30, available: 1 << 27, total: 16 << 30 });
        let mut found =
            Lease { fence: 1, owner: fake::owner(), heartbeat, beat: 9, memory, released: false };
        lease(&mut found);
        write_checked(&folder.path().join(LEASE), &found).unwrap();
        let live = live_status_in(folder.path(), environment).unwrap();
        (folder, live)
    }

    fn failure(live: &LiveStatus) -> &Failure {
        let Status::Failed(failure) = &live.status.status else { panic!("{live:?}") };
        failure
    }

    #[test]
    fn a_run_whose_process_is_gone_was_killed() {
        let environment = Fake::new(Process::Gone);
        let (_folder, live) = run_of(&environment, |_| {});
        assert_eq!((live.alive, live.attempt), (false, 1));
        assert_eq!((live.status.epoch, live.status.step), (3, 12));
        let failure = failure(&live);
        assert_eq!(failure.class, FailureClass::Killed);
        assert_eq!(
            failure.reason,
            "process 100 on node1 exited unexpectedly, last heartbeat 2026-03-01 11:10:00 UTC"
        );
        assert_eq!(
            failure.details.last().unwrap(),
            "memory at that time: the process held 15.0 GB, 134.2 MB of 17.2 GB were left"
        );
        assert_eq!(failure.advice[0], ADVICE);
        assert!(failure.advice[1].contains("probably out of memory"));
    }

    #[test]
    fn a_run_whose_process_is_there_runs_however_old_its_heartbeat() {
        let environment = Fake::new(Process::Runs { start_ticks: 500 });
        let (_folder, live) = run_of(&environment, |_| {});
        assert_eq!((live.alive, &live.status.status), (true, &Status::Running));
        assert_eq!(live.owner, Some(fake::owner()));
    }

    #[test]
    fn elsewhere_the_heartbeat_decides_and_a_clock_ahead_is_noted() {
        let mut environment = Fake::new(Process::Gone);
        environment.this.boot_id = "b9".into();
        environment.this.host = "node9".into();
        let (_folder, silent) = run_of(&environment, |_| {});
        assert!(failure(&silent).reason.starts_with("process 100 on node1 gives no sign of life"));
        let now = environment.now();
        let (_folder, fresh) = run_of(&environment, |lease| lease.heartbeat = now);
        assert_eq!((fresh.alive, fresh.notes.len()), (true, 0));
        let ahead = now + TimeDelta::hours(3);
        let (_folder, ahead) = run_of(&environment, |lease| lease.heartbeat = ahead);
        assert!(ahead.alive);
        assert_eq!(
            ahead.notes,
            [
                "the last heartbeat lies 3 h 00 min in the future: this clock or that of node1 is wrong"
            ]
        );
    }

    #[test]
    fn of_an_ended_run_nothing_but_its_status_is_read() {
        let environment = Fake::new(Process::Gone);
        let (folder, _) = run_of(&environment, |_| {});
        write(folder.path(), Status::Finished, environment.now());
        // Not even a folder that cannot be listed matters.
        fs::remove_folder(&folder.path().join("attempts")).unwrap();
        fs::write_synced(&folder.path().join("attempts"), b"").unwrap();
        let live = live_status_in(folder.path(), &environment).unwrap();
        assert_eq!((live.status.status, live.attempt), (Status::Finished, 0));
    }

    #[test]
    fn a_run_that_nobody_claimed_waits_or_is_being_begun_or_was_killed() {
        let environment = Fake::new(Process::Gone);
        let folder = tempfile::tempdir().unwrap();
        let old = environment.now() - TimeDelta::hours(1);
        let live = || live_status_in(folder.path(), &environment).unwrap();
        write(folder.path(), Status::Queued, old);
        assert_eq!(live().status.status, Status::Queued);
        write(folder.path(), Status::Running, environment.now());
        assert_eq!((live().status.status, live().alive), (Status::Running, true));
        write(folder.path(), Status::Running, old);
        assert_eq!(failure(&live()).class, FailureClass::Killed);
    }
}
