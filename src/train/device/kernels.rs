//! Where compiled kernels are kept: one folder for all processes of a user on a machine.
//!
//! By default cubecl compiles every kernel in every process, and keeps what it tuned below the working
//! folder. Compiling for the first step takes minutes. Its store is a database that several processes
//! may use at once; its keys hold the program's build and the GPU's architecture.
//!
//! Does not know which kernels there are.

use super::version::Version;
use std::{ffi::OsString, path::PathBuf};

/// The folder: `seglab/kernels` in the user's folder for caches. `None` where there is neither
/// `XDG_CACHE_HOME` nor `HOME`.
pub(super) fn folder(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|it| it.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(caches.join("seglab").join("kernels"))
}

/// Name of the store for a version of NVRTC. An older driver cannot load what a newer compiler wrote,
/// and cubecl's keys do not tell them apart.
pub(super) fn store(nvrtc: Option<Version>) -> String {
    nvrtc.map_or_else(|| "kernels".to_owned(), |version| format!("nvrtc-{version}"))
}

/// Whether nothing was kept yet, so that the first step will compile.
pub(super) fn is_empty(folder: Option<&PathBuf>, nvrtc: Option<Version>) -> bool {
    folder.is_none_or(|folder| !folder.join(store(nvrtc) + ".db").exists())
}

/// Tells cubecl to keep compiled kernels, and where. What a `cubecl.toml`, a `burn.toml` or cubecl's
/// own variables say about the place goes before. Must be called before cubecl is asked anything.
#[cfg(feature = "cuda")]
pub(super) fn keep(folder: Option<PathBuf>, nvrtc: Option<Version>) {
    use cubecl::config::{CubeClRuntimeConfig, RuntimeConfig, cache::CacheConfig};

    let mut config = CubeClRuntimeConfig::from_current_dir().override_from_env();
    config.compilation.cache = true;
    if let (CacheConfig::Target, Some(folder)) = (&config.environment.path, folder) {
        config.environment.path = CacheConfig::Directory(folder);
    }
    if config.environment.name == cubecl::environment::DEFAULT {
        config.environment.name = store(nvrtc);
    }
    // Whoever set it before, did so on purpose.
    let _ = CubeClRuntimeConfig::try_set(config);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fs;

    #[test]
    fn kernels_are_kept_in_the_users_cache_apart_by_compiler() {
        let of = |set: &'static [(&str, &str)]| {
            folder(&|name| set.iter().find(|(it, _)| *it == name).map(|(_, value)| value.into()))
        };
        assert_eq!(of(&[("HOME", "/home/a")]), Some("/home/a/.cache/seglab/kernels".into()));
        assert_eq!(
            of(&[("XDG_CACHE_HOME", "/fast"), ("HOME", "/home/a")]),
            Some("/fast/seglab/kernels".into())
        );
        assert_eq!(
            of(&[("XDG_CACHE_HOME", "not/absolute"), ("HOME", "/home/a")]),
            of(&[("HOME", "/home/a")])
        );
        assert_eq!(of(&[]), None);
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_owned();
        let version = Some(Version::new(13, 0));
        assert!(is_empty(Some(&place), version) && is_empty(None, version));
        fs::write_plain(&place.join("nvrtc-13.0.db"), b"").unwrap();
        assert!(!is_empty(Some(&place), version));
        assert!(is_empty(Some(&place), Some(Version::new(12, 8))));
    }
}
