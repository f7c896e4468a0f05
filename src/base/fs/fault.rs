//! Fault points: where a test can end this process, fill its disk or move its clock.
//!
//! Every operation that changes the disk has a number, counted from 1 over the whole process.
//! Two variables of the environment, read once, say what happens at which:
//!
//! | `SEGLAB_FAULT` | what happens |
//! |---|---|
//! | `kill@N` | the process is killed (SIGKILL) before operation N |
//! | `torn@N` | half of what operation N writes reaches the disk, then the process is killed |
//! | `after@N` | the process is killed after operation N |
//! | `full@N` | operation N finds the disk full, and so does every later one that takes more bytes than were removed since |
//! | `full@N+M` | the same, until operation N + M: then somebody else has made room |
//! | `readonly@N` | from operation N on nothing can be changed |
//! | `trace:FILE` | every operation is noted in FILE: number, kind and path |
//!
//! `kill@12,trace:FILE` does both.
//! `SEGLAB_CLOCK=+3600s@40,-90s@70` adds an hour to the time that [`now`] gives from operation 40
//! on, and takes 90 seconds from it from operation 70 on.
//!
//! Without these variables a point costs one load of an atomic and does nothing. `seglab chaos`
//! sets them; do not use them otherwise. A value that is not valid fails every operation.
//!
//! Does not know what the files mean.

use super::space::tree_bytes;
use rustix::process::{Signal, getpid, kill_process};
use std::{
    env,
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
    process,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

/// Names the fault.
pub const FAULT: &str = "SEGLAB_FAULT";
/// Names the jumps of the clock.
pub const CLOCK: &str = "SEGLAB_CLOCK";

/// Bytes that a new name takes on a full disk.
const BLOCK: u64 = 4096;

/// Kinds of operations that change the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Write,
    Sync,
    Rename,
    Link,
    Truncate,
    Remove,
    CreateFolder,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::Rename => "rename",
            Self::Link => "link",
            Self::Truncate => "truncate",
            Self::Remove => "remove",
            Self::CreateFolder => "create-folder",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum InjectedFault {
    None,
    Kill(u64),
    Torn(u64),
    After(u64),
    Full { from: u64, until: u64 },
    ReadOnly(u64),
    Senseless,
}

/// What happens at one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Go,
    Kill,
    Torn,
    After,
    Full,
    ReadOnly,
    Senseless,
}

/// What is to happen in this process.
#[derive(Debug)]
struct Plan {
    fault: InjectedFault,
    /// Operation and seconds.
    jumps: Vec<(u64, i64)>,
    trace: Option<Mutex<File>>,
    n_done: AtomicU64,
    /// Bytes removed since the disk was full, less those written again.
    room: AtomicU64,
}

impl Plan {
    fn new(fault: Option<&str>, clock: Option<&str>) -> Self {
        let (mut what, mut trace) = (InjectedFault::None, None);
        for word in fault.into_iter().flat_map(|text| text.split(',')) {
            match word.strip_prefix("trace:").map(append_to) {
                Some(Ok(file)) => trace = Some(Mutex::new(file)),
                Some(Err(_)) => what = InjectedFault::Senseless,
                None => what = parse(word).unwrap_or(InjectedFault::Senseless),
            }
        }
        let jumps: Option<Vec<_>> =
            clock.into_iter().flat_map(|text| text.split(',')).map(jump).collect();
        let fault = if jumps.is_some() { what } else { InjectedFault::Senseless };
        let jumps = jumps.unwrap_or_default();
        Self { fault, jumps, trace, n_done: AtomicU64::new(0), room: AtomicU64::new(0) }
    }

    /// Counts an operation that takes or frees `n_bytes`, and says what happens to it.
    fn meet(&self, operation: Operation, path: &Path, n_bytes: u64) -> Effect {
        let number = self.n_done.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(trace) = &self.trace {
            let mut line = format!("{number} {} ", operation.name());
            // Writing to a string cannot fail; a trace that cannot be written is not worth a run.
            let _ = writeln!(line, "{}", path.display());
            let _ = trace.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
        }
        match self.fault {
            InjectedFault::Kill(at) if at == number => Effect::Kill,
            InjectedFault::Torn(at) if at == number => Effect::Torn,
            InjectedFault::After(at) if at == number => Effect::After,
            InjectedFault::ReadOnly(from) if number >= from => Effect::ReadOnly,
            InjectedFault::Senseless => Effect::Senseless,
            InjectedFault::Full { from, until } if (from..until).contains(&number) => {
                if self.fits(operation, n_bytes, number == from) {
                    Effect::Go
                } else {
                    Effect::Full
                }
            }
            _ => Effect::Go,
        }
    }

