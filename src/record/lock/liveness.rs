//! [`Claim::liveness`]: whether the owner of a run still lives.
//!
//! Where the process table can be asked, it answers at once. Elsewhere heartbeats must do: one
//! younger than [`SILENCE`] is a sign of life. Before a run is taken over from an owner that is
//! silent, or whose clock is ahead, it is watched for another sign.
//!
//! Does not know what follows from it.

use super::{
    attempt::{self, Attempt},
    environment::Environment,
    heartbeat::Lease,
    owner::Owner,
};
use crate::base::{Result, proc::Process};
use chrono::{DateTime, TimeDelta, Utc};
use std::{path::Path, time::Duration};

/// An owner elsewhere that gives no sign for this long counts as dead: twelve heartbeats. It is
/// also how far clocks may differ.
pub(super) const SILENCE: TimeDelta = TimeDelta::seconds(120);

/// How long a silent owner is watched before its run is taken over: two heartbeats and a half.
const WATCH: Duration = Duration::from_secs(25);
/// Between looks while watching.
const LOOK: Duration = Duration::from_secs(1);

/// The newest claim on a run, as far as it can be read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Claim {
    pub(super) attempt: u32,
    made: Option<Attempt>,
    pub(super) lease: Option<Lease>,
}

/// What the signs say of an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Liveness {
    /// Its process is there, or it gave a sign of late.
    Alive,
    /// Its last sign lies in the future by this much: a clock is wrong.
    Ahead(TimeDelta),
    /// It is elsewhere, and its last sign is this old; `None` when there is none.
    Silent(Option<TimeDelta>),
    /// Its process is not there.
    Gone,
    /// Its machine was restarted.
    Rebooted,
    /// It has let go of the run.
    Released,
}

impl Liveness {
    /// Whether a reader, who cannot wait, takes the owner to be alive.
    pub(super) fn is_alive(self) -> bool {
        matches!(self, Self::Alive | Self::Ahead(_))
    }
}

impl Claim {
    /// The newest claim on a run; `None` when no process has claimed it.
    ///
    /// # Errors
    /// When the folder of attempts cannot be listed.
    pub(super) fn newest(dir: &Path) -> Result<Option<Self>> {
        let attempt = attempt::newest(dir)?;
        Ok((attempt > 0).then(|| Self::of(dir, attempt)))
    }

    /// The claim of a number.
    pub(super) fn of(dir: &Path, attempt: u32) -> Self {
        let made = Attempt::read(dir, attempt).ok();
        Self { attempt, made, lease: Lease::read(dir, attempt) }
    }

    /// Who holds it; `None` when neither file can be read.
    pub(super) fn owner(&self) -> Option<&Owner> {
        let attempt = self.made.as_ref().map(|made| &made.owner);
        attempt.or(self.lease.as_ref().map(|lease| &lease.owner))
    }

    /// When it was made.
    pub(super) fn started(&self) -> Option<DateTime<Utc>> {
        Some(self.made.as_ref()?.started)
    }

