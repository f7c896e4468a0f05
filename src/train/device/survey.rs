//! [`survey`]: what a machine has for computing and what it lacks, part by part, for `seglab probe`.
//!
//! Does not know how it is shown.

use super::{
    count_cuda, is_cuda, kernels, look_for_cuda, measure,
    obstacle::{Obstacle, fit},
    parity::{PartDifference, unequal},
    surroundings::Surroundings,
    toolkit::{Toolkit, install_all},
    version::misfit,
};
use crate::{
    base::{Error, Fault, Result, proc, text},
    spec::{DeviceChoice, DeviceId},
};
use serde::Serialize;

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// There, and as it should be.
    Ok,
    /// Not there, or not as it should be.
    Missing,
    /// The machine does not say.
    Unknown,
}

/// One part of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which part.
    pub part: &'static str,
    /// How it is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// How to get what is missing.
    pub advice: Option<String>,
}

/// What a machine has for a device.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Survey {
    /// The device that was looked at.
    pub device: DeviceId,
    /// Whether it can be used.
    pub usable: bool,
    /// The parts, in the order in which they are needed.
    pub findings: Vec<Finding>,
    /// How far the device is from the CPU; empty for the CPU, and for a device that could not start.
    pub parity: Vec<PartDifference>,
}

/// What a GPU says of itself, and what it computed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    pub(super) name: String,
    pub(super) memory_bytes: Option<u64>,
    pub(super) parts: Vec<PartDifference>,
}

impl Finding {
    fn ok(part: &'static str, found: impl Into<String>) -> Self {
        Self { part, state: State::Ok, found: found.into(), advice: None }
    }

    fn missing(part: &'static str, found: impl Into<String>, advice: Option<String>) -> Self {
        Self { part, state: State::Missing, found: found.into(), advice }
    }

    fn unknown(part: &'static str, found: impl Into<String>) -> Self {
        Self { part, state: State::Unknown, found: found.into(), advice: None }
    }
}

/// Looks at everything that a choice of device needs, and lets a GPU compute. The error says why the
/// device cannot be used; there is none when it can.
pub fn survey(choice: DeviceChoice) -> (Survey, Option<Error>) {
    let device = match choice {
        DeviceChoice::Only(device) => device,
        DeviceChoice::Auto if is_cuda(choice) => DeviceId::Cuda(0),
        DeviceChoice::Auto => DeviceId::Cpu,
    };
    let mut findings = vec![processor(), memory()];
    if choice != DeviceChoice::Only(DeviceId::Cpu) {
        findings.extend(of_cuda(Surroundings::here(), cfg!(feature = "cuda"), count_cuda()));
    }
    let measured = match device {
        DeviceId::Cpu => Ok(None),
        DeviceId::Cuda(index) => measured(index).map(Some),
    };
    let (parity, error) = match measured {
        Ok(None) => (Vec::new(), None),
        Ok(Some(Measured { name, memory_bytes, parts })) => {
            let memory = memory_bytes.map_or_else(String::new, |n| format!(", {}", text::bytes(n)));
            findings.push(Finding::ok("device", format!("{device}: {name}{memory}")));
            let error = unequal(&parts);
            (parts, error)
        }
        Err(error) => {
            // Details and causes are many lines; they are in the error.
            let why = error.faults.first().map(|fault| fault.message.as_str()).unwrap_or_default();
            let why = format!("{device}: {why}");
            let advice = error.faults.first().and_then(|fault| fault.hints.first().cloned());
            findings.push(Finding::missing("device", why, advice));
            (Vec::new(), Some(error))
        }
    };
    (Survey { device, usable: error.is_none(), findings, parity }, error)
}

fn measured(index: usize) -> Result<Measured> {
    look_for_cuda(index).map_err(|Obstacle { why, advice }| {
        advice.into_iter().fold(Fault::new(why), Fault::hint)
    })?;
    measure(index)
}

fn processor() -> Finding {
    let model = proc::cpu_model().unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let threads = text::counted(rayon::current_num_threads(), "thread");
    let sets = instruction_sets().join(", ");
    Finding::ok("processor", format!("{model}, {threads}, {sets}"))
}

/// The instructions for many numbers at once that the CPU back end may use here.
fn instruction_sets() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    let known = [
        ("AVX-512", std::is_x86_feature_detected!("avx512f")),
        ("AVX2", std::is_x86_feature_detected!("avx2")),
        ("FMA", std::is_x86_feature_detected!("fma")),
        ("SSE4.2", std::is_x86_feature_detected!("sse4.2")),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let known = [("NEON", cfg!(target_arch = "aarch64"))];
    let there: Vec<&str> =
        known.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect();
    if there.is_empty() { vec!["no SIMD"] } else { there }
}

fn memory() -> Finding {
    match (proc::memory_available(), proc::memory_total()) {
        (Some(free), Some(total)) => {
            let (free, total) = (text::bytes(free), text::bytes(total));
            Finding::ok("memory", format!("{free} free of {total}"))
        }
        _ => Finding::unknown("memory", "the system does not say"),
    }
}

