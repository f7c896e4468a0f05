//! [`Graphics`]: the GPUs of the machine, their driver and CUDA, from files alone: asking the
//! driver takes longer than beginning a run may.
//!
//! Does not know which one computes.

use crate::base::{fs, proc};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What is installed of NVIDIA's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graphics {
    /// GPUs in order of their bus.
    pub gpus: Vec<Gpu>,
    /// Version of the kernel's driver.
    pub driver: Option<String>,
    /// Version of the CUDA toolkit.
    pub cuda: Option<String>,
    /// Version of its compiler of kernels, NVRTC.
    pub nvrtc: Option<String>,
}

/// One GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gpu {
    /// As NVIDIA calls it.
    pub model: String,
    /// Its own number, the same in every machine.
    pub uuid: Option<String>,
}

/// Looks below `root`, which is `/` but for tests; `toolkits` are folders where CUDA may lie.
/// `None` when there is neither GPU nor driver nor toolkit.
pub(super) fn probe_graphics(root: &Path, toolkits: &[PathBuf]) -> Option<Graphics> {
    let driver_folder = root.join("proc/driver/nvidia");
    let mut graphics = Graphics::default();
    if let Ok(text) = fs::read_text(&driver_folder.join("version")) {
        graphics.driver = proc::nvidia_driver_in(&text);
    }
    let gpus = driver_folder.join("gpus");
    if gpus.is_dir() {
        let text_of = |gpu: &PathBuf| fs::read_text(&gpu.join("information")).ok();
        let texts = fs::list(&gpus).unwrap_or_default();
        graphics.gpus = texts.iter().filter_map(text_of).filter_map(|text| gpu(&text)).collect();
    }
    let versions = toolkits.iter().find_map(|folder| {
        let text = fs::read_text(&folder.join("version.json")).ok()?;
        serde_json::from_str::<serde_json::Value>(&text).ok()
    });
    if let Some(versions) = versions {
        let version = |part: &str| Some(versions[part]["version"].as_str()?.to_owned());
        graphics.cuda = version("cuda");
        graphics.nvrtc = version("cuda_nvrtc");
    }
    (graphics != Graphics::default()).then_some(graphics)
}

fn gpu(text: &str) -> Option<Gpu> {
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.trim_start_matches([':', ' ', '\t']).trim().to_owned())
    };
    Some(Gpu { model: value("Model")?, uuid: value("GPU UUID") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn driver_gpus_and_toolkit_are_read_from_files() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(probe_graphics(root.path(), &[]), None);
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            fs::create_folder(path.parent().unwrap()).unwrap();
            fs::write_atomic(&path, text.as_bytes()).unwrap();
        };
        write(
            "proc/driver/nvidia/version",
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build\n\
             GCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1~22.04)\n",
        );
        write(
            "proc/driver/nvidia/gpus/0000:01:00.0/information",
            "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 135\nGPU UUID: \t GPU-0123\n",
        );
        write(
            "cuda/version.json",
            r#"{ "cuda": { "version": "12.6.3" }, "cuda_nvrtc": { "version": "12.6.85" } }"#,
        );
        let toolkits = ["none", "cuda"].map(|name| root.path().join(name));
        let found = probe_graphics(root.path(), &toolkits).unwrap();
        assert_eq!(found.driver.as_deref(), Some("570.86.15"));
        assert_eq!(found.cuda.as_deref(), Some("12.6.3"));
        assert_eq!(found.nvrtc.as_deref(), Some("12.6.85"));
        let gpu = Gpu { model: "NVIDIA H100 80GB HBM3".into(), uuid: Some("GPU-0123".into()) };
        assert_eq!(found.gpus, [gpu]);
    }
}
