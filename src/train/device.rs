//! [`ComputeDevice`]: where the tensors are, chosen at run time.
//!
//! Does not know what is computed there.

use crate::{
    base::{Fault, Result},
    spec::{DeviceChoice, DeviceId},
};
use burn::tensor::Device;

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

/// Finds the device.
///
/// # Errors
/// When a GPU is asked for by name and cannot be used.
pub fn choose(choice: DeviceChoice) -> Result<ComputeDevice> {
    match choice {
        DeviceChoice::Only(DeviceId::Cpu) => Ok(cpu(None)),
        DeviceChoice::Auto => match cuda(0) {
            Ok(chosen) => Ok(chosen),
            Err(why) => Ok(cpu(cfg!(feature = "cuda").then(|| format!("using the CPU: {why}")))),
        },
        DeviceChoice::Only(DeviceId::Cuda(index)) => {
            cuda(index).map_err(|why| unusable(index, why).into())
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
        DeviceId::Cuda(index) => look_for_cuda(index).map_err(|why| unusable(index, why).into()),
    }
}

fn unusable(index: usize, why: String) -> Fault {
    Fault::new(format!("cannot use device `cuda:{index}`"))
        .detail(why)
        .hint("use `--device cpu`, or `--device auto` to take a GPU only where there is one")
}

/// Whether this choice leads to a GPU; burn's own default device must then be the same.
#[cfg(feature = "cuda")]
pub fn is_cuda(choice: DeviceChoice) -> bool {
    match choice {
        DeviceChoice::Auto => look_for_cuda(0).is_ok(),
        DeviceChoice::Only(device) => device.is_gpu(),
    }
}

fn cpu(remark: Option<String>) -> ComputeDevice {
    ComputeDevice { device: Device::flex(), id: DeviceId::Cpu, remark }
}

/// How many GPUs there are, usable or not.
#[cfg(not(feature = "cuda"))]
pub fn count_cuda() -> usize {
    0
}

/// How many GPUs there are, usable or not.
#[cfg(feature = "cuda")]
pub fn count_cuda() -> usize {
    Device::enumerate(burn::tensor::DeviceType::Cuda).into_vec().len()
}

#[cfg(not(feature = "cuda"))]
fn cuda(index: usize) -> std::result::Result<ComputeDevice, String> {
    look_for_cuda(index).map(|()| cpu(None))
}

#[cfg(not(feature = "cuda"))]
fn look_for_cuda(_index: usize) -> std::result::Result<(), String> {
    Err("this build has no CUDA; build it with `--features cuda`".into())
}

#[cfg(feature = "cuda")]
fn cuda(index: usize) -> std::result::Result<ComputeDevice, String> {
    use crate::base::crash;
    use burn::tensor::Tensor;

    look_for_cuda(index)?;
    let device = Device::cuda(index);
    crash::catch("the device", || {
        let sum = Tensor::<1>::ones([8], &device).sum().try_into_data();
        sum.map(drop).map_err(|error| crate::model::device_error(&error))
    })
    .map_err(|error| error.to_string())?;
    Ok(ComputeDevice { device, id: DeviceId::Cuda(index), remark: None })
}

/// Checks that there is a GPU and what its compiler needs, without starting either.
#[cfg(feature = "cuda")]
fn look_for_cuda(index: usize) -> std::result::Result<(), String> {
    use std::path::PathBuf;

    let found = count_cuda();
    if found == 0 {
        return Err("no CUDA driver or device was found".into());
    }
    if index >= found {
        return Err(format!("this machine has {found} CUDA devices, counted from 0"));
    }
    // Without the headers, compiling the first kernel panics deep inside the back end.
    let headers = std::env::var_os("CUDA_PATH")
        .map_or_else(|| "/usr/local/cuda".into(), PathBuf::from)
        .join("include/cuda_runtime.h");
    if !headers.exists() {
        return Err(format!(
            "the CUDA headers are missing (`{}`); install the CUDA toolkit or set CUDA_PATH",
            headers.display()
        ));
    }
    Ok(())
}
