//! [`Slot`]: a place in which one cell runs at a time: a device, and its share of the cores.
//!
//! Knows nothing of cells.

use super::super::slurm::n_allotted_cores;
use crate::train::device::{Choice, check, count_cuda};
use std::{fmt, str::FromStr, thread};

/// What `--devices` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Devices {
    /// Every GPU there is, else the CPU.
    Auto,
    /// These.
    These(Vec<Choice>),
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
        let mut devices: Vec<Choice> = Vec::new();
        for name in text.split(',') {
            match name.trim().parse()? {
                Choice::Auto => return Err("`auto` stands alone".into()),
                device if devices.contains(&device) => {
                    return Err(format!("`{device}` is named twice; `--jobs` runs several on one"));
                }
                device => devices.push(device),
            }
        }
        Ok(Self::These(devices))
    }
}

/// A place in which one cell runs at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Where it computes, as `--device` takes it.
    pub device: Choice,
    /// Threads that the cell may use.
    pub threads: usize,
}

impl Slot {
    /// Whether it computes on a GPU.
    pub fn is_gpu(&self) -> bool {
        matches!(self.device, Choice::Cuda(_))
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
    if check(Choice::Cuda(0)).is_ok() { count_cuda() } else { 0 }
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
            0 => vec![Choice::Cpu],
            n => (0..n).map(Choice::Cuda).collect(),
        },
    };
    let n_slots = devices.len() * jobs.max(1);
    let threads = (n_cores / n_slots.max(1)).max(1);
    // Device by device, so that the first cells spread over all of them.
    let of_round = |_| devices.iter().map(|device| Slot { device: *device, threads });
    (0..jobs.max(1)).flat_map(of_round).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_a_user_types_them() {
        assert_eq!("auto".parse(), Ok(Devices::Auto));
        let both = Devices::These(vec![Choice::Cuda(0), Choice::Cuda(1)]);
        assert_eq!("cuda:0, cuda:1".parse(), Ok(both.clone()));
        assert_eq!(both.to_string().parse(), Ok(both));
        for wrong in ["", "gpu", "cpu,auto", "cpu,cpu"] {
            assert!(wrong.parse::<Devices>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn cores_are_split_and_devices_take_turns() {
        let found = slots_of(&Devices::Auto, 2, 9, || 2);
        let expected = [0, 1, 0, 1].map(|gpu| Slot { device: Choice::Cuda(gpu), threads: 2 });
        assert_eq!(found, expected);
        let cpu = Slot { device: Choice::Cpu, threads: 1 };
        assert_eq!(slots_of(&Devices::Auto, 4, 2, || 0), vec![cpu; 4]);
    }
}