    fn fits(&self, operation: Operation, n_bytes: u64, is_first: bool) -> bool {
        let n_needed = match operation {
            Operation::Rename | Operation::Truncate => return true,
            Operation::Remove => {
                self.room.fetch_add(n_bytes, Ordering::SeqCst);
                return true;
            }
            // Delayed writes may find the disk full only when they are synced.
            Operation::Sync => return !is_first,
            Operation::Create | Operation::Link | Operation::CreateFolder => BLOCK,
            Operation::Write => n_bytes,
        };
        let take = |room: u64| room.checked_sub(n_needed);
        !is_first && self.room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok()
    }

    /// Seconds by which the clock is off.
    fn offset(&self) -> i64 {
        let n_done = self.n_done.load(Ordering::SeqCst);
        self.jumps.iter().filter(|(at, _)| *at <= n_done).map(|(_, seconds)| seconds).sum()
    }
}

fn append_to(path: &str) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn parse(text: &str) -> Option<InjectedFault> {
    let (what, at) = text.split_once('@')?;
    if what == "full" {
        let (from, length) = at.split_once('+').map_or((at, None), |(a, b)| (a, Some(b)));
        let from: u64 = from.parse().ok()?;
        let until = match length {
            Some(length) => from.checked_add(length.parse().ok()?)?,
            None => u64::MAX,
        };
        return Some(InjectedFault::Full { from, until });
    }
    let at = at.parse().ok()?;
    match what {
        "kill" => Some(InjectedFault::Kill(at)),
        "torn" => Some(InjectedFault::Torn(at)),
        "after" => Some(InjectedFault::After(at)),
        "readonly" => Some(InjectedFault::ReadOnly(at)),
        _ => None,
    }
}

fn jump(text: &str) -> Option<(u64, i64)> {
    let (seconds, at) = text.split_once("s@")?;
    Some((at.parse().ok()?, seconds.parse().ok()?))
}

fn plan() -> Option<&'static Plan> {
    static PLAN: OnceLock<Option<Plan>> = OnceLock::new();
    PLAN.get_or_init(|| {
        let (fault, clock) = (env::var(FAULT).ok(), env::var(CLOCK).ok());
        (fault.is_some() || clock.is_some()).then(|| Plan::new(fault.as_deref(), clock.as_deref()))
    })
    .as_ref()
}

/// Does one operation, unless it is to fail; `n_bytes` is what it frees.
pub(super) fn at<T>(
    operation: Operation,
    path: &Path,
    n_bytes: u64,
    act: impl FnOnce() -> io::Result<T>,
) -> io::Result<T> {
    let Some(plan) = plan() else { return act() };
    match plan.meet(operation, path, n_bytes) {
        Effect::Go => act(),
        Effect::Kill | Effect::Torn => die(),
        Effect::After => {
            // Whether it succeeds is no longer of interest to anyone.
            let _ = act();
            die()
        }
        refused => Err(refusal(refused)),
    }
}

