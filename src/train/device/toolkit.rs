//! [`Toolkit`]: the compiler of kernels (NVRTC) and the headers that kernels include.
//!
//! cubecl looks for headers in `CUDA_PATH/include` and `CUDA_PATH/include/cccl` alone. cudarc loads
//! `libnvrtc.so`, else `libnvrtc.so.13` or `.12`, by name: the folder must be one that the loader of
//! libraries knows when the program starts. `environment.rs` sees to both.
//!
//! Does not know whether there is a GPU.

use super::{
    places::Places,
    version::{Version, misfit},
};
use crate::base::fs;
use std::path::{Path, PathBuf};

/// Headers that kernels include, each with the package of pip that has it.
const HEADERS: [(&str, &str); 6] = [
    ("cuda_runtime.h", "nvidia-cuda-runtime"),
    ("cuda_fp16.h", "nvidia-cuda-runtime"),
    ("cuda_bf16.h", "nvidia-cuda-runtime"),
    ("mma.h", "nvidia-cuda-runtime"),
    ("crt/mma.h", "nvidia-cuda-crt"),
    ("cuda/barrier", "nvidia-cuda-cccl"),
];
/// The package that has NVRTC and its built-ins.
const NVRTC_PACKAGE: &str = "nvidia-cuda-nvrtc";

/// Names by which cudarc finds NVRTC, in its order.
const NVRTC_NAMES: [&str; 3] = ["libnvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12"];
const BUILTINS: &str = "libnvrtc-builtins.so";

/// Where libraries lie in the home of a toolkit.
const LIBRARIES: [&str; 6] = [
    "lib64",
    "lib",
    "targets/x86_64-linux/lib",
    "targets/sbsa-linux/lib",
    "lib/x86_64-linux-gnu",
    "lib/aarch64-linux-gnu",
];

/// Wheels for CUDA 12 give each part a folder of its own below `nvidia`.
const PARTS_WITH_HEADERS: [&str; 3] = ["cuda_runtime", "cuda_nvcc", "cuda_cccl"];

/// A toolkit that was found, whole or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Toolkit {
    /// Folder whose `include` has the headers: the value for `CUDA_PATH`.
    pub(super) home: PathBuf,
    /// Folders of headers that are to be joined in `home`, which then is a folder of our own.
    pub(super) joined: Vec<PathBuf>,
    /// The library of NVRTC.
    pub(super) nvrtc: Option<PathBuf>,
    /// Its version.
    pub(super) version: Option<Version>,
    /// The library of its built-in functions, of the same version.
    pub(super) builtins: Option<PathBuf>,
    /// Headers that are missing.
    pub(super) missing_headers: Vec<&'static str>,
}

impl Toolkit {
    /// The best of those that lie in these places: one that is whole and fits the driver, else one
    /// that is whole, else the one with the fewest parts missing; of equals the first. `joined_in` is
    /// a folder where parts may be joined. `None` where there is nothing of any.
    pub(super) fn find(places: &Places, driver: Option<Version>, joined_in: &Path) -> Option<Self> {
        let wheels = places.packages.iter().map(|packages| packages.join("nvidia"));
        let of_wheels = wheels.flat_map(|wheels| of_wheels(&wheels, places, joined_in));
        let homes = places.homes.iter().map(|home| of_home(home, places));
        let found = homes.chain(of_wheels).filter(|toolkit| {
            toolkit.nvrtc.is_some() || toolkit.missing_headers.len() < HEADERS.len()
        });
        // The first of equals: `min_by_key` keeps it.
        found.min_by_key(|toolkit| (toolkit.n_missing(), misfit(driver, toolkit.version).is_some()))
    }

    /// How many parts are missing.
    fn n_missing(&self) -> usize {
        usize::from(self.nvrtc.is_none())
            + usize::from(self.builtins.is_none())
            + self.missing_headers.len()
    }

    /// How to get what is missing.
    pub(super) fn advice(&self) -> Option<String> {
        let mut packages: Vec<&str> = Vec::new();
        if self.nvrtc.is_none() || self.builtins.is_none() {
            packages.push(NVRTC_PACKAGE);
        }
        let of_headers = HEADERS.iter().filter(|(name, _)| self.missing_headers.contains(name));
        packages.extend(of_headers.map(|(_, package)| *package));
        packages.dedup();
        (!packages.is_empty()).then(|| install(&packages, self.version))
    }
}

/// How to install some of pip's packages for a version of CUDA, or all of it.
pub(super) fn install(packages: &[&str], version: Option<Version>) -> String {
    let named = packages.iter().map(|package| match version {
        // Before CUDA 13 the names end in the version, and other packages have some of the headers.
        Some(version) if version.major == 12 => {
            let package = if *package == "nvidia-cuda-crt" { "nvidia-cuda-nvcc" } else { package };
            format!("'{package}-cu12=={version}.*'")
        }
        Some(version) => format!("'{package}=={version}.*'"),
        None => (*package).to_owned(),
    });
    format!(
        "`pip install {}`, or install the CUDA toolkit and set CUDA_PATH to its folder",
        named.collect::<Vec<_>>().join(" ")
    )
}

