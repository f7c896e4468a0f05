//! [`Slot`]: a place where one cell runs at a time: a device, and its share of the cores.
//!
//! Does not know about cells.

use super::slurm::n_allotted_cores;
use crate::{
    spec::DeviceId,
    train::device::{check, count_cuda},
};
use std::{fmt, process::Command, str::FromStr, thread};

/// Share of a GPU's memory that cells may fill: the rest is for what a calibration does not see.
const FILLED: f64 = 0.9;

/// The value of `--devices`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Devices {
    /// Every GPU there is, else the CPU.
    Auto,
    /// These.
    These(Vec<DeviceId>),
}

impl fmt::Display for Devices {
    /// As a user types it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::These(devices) => {
                let names: Vec<String> = devices.iter().map(ToString::to_string).collect();
                f.write_str(&names.join(","))
            }
        }
    }
}

impl FromStr for Devices {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let mut devices: Vec<DeviceId> = Vec::new();
        for name in text.split(',').map(str::trim) {
            if name == "auto" {
                return Err("`auto` cannot be part of a list".into());
            }
            let device = name.parse()?;
            if devices.contains(&device) {
                return Err(format!("`{device}` is named twice; `--jobs` runs several on one"));
            }
            devices.push(device);
        }
        Ok(Self::These(devices))
    }
}

/// A place where one cell runs at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Where it computes.
    pub device: DeviceId,
    /// Threads that the cell may use.
    pub threads: usize,
}

impl Slot {
    /// Whether it computes on a GPU.
    pub fn is_gpu(&self) -> bool {
        self.device.is_gpu()
    }

    /// The name that a run on it records for its device.
    pub fn device_name(&self) -> String {
        self.device.recorded(self.threads)
    }
}

/// The slots of this machine. `jobs` cells run at once on each device, one if it is not given;
/// the cores are split among all slots. CPU and GPU may be mixed.
pub fn slots(devices: &Devices, jobs: Option<usize>) -> Vec<Slot> {
    let n_cores = thread::available_parallelism().map_or(1, usize::from);
    // Not every site binds a job to its cores.
    let n_cores = n_allotted_cores().map_or(n_cores, |n| n.clamp(1, n_cores));
    slots_of(devices, jobs.unwrap_or(1), n_cores, n_usable_gpus)
}

/// GPUs that the first of can be used; a GPU that cannot be used is none.
fn n_usable_gpus() -> usize {
    if check(DeviceId::Cuda(0)).is_ok() { count_cuda() } else { 0 }
}

fn slots_of(
    devices: &Devices,
    jobs: usize,
    n_cores: usize,
    n_gpus: impl FnOnce() -> usize,
) -> Vec<Slot> {
    let devices = match devices {
        Devices::These(devices) => devices.clone(),
        Devices::Auto => match n_gpus() {
            0 => vec![DeviceId::Cpu],
            n => (0..n).map(DeviceId::Cuda).collect(),
        },
    };
    let n_slots = devices.len() * jobs.max(1);
    let threads = (n_cores / n_slots.max(1)).max(1);
    // Device by device, so that the first cells spread over all of them.
    let of_round = |_| devices.iter().map(|device| Slot { device: *device, threads });
    (0..jobs.max(1)).flat_map(of_round).collect()
}

/// Seconds until the last of some cells has ended, each started in its order in the first of
/// `n_slots` that is free.
pub(super) fn makespan(seconds: impl Iterator<Item = f64>, n_slots: usize) -> f64 {
    let mut free_from = vec![0.0_f64; n_slots.max(1)];
    for taken in seconds {
        if let Some(first) = free_from.iter_mut().min_by(|one, other| one.total_cmp(other)) {
            *first += taken;
        }
    }
    free_from.into_iter().fold(0.0, f64::max)
}

/// How many cells that take `cell_bytes` each fit on every GPU of this machine at once, with at
/// least a core for each. One, where the driver does not say how much memory there is.
pub(super) fn jobs_that_fit(cell_bytes: u64) -> usize {
    let output = Command::new("nvidia-smi")
        .args(["--query-gpu=memory.total", "--format=csv,noheader,nounits"])
        .output();
    let listing = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let n_cores = thread::available_parallelism().map_or(1, usize::from);
    fitting(&listing.unwrap_or_default(), cell_bytes, n_cores)
}

/// The same, from the memory of each GPU in MiB, one a line.
fn fitting(listing: &str, cell_bytes: u64, n_cores: usize) -> usize {
    let sizes: Vec<f64> = listing.lines().filter_map(|line| line.trim().parse().ok()).collect();
    let Some(smallest) = sizes.iter().copied().reduce(f64::min) else { return 1 };
    let bytes = smallest * f64::from(1 << 20) * FILLED;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and >= 0")]
    let fitting = (bytes / cell_bytes.max(1) as f64) as usize;
    fitting.min(n_cores / sizes.len()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn cells_fill_the_smallest_gpu_and_leave_a_core_for_each() {
        assert_eq!(fitting("81559\n", 8 * GIB, 32), 8, "71.7 of 79.6 GiB");
        assert_eq!(fitting("81559\n24576\n", 8 * GIB, 32), 2);
        assert_eq!(fitting("81559\n", GIB, 16), 16);
        assert_eq!(fitting("81559\n", 200 * GIB, 16), 1, "it is tried all the same");
        assert_eq!(fitting("", GIB, 16), 1);
    }

    #[test]
    fn slots_take_cells_as_they_become_free() {
        let span = |seconds: &[f64], n_slots| makespan(seconds.iter().copied(), n_slots).to_bits();
        assert_eq!(span(&[3.0, 1.0, 1.0, 2.0], 1), 7.0_f64.to_bits());
        // The second slot takes the three short ones.
        assert_eq!(span(&[3.0, 1.0, 1.0, 2.0], 2), 4.0_f64.to_bits());
        assert_eq!(span(&[], 3), 0.0_f64.to_bits());
    }

    #[test]
    fn devices_are_read_as_a_user_types_them() {
        assert_eq!("auto".parse(), Ok(Devices::Auto));
        let both = Devices::These(vec![DeviceId::Cuda(0), DeviceId::Cuda(1)]);
        assert_eq!("cuda:0, cuda:1".parse(), Ok(both.clone()));
        assert_eq!(both.to_string().parse(), Ok(both));
        for wrong in ["", "gpu", "cpu,auto", "cpu,cpu"] {
            assert!(wrong.parse::<Devices>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn cores_are_split_and_devices_take_turns() {
        let found = slots_of(&Devices::Auto, 2, 9, || 2);
        let expected = [0, 1, 0, 1].map(|gpu| Slot { device: DeviceId::Cuda(gpu), threads: 2 });
        assert_eq!(found, expected);
        let cpu = Slot { device: DeviceId::Cpu, threads: 1 };
        assert_eq!(slots_of(&Devices::Auto, 4, 2, || 0), vec![cpu; 4]);
    }
}
