//! [`Owner`]: a process, so named that another one can tell whether it still lives.
//!
//! Knows nothing of runs.

use crate::base::fs;
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};
use std::{path::Path, process, sync::OnceLock};

/// A process as other processes and other machines can know it again. What the system does not
/// say is empty or 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Owner {
    /// Name of the machine.
    pub host: String,
    /// The machine's own number. Copies of one disk image share it, so it never stands alone.
    pub machine_id: String,
    /// Number of the machine's start: another one after each reboot.
    pub boot_id: String,
    /// Process number, within [`pid_namespace`](Self::pid_namespace).
    pub pid: u32,
    /// Which processes the number counts among: each container has its own.
    pub pid_namespace: String,
    /// When the process began, in clock ticks after the boot: tells it from a later process of
    /// the same number.
    pub start_ticks: u64,
    /// Version of seglab.
    pub seglab: String,
}

impl Owner {
    /// This process.
    pub fn this() -> &'static Self {
        static THIS: OnceLock<Owner> = OnceLock::new();
        THIS.get_or_init(|| Self {
            host: line_of("/proc/sys/kernel/hostname"),
            machine_id: line_of("/etc/machine-id"),
            boot_id: line_of("/proc/sys/kernel/random/boot_id"),
            pid: process::id(),
            pid_namespace: Path::new("/proc/self/ns/pid")
                .read_link()
                .map(|link| link.to_string_lossy().into_owned())
                .unwrap_or_default(),
            start_ticks: match Process::look(process::id()) {
                Process::Runs { start_ticks } => start_ticks,
                Process::Gone | Process::Hidden => 0,
            },
            seglab: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// In words: `process 4711 on node7`.
    pub fn name(&self) -> String {
        let host = if self.host.is_empty() { "an unnamed machine" } else { &self.host };
        format!("process {} on {host}", self.pid)
    }

    /// Whether both are numbered by the same running kernel, so that either can look for the
    /// other in `/proc`.
    pub(super) fn sees(&self, other: &Self) -> bool {
        let same = |a: &str, b: &str| !a.is_empty() && a == b;
        same(&self.boot_id, &other.boot_id)
            && same(&self.pid_namespace, &other.pid_namespace)
            && (same(&self.machine_id, &other.machine_id) || same(&self.host, &other.host))
    }

    /// Whether the other ran on this machine before it was started anew. Everything that could
    /// be a copy must agree: machines of one disk image share the number, containers the name.
    pub(super) fn outlived_boot_of(&self, other: &Self) -> bool {
        let same = |a: &str, b: &str| !a.is_empty() && a == b;
        let both_known = !self.boot_id.is_empty() && !other.boot_id.is_empty();
        both_known
            && self.boot_id != other.boot_id
            && same(&self.machine_id, &other.machine_id)
            && same(&self.host, &other.host)
            && same(&self.pid_namespace, &other.pid_namespace)
    }
}

fn line_of(path: &str) -> String {
    fs::read_text(Path::new(path)).map(|text| text.trim().to_owned()).unwrap_or_default()
}

/// What the process table says of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Process {
    /// No such process, or only its exit code is left.
    Gone,
    /// It is there.
    Runs {
        /// When it began.
        start_ticks: u64,
    },
    /// It is there, and not shown: `/proc` may hide what belongs to others.
    Hidden,
}

impl Process {
    /// Looks a number up.
    pub(super) fn look(pid: u32) -> Self {
        if let Ok(stat) = fs::read(Path::new(&format!("/proc/{pid}/stat"))) {
            return Self::of_stat(&String::from_utf8_lossy(&stat)).unwrap_or(Self::Hidden);
        }
        let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
            return Self::Gone;
        };
        match test_kill_process(pid) {
            Err(error) if error == rustix::io::Errno::SRCH => Self::Gone,
            _ => Self::Hidden,
        }
    }

    /// Reads `/proc/PID/stat`. The name in its second field may hold spaces and brackets, so
    /// fields are counted from the last bracket: the state is the third, the start the 22nd.
    fn of_stat(stat: &str) -> Option<Self> {
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        match *fields.first()? {
            "Z" | "X" | "x" => Some(Self::Gone),
            _ => Some(Self::Runs { start_ticks: fields.get(22 - 3)?.parse().ok()? }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_found_and_one_that_ended_is_not() {
        let this = Owner::this();
        assert_eq!(Process::look(this.pid), Process::Runs { start_ticks: this.start_ticks });
        assert!(this.sees(this) && !this.outlived_boot_of(this));
        let mut child = process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        // Not waited for, it stays as a zombie; waited for, it is gone.
        let ended = (0..500).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(2));
            Process::look(pid) == Process::Gone
        });
        assert!(ended, "a zombie counts as gone");
        child.wait().unwrap();
        assert_eq!(Process::look(pid), Process::Gone);
    }

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let tail = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 150598 99";
        let stat = |state| format!("7 (a) b) c) {state} {tail}");
        assert_eq!(Process::of_stat(&stat("S")), Some(Process::Runs { start_ticks: 150_598 }));
        assert_eq!(Process::of_stat(&stat("Z")), Some(Process::Gone));
        assert_eq!(Process::of_stat("7 (a) S 1 2"), None);
    }
}