    /// What the scheduler calls its job, as `NAME=value`.
    pub(super) fn job(&self) -> Option<String> {
        let job = &self.made.as_ref()?.job;
        let words: Vec<_> = job.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// Whether its owner lives, by what can be seen at this moment.
    pub(super) fn liveness(&self, environment: &dyn Environment) -> Liveness {
        if self.lease.as_ref().is_some_and(|lease| lease.released) {
            return Liveness::Released;
        }
        if let Some(owner) = self.owner() {
            if environment.this().sees(owner) {
                return match environment.process(owner.pid) {
                    Process::Gone => Liveness::Gone,
                    // 0: the owner did not know when it began.
                    Process::Runs { start_ticks }
                        if ![start_ticks, 0].contains(&owner.start_ticks) =>
                    {
                        Liveness::Gone
                    }
                    Process::Runs { .. } | Process::Hidden => Liveness::Alive,
                };
            }
            if environment.this().outlived_boot_of(owner) {
                return Liveness::Rebooted;
            }
        }
        let Some(sign) = self.lease.as_ref().map(|lease| lease.heartbeat).or(self.started()) else {
            return Liveness::Silent(None);
        };
        let age = environment.now() - sign;
        if age < -SILENCE {
            Liveness::Ahead(-age)
        } else if age <= SILENCE {
            Liveness::Alive
        } else {
            Liveness::Silent(Some(age))
        }
    }

    /// Whether another may take the run over; watches an owner of whom nothing certain is known.
    ///
    /// # Errors
    /// When the folder of attempts cannot be listed.
    pub(super) fn is_free(&self, dir: &Path, environment: &dyn Environment) -> Result<bool> {
        match self.liveness(environment) {
            Liveness::Alive => return Ok(false),
            Liveness::Gone | Liveness::Rebooted | Liveness::Released => return Ok(true),
            Liveness::Ahead(_) | Liveness::Silent(_) => {}
        }
        let mut waited = Duration::ZERO;
        while waited < WATCH {
            environment.wait(LOOK);
            waited += LOOK;
            match Self::newest(dir)? {
                Some(found) if found == *self => {}
                // Its own last sign may be that it let go.
                Some(found) if found.attempt == self.attempt => {
                    return Ok(found.liveness(environment) == Liveness::Released);
                }
                _ => return Ok(false),
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            super::format::{ATTEMPTS, LEASE},
            environment::fake::{self, Fake},
        },
        *,
    };
    use crate::base::{checksum::write_checked, fs};

    const RUNS: Process = Process::Runs { start_ticks: 500 };

    fn lease(environment: &Fake, owner: Owner, age: i64) -> Lease {
        let heartbeat = environment.now() - TimeDelta::seconds(age);
        Lease { fence: 1, owner, heartbeat, beat: 7, memory: None, released: false }
    }

    /// A claim an hour old whose last heartbeat is `age` seconds old.
    fn claim(environment: &Fake, owner: Owner, age: i64) -> Claim {
        let made = Attempt::new(1, environment.now() - TimeDelta::hours(1), owner.clone());
        Claim { attempt: 1, made: Some(made), lease: Some(lease(environment, owner, age)) }
    }

    fn elsewhere() -> Owner {
        Owner {
            host: "node2".into(),
            machine_id: "m2".into(),
            boot_id: "b2".into(),
            ..fake::owner()
        }
    }

    #[test]
    fn on_the_same_machine_the_process_table_decides_whatever_the_clock_says() {
        let later = Process::Runs { start_ticks: 501 };
        for (process, expected) in [
            (RUNS, Liveness::Alive),
            (Process::Hidden, Liveness::Alive),
            (Process::Gone, Liveness::Gone),
            (later, Liveness::Gone),
        ] {
            let environment = Fake::new(process);
            for age in [-90_000, 1, 90_000] {
                let found = claim(&environment, fake::owner(), age).liveness(&environment);
                assert_eq!(found, expected, "{process:?}, heartbeat {age} s old");
            }
        }
    }

    #[test]
    fn after_a_reboot_the_owner_is_dead_at_once() {
        let environment = Fake::new(RUNS);
        let before = Owner { boot_id: "b0".into(), ..fake::owner() };
        assert_eq!(
            claim(&environment, before.clone(), 1).liveness(&environment),
            Liveness::Rebooted
        );
        // Machines that were copied from one disk share its number, but not their name.
        let copy = Owner { host: "node2".into(), ..before };
        assert_eq!(claim(&environment, copy, 1).liveness(&environment), Liveness::Alive);
    }

    #[test]
    fn a_container_beside_this_one_and_another_host_are_judged_by_their_heartbeat() {
        // The process table would say that they are gone.
        let environment = Fake::new(Process::Gone);
        let container = Owner { pid_namespace: "pid:[2]".into(), ..fake::owner() };
        let unknown = Owner { boot_id: String::new(), ..fake::owner() };
        for owner in [container, elsewhere(), unknown] {
            let liveness = |age| claim(&environment, owner.clone(), age).liveness(&environment);
            assert_eq!(liveness(0), Liveness::Alive);
            assert_eq!(liveness(120), Liveness::Alive);
            assert_eq!(liveness(121), Liveness::Silent(Some(TimeDelta::seconds(121))));
            assert_eq!(liveness(-120), Liveness::Alive, "clocks differ a little");
            assert_eq!(liveness(-121), Liveness::Ahead(TimeDelta::seconds(121)));
        }
    }

    #[test]
    fn without_a_lease_the_attempt_is_judged_and_without_both_nothing_is_known() {
        let environment = Fake::new(Process::Gone);
        let mut claim = Claim { lease: None, ..claim(&environment, elsewhere(), 0) };
        assert_eq!(claim.liveness(&environment), Liveness::Silent(Some(TimeDelta::hours(1))));
        claim.made.as_mut().unwrap().started = environment.now() - TimeDelta::seconds(60);
        assert_eq!(claim.liveness(&environment), Liveness::Alive);
        claim.made.as_mut().unwrap().owner = fake::owner();
        assert_eq!(claim.liveness(&environment), Liveness::Gone);
        claim.made = None;
        assert_eq!(claim.liveness(&environment), Liveness::Silent(None));
    }

    #[test]
    fn a_released_run_is_free_though_its_owner_lives() {
        let environment = Fake::new(RUNS);
        let mut claim = claim(&environment, fake::owner(), 1);
        claim.lease.as_mut().unwrap().released = true;
        assert_eq!(claim.liveness(&environment), Liveness::Released);
    }

    /// A claim on disk by an owner elsewhere, and a environment that does `meanwhile` at second 5.
    fn watched(age: i64, meanwhile: impl Fn(&Path, Lease) + 'static) -> (bool, Duration) {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().to_owned();
        let environment = Fake::new(Process::Gone);
        let made = Attempt::new(1, environment.now() - TimeDelta::hours(1), elsewhere());
        made.claim(&dir).unwrap();
        let lease = lease(&environment, elsewhere(), age);
        write_checked(&dir.join(LEASE), &lease).unwrap();
        let claim = Claim::newest(&dir).unwrap().unwrap();
        let watched_dir = dir.clone();
        *environment.meanwhile.borrow_mut() = Box::new(move |waited| {
            if waited == Duration::from_secs(5) {
                meanwhile(&watched_dir, lease.clone());
            }
        });
        let is_free = claim.is_free(&dir, &environment).unwrap();
        (is_free, environment.waited.get())
    }

    #[test]
    fn a_silent_owner_or_a_clock_ahead_is_watched_before_a_takeover() {
        let six = Duration::from_secs(6);
        for age in [90_000, -90_000] {
            assert_eq!(watched(age, |_, _| {}), (true, WATCH), "no sign");
            let beat = |dir: &Path, lease: Lease| {
                // Only the counter: the owner's clock may stand still.
                write_checked(&dir.join(LEASE), &Lease { beat: 8, ..lease }).unwrap();
            };
            assert_eq!(watched(age, beat), (false, six), "it beats");
            let release = |dir: &Path, lease: Lease| {
                write_checked(&dir.join(LEASE), &Lease { released: true, ..lease }).unwrap();
            };
            assert_eq!(watched(age, release), (true, six), "it lets go");
            let taken = |dir: &Path, _| {
                assert!(fs::write_new(&dir.join(ATTEMPTS).join("0002.json"), b"").unwrap());
            };
            assert_eq!(watched(age, taken), (false, six), "another was faster");
        }
        assert_eq!(watched(3, |_, _| {}), (false, Duration::ZERO), "a young sign needs no watch");
    }
}
