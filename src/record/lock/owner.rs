//! [`Owner`]: a process, so named that another one can tell whether it still lives.
//!
//! Does not know about runs.

use crate::base::proc::{self, Process};
use serde::{Deserialize, Serialize};
use std::{process, sync::OnceLock};

/// A process as other processes and other machines can know it again. What the system does not
/// say is empty or 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Owner {
    /// Name of the machine.
    pub host: String,
    /// The machine's own number. Copies of one disk image share it, so it is never used alone.
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
            host: proc::host().unwrap_or_default(),
            machine_id: proc::machine_id().unwrap_or_default(),
            boot_id: proc::boot_id().unwrap_or_default(),
            pid: process::id(),
            pid_namespace: proc::pid_namespace().unwrap_or_default(),
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

    /// Whether the other ran on this machine before it was restarted. Everything that could
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_sees_itself() {
        let this = Owner::this();
        assert_eq!(Process::look(this.pid), Process::Runs { start_ticks: this.start_ticks });
        assert!(this.sees(this) && !this.outlived_boot_of(this));
    }
}
