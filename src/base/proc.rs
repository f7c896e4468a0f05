//! What Linux says in `/proc` about the machine and its processes: [`Process`], memory, names.
//!
//! The only reader of `/proc`, but for the probes of containers and GPUs, which tests run on
//! folders of their own. What the system does not say is `None`.
//!
//! Does not know what the answers are for.

use super::fs;
use rustix::process::{Pid, test_kill_process};
use std::path::Path;

/// The running program, even when its file was replaced since it started.
pub const PROGRAM: &str = "/proc/self/exe";

/// Name of the machine.
pub fn host() -> Option<String> {
    line("/proc/sys/kernel/hostname")
}

/// Version of the kernel.
pub fn kernel() -> Option<String> {
    line("/proc/sys/kernel/osrelease")
}

/// Number of the machine's start: another one after each reboot.
pub fn boot_id() -> Option<String> {
    line("/proc/sys/kernel/random/boot_id")
}

/// Number of the machine. Machines that were copied from one disk image share it.
pub fn machine_id() -> Option<String> {
    line("/etc/machine-id")
}

/// The processes among which this one has its number: each container has its own.
pub fn pid_namespace() -> Option<String> {
    let link = Path::new("/proc/self/ns/pid").read_link().ok()?;
    Some(link.to_string_lossy().into_owned())
}

/// Model of the processor.
pub fn cpu_model() -> Option<String> {
    let text = text("/proc/cpuinfo")?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Processes that wanted to run, on average over the last minute.
pub fn load_average() -> Option<f64> {
    text("/proc/loadavg")?.split_whitespace().next()?.parse().ok()
}

/// Processor time of all threads of this process so far.
pub fn cpu_seconds() -> Option<f64> {
    let text = text("/proc/self/stat")?;
    let fields = stat_fields(&text)?;
    // User and system time in hundredths of a second, which is Linux's unit on every machine.
    let ticks = fields.get(14 - 3..16 - 3)?.iter().filter_map(|n| n.parse::<f64>().ok());
    Some(ticks.sum::<f64>() / 100.0)
}

/// Memory of the machine in bytes.
pub fn memory_total() -> Option<u64> {
    bytes("/proc/meminfo", "MemTotal:")
}

/// Memory of the machine that is free or easily freed, in bytes.
pub fn memory_available() -> Option<u64> {
    bytes("/proc/meminfo", "MemAvailable:")
}

/// Memory that the control group of this process allows, in bytes; `None` without a limit.
pub fn memory_limit() -> Option<u64> {
    line("/sys/fs/cgroup/memory.max")?.parse().ok()
}

/// Memory that this process uses now, in bytes.
pub fn memory_resident() -> Option<u64> {
    bytes("/proc/self/status", "VmRSS:")
}

/// Most memory that this process used so far, in bytes.
pub fn memory_peak() -> Option<u64> {
    bytes("/proc/self/status", "VmHWM:")
}

/// Release of NVIDIA's kernel driver, `570.86.15`; `None` where it is not loaded.
pub fn nvidia_driver() -> Option<String> {
    nvidia_driver_in(&text("/proc/driver/nvidia/version")?)
}

/// The release in the text of `/proc/driver/nvidia/version`: the first word of the line of the kernel
/// module that begins with a digit and has a dot.
pub fn nvidia_driver_in(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("NVRM"))?;
    let is_version =
        |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
    line.split_whitespace().find(is_version).map(str::to_owned)
}

fn text(path: &str) -> Option<String> {
    fs::read_text(Path::new(path)).ok()
}

fn line(path: &str) -> Option<String> {
    text(path).map(|text| text.trim().to_owned())
}

fn bytes(path: &str, key: &str) -> Option<u64> {
    bytes_in(&text(path)?, key)
}

/// The value of a line `key   123 kB`, in bytes.
fn bytes_in(text: &str, key: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(key))?;
    value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The fields of `/proc/PID/stat` from the third on. The second, the name, may hold spaces and
/// brackets: it ends at the last bracket.
fn stat_fields(stat: &str) -> Option<Vec<&str>> {
    Some(stat.rsplit_once(')')?.1.split_whitespace().collect())
}

/// What the process table says about a process number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// There is no such process, or only its exit code is left.
    Gone,
    /// It is there.
    Runs {
        /// When it began, in clock ticks after the boot.
        start_ticks: u64,
    },
    /// It is there, and not shown: `/proc` may hide the processes of other users.
    Hidden,
}

impl Process {
    /// Looks a number up.
    pub fn look(pid: u32) -> Self {
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

    fn of_stat(stat: &str) -> Option<Self> {
        let fields = stat_fields(stat)?;
        match *fields.first()? {
            "Z" | "X" | "x" => Some(Self::Gone),
            _ => Some(Self::Runs { start_ticks: fields.get(22 - 3)?.parse().ok()? }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process;

    #[test]
    fn this_process_is_found_and_one_that_ended_is_not() {
        assert!(matches!(Process::look(process::id()), Process::Runs { .. }));
        let mut child = process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        // Before it is waited for it is a zombie; after that it is gone.
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

    #[test]
    fn memory_is_in_bytes() {
        let text = "MemTotal:       16303428 kB\nMemFree: 1 kB\n";
        assert_eq!(bytes_in(text, "MemTotal:"), Some(16_303_428 << 10));
        assert_eq!(bytes_in(text, "MemAvailable:"), None);
    }

    #[test]
    fn memory_and_time_of_this_process_are_read() {
        let (resident, peak) = (memory_resident().unwrap(), memory_peak().unwrap());
        assert!(resident > 0 && peak <= memory_total().unwrap());
        assert!(memory_available().unwrap() <= memory_total().unwrap());
        assert!(cpu_seconds().unwrap() >= 0.0 && load_average().unwrap() >= 0.0);
    }
}
