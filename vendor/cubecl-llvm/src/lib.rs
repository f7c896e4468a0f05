//! Stand-in for `cubecl-llvm`.
//!
//! `cubecl-cuda` names this crate unconditionally, but with the feature `cuda-cpp` it never
//! calls it: kernels go through CUDA C++ and NVRTC. The real crate downloads an LLVM archive
//! while it builds, which fails on machines that reach only package registries. This one keeps
//! the public names and refuses with an error, should anything call it after all.
//!
//! Knows nothing of LLVM.

use core::ffi::c_char;
use cubecl_core::{ir::amd::GfxArch, ir::nvidia::SmArch, prelude::KernelDefinition};
use cubecl_environment::backtrace::BackTrace;
use cubecl_runtime::{compiler::CompilationError, kernel::BufferIOAttr};
use nvptx::ptx_version::PtxVersion;

/// What the real backend would lower to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LlvmTarget {
    /// NVIDIA PTX, the only target `cubecl-cuda` asks for.
    #[default]
    Nvptx,
}

/// The compiler that is not here.
#[derive(Clone, Debug, Default)]
pub struct PlironCompiler {
    /// Target that was asked for.
    pub target: LlvmTarget,
}

impl PlironCompiler {
    /// Refuses.
    ///
    /// # Errors
    /// Always: this build has no LLVM backend.
    pub fn compile(
        &mut self,
        _kernel: KernelDefinition,
        _options: &PlironOptions,
    ) -> Result<PlironArtifact, CompilationError> {
        Err(CompilationError::Generic {
            reason: "this build has no LLVM backend; enable cubecl's feature `cuda-cpp`".into(),
            backtrace: BackTrace::capture(),
        })
    }

    /// Language of the emitted text.
    pub fn lang_tag(&self) -> &'static str {
        "llvm"
    }
}

/// Options as the real crate has them, those `cubecl-cuda` sets.
#[derive(Clone, Debug, Default)]
pub struct PlironOptions {
    /// Minimum CPU buffer alignment.
    pub cpu_buffer_alignment: Option<u32>,
    /// AMDGPU architecture.
    pub arch: Option<GfxArch>,
    /// NVPTX architecture.
    pub sm_arch: Option<SmArch>,
    /// PTX version to emit.
    pub ptx_version: Option<PtxVersion>,
    /// Pass scalars and metadata in the kernel parameter block.
    pub grid_constants: bool,
}

/// A compiled PTX module; never made here.
#[derive(Clone, Debug)]
pub struct NvptxModule {
    /// NUL-terminated PTX assembly.
    pub ptx: Vec<c_char>,
    /// Kernel entry point symbol.
    pub entrypoint: String,
    /// IR for logging.
    pub ir: String,
    /// Shared memory per launch in bytes.
    pub shared_memory_size: usize,
    /// Buffer access modes in binding order.
    pub io: Vec<BufferIOAttr>,
}

/// What a compilation would give; never made here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PlironArtifact {
    /// A PTX module.
    NvptxCode(NvptxModule),
}

/// NVPTX names.
pub mod nvptx {
    /// PTX versions.
    pub mod ptx_version {
        use core::fmt;

        /// A PTX ISA version; none is ever chosen here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct PtxVersion(u32);

        impl PtxVersion {
            /// The newest version a driver loads: unknown without LLVM, and unused by NVRTC.
            pub fn for_driver(_driver: i32) -> Option<Self> {
                None
            }
        }

        impl fmt::Display for PtxVersion {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "ptx{}", self.0)
            }
        }
    }
}

/// Names shared by the targets.
pub mod shared {
    /// Narrowing of device features, which only the LLVM backend needs.
    pub mod lowered_features {
        use cubecl_core::ir::DeviceProperties;

        /// A GPU target.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum GpuTarget {
            /// NVIDIA PTX.
            Nvptx,
        }

        /// Leaves the features as they are: nothing is lowered here.
        pub fn restrict_features(_properties: &mut DeviceProperties, _target: GpuTarget) {}
    }
}