/// Writes bytes with `act`, unless they are to be torn or refused.
pub(super) fn write(
    path: &Path,
    bytes: &[u8],
    act: impl FnOnce(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let Some(plan) = plan() else { return act(bytes) };
    match plan.meet(Operation::Write, path, bytes.len() as u64) {
        Effect::Go => act(bytes),
        Effect::Kill => die(),
        torn_or_after @ (Effect::Torn | Effect::After) => {
            let n_bytes = if torn_or_after == Effect::Torn { bytes.len() / 2 } else { bytes.len() };
            // Whether it succeeds is no longer of interest to anyone.
            let _ = act(&bytes[..n_bytes]);
            die()
        }
        refused => Err(refusal(refused)),
    }
}

/// The time of day.
pub fn now() -> SystemTime {
    let now = SystemTime::now();
    let offset = plan().map_or(0, Plan::offset);
    let length = Duration::from_secs(offset.unsigned_abs());
    let moved = if offset < 0 { now.checked_sub(length) } else { now.checked_add(length) };
    moved.unwrap_or(now)
}

/// Bytes that removing `path` gives back; looked up only when somebody counts.
pub(super) fn freed_by(path: &Path) -> u64 {
    let counts = plan().is_some_and(|plan| matches!(plan.fault, InjectedFault::Full { .. }));
    if counts && path.exists() { tree_bytes(path) + BLOCK } else { 0 }
}

fn refusal(verdict: Effect) -> io::Error {
    match verdict {
        Effect::Full => rustix::io::Errno::NOSPC.into(),
        Effect::ReadOnly => rustix::io::Errno::ROFS.into(),
        _ => io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("`{FAULT}` or `{CLOCK}` is not valid; unset them"),
        ),
    }
}

/// As if the power had failed: nothing is flushed.
fn die() -> ! {
    // The signal ends the process before the call returns, unless it may not be sent.
    let _ = kill_process(getpid(), Signal::KILL);
    process::abort()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(plan: &Plan, operations: &[(Operation, u64)]) -> Vec<Effect> {
        let path = Path::new("x");
        operations.iter().map(|&(operation, n_bytes)| plan.meet(operation, path, n_bytes)).collect()
    }

    #[test]
    fn each_fault_meets_its_operation_alone() {
        use Operation::{Create, Rename, Sync, Write};
        let operations = [(Create, 0), (Write, 10), (Sync, 0), (Rename, 0)];
        for (text, expected) in [
            ("kill@1", [Effect::Kill, Effect::Go, Effect::Go, Effect::Go]),
            ("torn@2", [Effect::Go, Effect::Torn, Effect::Go, Effect::Go]),
            ("after@4", [Effect::Go, Effect::Go, Effect::Go, Effect::After]),
            ("readonly@3", [Effect::Go, Effect::Go, Effect::ReadOnly, Effect::ReadOnly]),
            ("kil@3", [Effect::Senseless; 4]),
            ("kill@x", [Effect::Senseless; 4]),
        ] {
            assert_eq!(verdicts(&Plan::new(Some(text), None), &operations), expected, "{text}");
        }
    }

    #[test]
    fn a_full_disk_takes_no_more_than_was_removed() {
        use Effect::{Full, Go};
        use Operation::{Create, Remove, Rename, Sync, Write};
        let plan = Plan::new(Some("full@2"), None);
        let met = verdicts(
            &plan,
            &[
                (Write, 10),
                (Sync, 0),
                (Write, 10),
                (Rename, 0),
                (Remove, 5000),
                (Create, 0),
                (Write, 900),
                (Write, 10),
            ],
        );
        assert_eq!(met, [Go, Full, Full, Go, Go, Go, Go, Full]);
        let passing = Plan::new(Some("full@1+2"), None);
        assert_eq!(verdicts(&passing, &[(Write, 1), (Write, 1), (Write, 1)]), [Full, Full, Go]);
    }

    #[test]
    fn the_clock_jumps_when_its_operation_is_reached() {
        let plan = Plan::new(None, Some("+3600s@2,-7200s@3"));
        let mut offsets = vec![plan.offset()];
        for _ in 0..3 {
            assert_eq!(plan.meet(Operation::Write, Path::new("x"), 1), Effect::Go);
            offsets.push(plan.offset());
        }
        assert_eq!(offsets, [0, 0, 3600, -3600]);
        assert_eq!(Plan::new(None, Some("soon")).fault, InjectedFault::Senseless);
    }

    #[test]
    fn a_trace_names_what_was_done() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace");
        let plan = Plan::new(Some(&format!("trace:{}", file.display())), None);
        plan.meet(Operation::Create, Path::new("a/b"), 0);
        plan.meet(Operation::Write, Path::new("a/b c"), 7);
        assert_eq!(super::super::read_text(&file).unwrap(), "1 create a/b\n2 write a/b c\n");
    }
}