/// How to install everything.
pub(super) fn install_all(driver: Option<Version>) -> String {
    let mut packages = vec![NVRTC_PACKAGE];
    packages.extend(HEADERS.iter().map(|(_, package)| *package));
    packages.dedup();
    install(&packages, driver)
}

/// The toolkit of a folder as NVIDIA's installers make it.
fn of_home(home: &Path, places: &Places) -> Toolkit {
    let include = home.join("include");
    let own = LIBRARIES.map(|part| home.join(part));
    let libraries = own.iter().chain(&places.loaded_from);
    with(home.to_owned(), Vec::new(), &[include.clone(), include.join("cccl")], libraries)
}

/// Toolkits of pip's packages: those for CUDA 13 and newer are one folder, those for CUDA 12 several.
fn of_wheels(wheels: &Path, places: &Places, joined_in: &Path) -> Vec<Toolkit> {
    let is_home = |folder: &PathBuf| {
        let name = fs::name(folder);
        name.strip_prefix("cu").is_some_and(|rest| rest.parse::<u32>().is_ok())
    };
    let folders = fs::list_folders(wheels).unwrap_or_default();
    let mut homes: Vec<PathBuf> = folders.into_iter().filter(is_home).collect();
    homes.sort_by(|a, b| b.cmp(a));
    let mut toolkits: Vec<Toolkit> = homes.iter().map(|home| of_home(home, places)).collect();
    let headers: Vec<PathBuf> =
        PARTS_WITH_HEADERS.iter().map(|part| wheels.join(part).join("include")).collect();
    let headers: Vec<PathBuf> = headers.into_iter().filter(|folder| folder.is_dir()).collect();
    let libraries = [wheels.join("cuda_nvrtc/lib")];
    if libraries[0].is_dir() || !headers.is_empty() {
        // One folder for one set of packages.
        let name = blake3::hash(wheels.as_os_str().as_encoded_bytes()).to_hex();
        let home = joined_in.join(&name[..12]);
        let libraries = libraries.iter().chain(&places.loaded_from);
        toolkits.push(with(home, headers.clone(), &headers, libraries));
    }
    toolkits
}

fn with<'a>(
    home: PathBuf,
    joined: Vec<PathBuf>,
    headers: &[PathBuf],
    libraries: impl Iterator<Item = &'a PathBuf>,
) -> Toolkit {
    let is_missing = |name: &&str| !headers.iter().any(|folder| folder.join(name).exists());
    let missing_headers = HEADERS.iter().map(|(name, _)| *name).filter(is_missing).collect();
    let library = |folder: &PathBuf| {
        NVRTC_NAMES.iter().map(|name| folder.join(name)).find(|file| file.exists())
    };
    let nvrtc = libraries.into_iter().find_map(library);
    let (version, builtins) = nvrtc.as_deref().map(of_nvrtc).unwrap_or_default();
    Toolkit { home, joined, nvrtc, version, builtins, missing_headers }
}

/// Version and built-ins of an NVRTC. The name of the file has the version (`libnvrtc.so.13.0.88`),
/// or, in pip's packages, that of the built-ins (`libnvrtc-builtins.so.13.0`).
fn of_nvrtc(library: &Path) -> (Option<Version>, Option<PathBuf>) {
    let name_of = |file: &Path| fs::canonical(file).map(|file| fs::name(&file)).unwrap_or_default();
    let name = name_of(library);
    let version = Version::read(&name);
    let major = name.rsplit('.').find_map(|part| part.parse::<u32>().ok());
    let fits = |file: &Path| match (Version::read(&name_of(file)), version) {
        (Some(of_file), Some(version)) => of_file == version,
        (Some(of_file), None) => major.is_none_or(|major| of_file.major == major),
        (None, _) => false,
    };
    let folders = [library.parent().map(Path::to_owned), fs::canonical(library).ok()];
    let beside = folders.into_iter().flatten().flat_map(|folder| {
        let folder =
            if folder.is_dir() { Some(folder) } else { folder.parent().map(Path::to_owned) };
        folder.and_then(|folder| fs::list(&folder).ok()).unwrap_or_default()
    });
    let mut builtins = beside.filter(|file| fs::name(file).starts_with(BUILTINS));
    let builtins = builtins.find(|file| fits(file));
    let of_builtins = || Version::read(&name_of(builtins.as_deref()?));
    (version.or_else(of_builtins), builtins)
}

#[cfg(test)]
mod tests;
