//! [`Choice`]: where the tensors live, chosen at run time.
//!
//! Does not know what is computed there.

use crate::base::{Fault, Result};
use burn::tensor::Device;
use std::{fmt, str::FromStr};

/// What `--device` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// A GPU when there is one, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// A CUDA device by its index.
    Cuda(usize),
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let index = |text: &str| text.strip_prefix("cuda:")?.parse().ok();
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            other => {
                index(other).map(Self::Cuda).ok_or("expected auto, cpu, cuda or cuda:N".into())
            }
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

/// A device and what to call it.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The device, without autodiff.
    pub device: Device,
    /// Its name in records.
    pub name: String,
    /// Why it is not a GPU though one could have been, in one line.
    pub remark: Option<String>,
}

impl Chosen {
    /// Whether it is a GPU.
    pub fn is_gpu(&self) -> bool {
        self.name.starts_with("cuda")
    }
}

/// Finds the device.
///
/// # Errors
/// When a GPU is asked for by name and cannot be used.
pub fn choose(choice: Choice) -> Result<Chosen> {
    match choice {
        Choice::Cpu => Ok(cpu(None)),
        Choice::Auto => match cuda(0) {
            Ok(chosen) => Ok(chosen),
            Err(why) => Ok(cpu(cfg!(feature = "cuda").then(|| format!("using the CPU: {why}")))),
        },
        Choice::Cuda(index) => cuda(index).map_err(|why| unusable(index, why).into()),
    }
}

/// Whether a device can be used, without waking it.
///
/// # Errors
/// As [`choose`].
pub fn check(choice: Choice) -> Result<()> {
    match choice {
        Choice::Cpu | Choice::Auto => Ok(()),
        Choice::Cuda(index) => look_for_cuda(index).map_err(|why| unusable(index, why).into()),
    }
}

fn unusable(index: usize, why: String) -> Fault {
    Fault::new(format!("cannot use device `cuda:{index}`"))
        .detail(why)
        .hint("use `--device cpu`, or `--device auto` to take a GPU only where there is one")
}

/// Whether this choice ends on a GPU; burn's own default device must then agree.
#[cfg(feature = "cuda")]
pub fn is_cuda(choice: Choice) -> bool {
    match choice {
        Choice::Cpu => false,
        Choice::Auto => look_for_cuda(0).is_ok(),
        Choice::Cuda(_) => true,
    }
}

fn cpu(remark: Option<String>) -> Chosen {
    let n_threads = rayon::current_num_threads();
    Chosen { device: Device::flex(), name: format!("CPU, threads: {n_threads}"), remark }
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
fn cuda(index: usize) -> std::result::Result<Chosen, String> {
    look_for_cuda(index).map(|()| cpu(None))
}

#[cfg(not(feature = "cuda"))]
fn look_for_cuda(_index: usize) -> std::result::Result<(), String> {
    Err("this build has no CUDA; build it with `--features cuda`".into())
}

#[cfg(feature = "cuda")]
fn cuda(index: usize) -> std::result::Result<Chosen, String> {
    use crate::base::crash;
    use burn::tensor::Tensor;

    look_for_cuda(index)?;
    let device = Device::cuda(index);
    crash::catch("the device", || {
        let sum = Tensor::<1>::ones([8], &device).sum().try_into_data();
        sum.map(drop).map_err(|error| crate::model::device_error(&error))
    })
    .map_err(|error| error.to_string())?;
    Ok(Chosen { device, name: format!("cuda:{index}"), remark: None })
}

/// Whether there is a GPU and what its compiler needs, without waking either.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_user_types() {
        assert_eq!("auto".parse(), Ok(Choice::Auto));
        assert_eq!("cuda".parse(), Ok(Choice::Cuda(0)));
        assert_eq!("cuda:3".parse(), Ok(Choice::Cuda(3)));
        assert!("gpu".parse::<Choice>().is_err());
    }
}