/// What CUDA needs before a device can start.
fn of_cuda(here: &Surroundings, is_built: bool, n_gpus: usize) -> Vec<Finding> {
    let build = if is_built {
        Finding::ok("CUDA in this build", "yes")
    } else {
        let advice = "`cargo build --release --features cuda`".to_owned();
        Finding::missing("CUDA in this build", "no", Some(advice))
    };
    let mut findings = vec![build, driver(here, n_gpus)];
    if is_built {
        findings.push(if n_gpus > 0 {
            Finding::ok("GPUs", n_gpus.to_string())
        } else {
            let advice = "`nvidia-smi` must list them; in a container, pass them on (`--gpus all`)";
            Finding::missing("GPUs", "none", Some(advice.to_owned()))
        });
    }
    findings.extend(of_toolkit(here));
    findings.push(match &here.kernels {
        None => Finding::missing(
            "kernel cache",
            "every process compiles its kernels again",
            Some("set HOME or XDG_CACHE_HOME".to_owned()),
        ),
        Some(folder) => {
            let is_empty = kernels::is_empty(Some(folder), here.nvrtc());
            let state = if is_empty { "empty, the first step compiles" } else { "in use" };
            Finding::ok("kernel cache", format!("`{}`, {state}", folder.display()))
        }
    });
    findings
}

fn driver(here: &Surroundings, n_gpus: usize) -> Finding {
    match (&here.release, here.driver) {
        (Some(release), Some(cuda)) => Finding::ok("driver", format!("{release}, CUDA {cuda}")),
        (Some(release), None) => {
            Finding::ok("driver", format!("{release}, newer than this program knows"))
        }
        (None, _) if n_gpus > 0 => {
            Finding::unknown("driver", "there, and its version is not in /proc/driver/nvidia")
        }
        (None, _) => {
            let advice = "install NVIDIA's driver, 570 or newer".to_owned();
            Finding::missing("driver", "none", Some(advice))
        }
    }
}

fn of_toolkit(here: &Surroundings) -> Vec<Finding> {
    let Some(toolkit) = &here.toolkit else {
        let advice = Some(install_all(here.driver));
        return vec![
            Finding::missing("NVRTC", "none", advice.clone()),
            Finding::missing("headers", "none", advice),
        ];
    };
    let Toolkit { home, nvrtc, version, builtins, missing_headers, .. } = toolkit;
    let version = version.map_or_else(|| "version unknown".to_owned(), |it| it.to_string());
    let library = match nvrtc {
        Some(file) => Finding::ok("NVRTC", format!("{version}, `{}`", file.display())),
        None => Finding::missing("NVRTC", "none", toolkit.advice()),
    };
    let builtins = match builtins {
        Some(file) => Finding::ok("NVRTC's built-ins", format!("`{}`", file.display())),
        None => Finding::missing("NVRTC's built-ins", "none of its version", toolkit.advice()),
    };
    let include = home.join("include");
    let headers = if missing_headers.is_empty() {
        Finding::ok("headers", format!("`{}`", include.display()))
    } else {
        let names = missing_headers.join("`, `");
        Finding::missing(
            "headers",
            format!("`{}` has no `{names}`", include.display()),
            toolkit.advice(),
        )
    };
    let versions = match misfit(here.driver, toolkit.version) {
        Some(why) => Finding::missing("versions", why, Some(fit(here.driver, toolkit.version))),
        None if here.driver.is_some() && toolkit.version.is_some() => {
            Finding::ok("versions", "driver and NVRTC fit together")
        }
        None => Finding::unknown("versions", "not both are known"),
    };
    vec![library, builtins, headers, versions]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::device::version::Version;

    fn state(findings: &[Finding], part: &str) -> State {
        findings.iter().find(|finding| finding.part == part).unwrap().state
    }

    #[test]
    fn every_missing_part_says_how_to_get_it() {
        let findings = of_cuda(&Surroundings::default(), false, 0);
        for part in ["CUDA in this build", "driver", "NVRTC", "headers", "kernel cache"] {
            assert_eq!(state(&findings, part), State::Missing, "{part}");
        }
        assert!(findings.iter().all(|finding| finding.advice.is_some()), "{findings:?}");
    }

    #[test]
    fn versions_that_do_not_fit_are_told_and_a_silent_driver_is_unknown() {
        let toolkit = Toolkit {
            home: "/cuda".into(),
            joined: Vec::new(),
            nvrtc: Some("/cuda/lib64/libnvrtc.so".into()),
            version: Some(Version::new(13, 0)),
            builtins: None,
            missing_headers: vec!["mma.h"],
        };
        let old = Surroundings {
            release: Some("570.86.15".into()),
            driver: Some(Version::new(12, 8)),
            toolkit: Some(toolkit),
            kernels: Some("/nowhere/kernels".into()),
        };
        let findings = of_cuda(&old, true, 1);
        for (part, expected) in [
            ("CUDA in this build", State::Ok),
            ("driver", State::Ok),
            ("GPUs", State::Ok),
            ("NVRTC", State::Ok),
            ("NVRTC's built-ins", State::Missing),
            ("headers", State::Missing),
            ("versions", State::Missing),
            ("kernel cache", State::Ok),
        ] {
            assert_eq!(state(&findings, part), expected, "{part}");
        }
        let silent = Surroundings { release: None, driver: None, ..old };
        let findings = of_cuda(&silent, true, 1);
        assert_eq!(state(&findings, "driver"), State::Unknown);
        assert_eq!(state(&findings, "versions"), State::Unknown);
    }

    #[test]
    fn the_cpu_can_always_be_used() {
        let (survey, error) = survey(DeviceChoice::Only(DeviceId::Cpu));
        assert!(survey.usable && error.is_none() && survey.parity.is_empty(), "{survey:?}");
        assert!(survey.findings.iter().all(|finding| finding.state == State::Ok), "{survey:?}");
    }
}
