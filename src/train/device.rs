//! [`ComputeDevice`]: where the tensors are, chosen at run time.
//!
//! A GPU is used only after it computed what the CPU computes: see [`compare_with_cpu`].
//!
//! Does not know what is computed there.

#[cfg(any(test, feature = "cuda"))]
mod environment;
mod kernels;
mod obstacle;
mod parity;
mod places;
mod surroundings;
mod survey;
mod toolkit;
mod version;

pub use parity::{PartDifference, compare_with_cpu};
pub use survey::{Finding, State, Survey, survey};

use crate::{
    base::{Fault, Result},
    spec::{DeviceChoice, DeviceId},
};
use burn::tensor::Device;
use obstacle::Obstacle;

/// A device that computes.
#[derive(Debug, Clone)]
pub struct ComputeDevice {
    /// The device, without autodiff.
    pub device: Device,
    /// Which one it is.
    pub id: DeviceId,
    /// Why it is not a GPU though this build has CUDA, in one line.
    pub remark: Option<String>,
}

impl ComputeDevice {
    /// Its name in the records of runs.
    pub fn name(&self) -> String {
        self.id.recorded(rayon::current_num_threads())
    }
}

/// Finds the device, and lets a GPU show that it computes what the CPU does.
///
/// # Errors
/// * when a GPU is asked for by name and cannot be used
/// * when there is one with all that it needs, and it fails or computes something else
pub fn choose(choice: DeviceChoice) -> Result<ComputeDevice> {
    match choice {
        DeviceChoice::Only(DeviceId::Cpu) => Ok(cpu(None)),
        DeviceChoice::Auto => match look_for_cuda(0) {
            // burn's own default device was fixed when the program started: going on with the CPU
            // after a GPU has failed would leave loaded optimizer state on that GPU.
            Ok(()) => cuda(0),
            Err(Obstacle { why, .. }) => {
                Ok(cpu(cfg!(feature = "cuda").then(|| format!("using the CPU: {why}"))))
            }
        },
        DeviceChoice::Only(DeviceId::Cuda(index)) => {
            look_for_cuda(index).map_err(|obstacle| unusable(index, obstacle))?;
            cuda(index)
        }
    }
}

/// Checks whether a device can be used, without starting anything on it.
///
/// # Errors
/// When it cannot be used.
pub fn check(device: DeviceId) -> Result<()> {
    match device {
        DeviceId::Cpu => Ok(()),
        DeviceId::Cuda(index) => {
            look_for_cuda(index).map_err(|obstacle| unusable(index, obstacle).into())
        }
    }
}

const OTHER_DEVICE: &str =
    "use `--device cpu`, or `--device auto` to take a GPU only where there is one";

fn unusable(index: usize, Obstacle { why, advice }: Obstacle) -> Fault {
    let fault = Fault::new(format!("cannot use device `cuda:{index}`")).detail(why);
    let fault = advice.into_iter().fold(fault, Fault::hint);
    fault.hint(OTHER_DEVICE)
}

fn cpu(remark: Option<String>) -> ComputeDevice {
    ComputeDevice { device: Device::flex(), id: DeviceId::Cpu, remark }
}

/// Whether this choice leads to a GPU; burn's own default device must then be the same.
fn is_cuda(choice: DeviceChoice) -> bool {
    match choice {
        DeviceChoice::Auto => look_for_cuda(0).is_ok(),
        DeviceChoice::Only(device) => device.is_gpu(),
    }
}

/// How many GPUs there are, usable or not.
#[cfg(not(feature = "cuda"))]
pub fn count_cuda() -> usize {
    0
}

#[cfg(not(feature = "cuda"))]
fn cuda(index: usize) -> Result<ComputeDevice> {
    check(DeviceId::Cuda(index)).map(|()| cpu(None))
}

#[cfg(not(feature = "cuda"))]
fn look_for_cuda(_index: usize) -> std::result::Result<(), Obstacle> {
    let why = "this build has no CUDA; build it with `--features cuda`".into();
    Err(Obstacle { why, advice: None })
}

#[cfg(not(feature = "cuda"))]
fn measure(_index: usize) -> Result<survey::Measured> {
    Err(Fault::new("this build has no CUDA").into())
}

#[cfg(feature = "cuda")]
pub use with_cuda::{count_cuda, first_time, variables};
#[cfg(feature = "cuda")]
use with_cuda::{cuda, look_for_cuda, measure};

#[cfg(feature = "cuda")]
mod with_cuda;
