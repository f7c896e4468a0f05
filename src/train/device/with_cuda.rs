//! What only a build with CUDA can do: count GPUs, start one, and prepare the environment for it.
//!
//! Does not know whether a GPU was asked for by name.

use super::{
    ComputeDevice, environment, is_cuda, kernels,
    obstacle::{Obstacle, obstacle},
    parity::{compare_with_cpu, unequal},
    surroundings::Surroundings,
    survey::Measured,
};
use crate::{
    base::{Error, Result, crash},
    model::{check_device_threads, classify_panic},
    spec::{DeviceChoice, DeviceId},
};
use burn::tensor::{Device, DeviceType};
use std::{env, ffi::OsString};

/// burn puts loaded optimizer state on its default device, which is CUDA wherever CUDA is compiled
/// in, GPU or not. Only this variable can tell it, and only before it starts.
const DEFAULT_DEVICE: &str = "BURN_DEVICE";

/// Variables that have to be set when the program starts: burn's default device, and where the
/// compiler of kernels and its headers lie. Only those that differ from what is set; none when the
/// program was started with them.
///
/// # Errors
/// When headers of several packages have to be joined in a folder and cannot be.
pub fn variables(choice: DeviceChoice) -> Result<Vec<(&'static str, OsString)>> {
    let is_cuda = is_cuda(choice);
    let mut variables = Vec::new();
    if env::var_os(DEFAULT_DEVICE).is_none() {
        variables.push((DEFAULT_DEVICE, if is_cuda { "cuda" } else { "flex" }.into()));
    }
    if let Some(toolkit) = Surroundings::here().toolkit.as_ref().filter(|_| is_cuda) {
        environment::join(toolkit)?;
        variables.extend(environment::variables(toolkit, &|name| env::var_os(name)));
    }
    Ok(variables)
}

/// What to say before a GPU computes for the first time with this compiler: compiling takes minutes.
pub fn first_time(choice: DeviceChoice) -> Option<String> {
    let here = Surroundings::here();
    let is_first = || kernels::is_empty(here.kernels.as_ref(), here.nvrtc());
    (is_cuda(choice) && is_first()).then(|| match &here.kernels {
        Some(folder) => format!(
            "no compiled kernels in `{}` yet: the first step compiles them, which takes minutes",
            folder.display()
        ),
        None => {
            "neither HOME nor XDG_CACHE_HOME is set: every process compiles its kernels again, \
                 which takes minutes"
                .to_owned()
        }
    })
}

/// How many GPUs there are, usable or not.
pub fn count_cuda() -> usize {
    // Before anything else asks cubecl: what it was told once cannot be changed.
    keep_kernels();
    Device::enumerate(DeviceType::Cuda).into_vec().len()
}

fn keep_kernels() {
    let here = Surroundings::here();
    kernels::keep(here.kernels.clone(), here.nvrtc());
}

/// Checks that there is a GPU and what its compiler needs, without starting either.
pub(super) fn look_for_cuda(index: usize) -> std::result::Result<(), Obstacle> {
    let found = count_cuda();
    if found == 0 {
        return Err(Obstacle {
            why: "no CUDA driver or device was found".into(),
            advice: Some("install NVIDIA's driver; `nvidia-smi` must list the GPU".into()),
        });
    }
    if index >= found {
        let why = format!("this machine has {found} CUDA devices, counted from 0");
        return Err(Obstacle { why, advice: None });
    }
    obstacle(Surroundings::here()).map_or(Ok(()), Err)
}

/// Starts a GPU and compares what it computes with the CPU.
pub(super) fn cuda(index: usize) -> Result<ComputeDevice> {
    let measured = measure(index).map_err(|error| failed(index, error))?;
    match unequal(&measured.parts) {
        Some(error) => Err(failed(index, error)),
        None => Ok(ComputeDevice {
            device: Device::cuda(index),
            id: DeviceId::Cuda(index),
            remark: None,
        }),
    }
}

/// The failure of a device that has everything it needs.
fn failed(index: usize, mut error: Error) -> Error {
    for fault in &mut error.faults {
        fault.message = format!("cannot use device `cuda:{index}`: {}", fault.message);
    }
    if let Some(fault) = error.faults.last_mut() {
        fault.hints.push(format!("`seglab probe --device cuda:{index}` shows what is there"));
    }
    error
}

/// Starts a GPU, asks for its name and memory, and lets it compute.
pub(super) fn measure(index: usize) -> Result<Measured> {
    keep_kernels();
    let work = || {
        let client = cubecl::Device::Cuda(cubecl::device::CudaDevice::new(index)).client();
        let properties = client.properties();
        Ok(Measured {
            name: properties.identity.name.clone(),
            memory_bytes: properties.memory.max_memory(),
            parts: compare_with_cpu(&Device::cuda(index))?,
        })
    };
    let measured = crash::catch("the device", work).map_err(classify_panic)?;
    check_device_threads()?;
    Ok(measured)
}
