//! [`DeviceId`] and [`DeviceChoice`]: which device computes, as text and as a type.
//!
//! Does not know whether there is such a device.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// One device of a machine: `cpu` or `cuda:N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceId {
    /// The CPU.
    Cpu,
    /// A CUDA device by its index.
    Cuda(usize),
}

impl DeviceId {
    /// Whether it is a GPU.
    pub fn is_gpu(self) -> bool {
        matches!(self, Self::Cuda(_))
    }

    /// The name in the record of a run. A result on the CPU does not depend on the number of
    /// threads; its duration does.
    pub fn recorded(self, n_threads: usize) -> String {
        match self {
            Self::Cpu => format!("CPU, threads: {n_threads}"),
            Self::Cuda(_) => self.to_string(),
        }
    }

    /// The device of a name that [`DeviceId::recorded`] gave.
    pub fn of_recorded(name: &str) -> Self {
        let first = name.split_whitespace().next().unwrap_or_default();
        first.parse().unwrap_or(Self::Cpu)
    }
}

impl FromStr for DeviceId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let index = |text: &str| text.strip_prefix("cuda:")?.parse().ok();
        match text {
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            other => index(other).map(Self::Cuda).ok_or("expected cpu, cuda or cuda:N".into()),
        }
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

impl TryFrom<String> for DeviceId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<DeviceId> for String {
    fn from(device: DeviceId) -> Self {
        device.to_string()
    }
}

/// The value of `--device`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A GPU when there is one, else the CPU.
    Auto,
    /// This one.
    Only(DeviceId),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            other => other
                .parse()
                .map(Self::Only)
                .map_err(|_| "expected auto, cpu, cuda or cuda:N".to_owned()),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Only(device) => device.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_a_user_types_them_and_as_runs_record_them() {
        assert_eq!("auto".parse(), Ok(DeviceChoice::Auto));
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Only(DeviceId::Cuda(0))));
        assert_eq!("cuda:3".parse(), Ok(DeviceChoice::Only(DeviceId::Cuda(3))));
        assert!("gpu".parse::<DeviceChoice>().is_err());
        assert!("auto".parse::<DeviceId>().is_err());
        for device in [DeviceId::Cpu, DeviceId::Cuda(2)] {
            assert_eq!(DeviceId::of_recorded(&device.recorded(8)), device);
            let json = serde_json::to_string(&device).unwrap();
            assert_eq!(json, format!("\"{device}\""));
            assert_eq!(serde_json::from_str::<DeviceId>(&json).unwrap(), device);
        }
    }
}
