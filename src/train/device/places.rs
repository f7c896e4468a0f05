//! [`Places`]: where a CUDA toolkit may lie on this machine.
//!
//! Does not know what has to lie there.

use crate::base::fs;
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Folders to look in, the one that was chosen first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// Folders of whole toolkits: with `include`, and `lib64` or `lib`.
    pub(super) homes: Vec<PathBuf>,
    /// Folders of Python packages, in which pip's wheels of NVIDIA lie under `nvidia`.
    pub(super) packages: Vec<PathBuf>,
    /// Folders of `LD_LIBRARY_PATH` and of the system, where libraries are found anyway.
    pub(super) loaded_from: Vec<PathBuf>,
}

/// Folders of libraries that the loader searches without being told.
pub(super) const SYSTEM_LIBRARIES: [&str; 7] = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/lib64",
    "/lib",
    "/usr/local/lib",
];

impl Places {
    /// Those of this machine and this environment.
    pub(super) fn here() -> Self {
        let usual = ["/usr/local/cuda", "/opt/cuda", "/usr"].map(PathBuf::from);
        Self::of(&|name| env::var_os(name), &usual)
    }

    /// Those that `variable` leads to, with the `usual` homes of toolkits after the chosen ones.
    pub(super) fn of(variable: &dyn Fn(&str) -> Option<OsString>, usual: &[PathBuf]) -> Self {
        let folder =
            |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let chosen = ["CUDA_PATH", "CUDA_HOME"].into_iter().filter_map(folder);
        let conda = folder("CONDA_PREFIX");
        let of_conda = conda.iter().flat_map(|prefix| {
            ["targets/x86_64-linux", "targets/sbsa-linux", "."].map(|part| prefix.join(part))
        });
        let homes = chosen.chain(usual.iter().cloned()).chain(of_conda).collect();
        let path = variable("PATH").unwrap_or_default();
        let prefixes = folder("VIRTUAL_ENV").into_iter().chain(conda.clone());
        let prefixes: Vec<PathBuf> = prefixes.chain(of_python(&path)).collect();
        let user = folder("HOME").map(|home| home.join(".local"));
        let packages = prefixes.iter().chain(&user).flat_map(|prefix| packages(prefix)).collect();
        let told = variable("LD_LIBRARY_PATH").unwrap_or_default();
        let told = env::split_paths(&told).filter(|folder| folder.is_absolute());
        let loaded_from = told.chain(SYSTEM_LIBRARIES.map(PathBuf::from)).collect();
        Self { homes: without_repeats(homes), packages: without_repeats(packages), loaded_from }
    }
}

/// Prefixes of the first `python3` of a `PATH`, which is not run: it may be slow, or want a terminal.
fn of_python(path: &OsString) -> Vec<PathBuf> {
    let programs = env::split_paths(path).map(|folder| folder.join("python3"));
    let Some(program) = programs.into_iter().find(|program| program.is_file()) else {
        return Vec::new();
    };
    let prefix = |program: &Path| Some(program.parent()?.parent()?.to_owned());
    let mut prefixes: Vec<PathBuf> = prefix(&program).into_iter().collect();
    // A virtual environment links to its Python; pyenv has a script that chooses one.
    prefixes.extend(fs::canonical(&program).ok().as_deref().and_then(prefix));
    if let Some(versions) = prefix(&program).map(|prefix| prefix.join("versions")) {
        prefixes.extend(fs::list_folders(&versions).unwrap_or_default());
    }
    // Debian's Python also looks in /usr/local.
    prefixes.extend(prefixes.contains(&"/usr".into()).then(|| "/usr/local".into()));
    prefixes
}

/// The folders of packages below a prefix, those of the newest Python first.
fn packages(prefix: &Path) -> Vec<PathBuf> {
    let lib = prefix.join("lib");
    let is_python = |folder: &PathBuf| fs::name(folder).starts_with("python3");
    let pythons = fs::list_folders(&lib).unwrap_or_default().into_iter().filter(is_python);
    let mut pythons: Vec<PathBuf> = pythons.collect();
    pythons.sort_by_key(|folder| {
        let minor = fs::name(folder).rsplit('.').next().and_then(|minor| minor.parse::<u32>().ok());
        std::cmp::Reverse(minor)
    });
    let both = pythons
        .iter()
        .flat_map(|python| ["site-packages", "dist-packages"].map(|name| python.join(name)));
    both.filter(|folder| folder.join("nvidia").is_dir()).collect()
}

fn without_repeats(folders: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut kept: Vec<PathBuf> = Vec::new();
    for folder in folders {
        if !kept.contains(&folder) {
            kept.push(folder);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_folders_come_first_and_packages_are_found_without_running_python() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for name in [
            "env/lib/python3.11/site-packages/nvidia",
            "py/versions/3.12.1/lib/python3.12/site-packages/nvidia",
            "py/versions/3.12.1/lib/python3.9/site-packages/nvidia",
            "home/.local/lib/python3.12/site-packages/other",
            "py/shims",
        ] {
            fs::create_folder(&at(name)).unwrap();
        }
        fs::write_plain(&at("py/shims/python3"), b"#!/bin/sh\nexit 1\n").unwrap();
        let variable = |name: &str| {
            Some(match name {
                "CUDA_HOME" => at("chosen").into_os_string(),
                "CONDA_PREFIX" => at("conda").into_os_string(),
                "VIRTUAL_ENV" => at("env").into_os_string(),
                "HOME" => at("home").into_os_string(),
                "PATH" => format!("{}:{}", at("none").display(), at("py/shims").display()).into(),
                "LD_LIBRARY_PATH" => format!("{}:relative", at("libs").display()).into(),
                "CUDA_PATH" => OsString::new(),
                _ => return None,
            })
        };
        let places = Places::of(&variable, &[at("usual"), at("chosen")]);
        let conda = ["conda/targets/x86_64-linux", "conda/targets/sbsa-linux", "conda/."].map(at);
        let expected = [vec![at("chosen"), at("usual")], conda.to_vec()].concat();
        assert_eq!(places.homes, expected);
        let expected = [
            "env/lib/python3.11/site-packages",
            "py/versions/3.12.1/lib/python3.12/site-packages",
            "py/versions/3.12.1/lib/python3.9/site-packages",
        ];
        assert_eq!(places.packages, expected.map(at));
        assert_eq!(places.loaded_from[0], at("libs"));
        assert_eq!(places.loaded_from.len(), 1 + SYSTEM_LIBRARIES.len());
    }
}
