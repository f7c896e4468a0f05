//! [`Surroundings`]: what this machine has for CUDA, found without starting any of it.
//!
//! Does not know how many GPUs there are, and whether they work.

use super::{kernels, places::Places, toolkit::Toolkit, version::Version};
use crate::base::proc;
use std::{env, path::PathBuf, sync::LazyLock};

/// Driver, compiler and the place for compiled kernels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Surroundings {
    /// Release of the driver; `None` where it does not say, as in Windows' Linux.
    pub(super) release: Option<String>,
    /// The newest CUDA that it takes.
    pub(super) driver: Option<Version>,
    /// The compiler and its headers.
    pub(super) toolkit: Option<Toolkit>,
    /// Folder of compiled kernels.
    pub(super) kernels: Option<PathBuf>,
}

static HERE: LazyLock<Surroundings> = LazyLock::new(Surroundings::look);

impl Surroundings {
    /// Those of this machine, looked up once.
    pub(super) fn here() -> &'static Self {
        &HERE
    }

    fn look() -> Self {
        let release = proc::nvidia_driver();
        let driver = release.as_deref().and_then(Version::of_driver);
        let kernels = kernels::folder(&|name| env::var_os(name));
        let joined_in = kernels.clone().unwrap_or_else(env::temp_dir).join("toolkits");
        let toolkit = Toolkit::find(&Places::here(), driver, &joined_in);
        Self { release, driver, toolkit, kernels }
    }

    /// Version of the compiler.
    pub(super) fn nvrtc(&self) -> Option<Version> {
        self.toolkit.as_ref()?.version
    }
}
