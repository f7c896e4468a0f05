//! [`variables`]: the environment in which the program's libraries find a toolkit.
//!
//! Does not know whether there is a GPU.

use super::{places::SYSTEM_LIBRARIES, toolkit::Toolkit};
use crate::base::{Result, fs};
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// What has to be in the environment when the program starts, so that its libraries find this
/// toolkit: only what differs from `present`.
pub(super) fn variables(
    toolkit: &Toolkit,
    present: &dyn Fn(&str) -> Option<OsString>,
) -> Vec<(&'static str, OsString)> {
    let mut variables = Vec::new();
    if present("CUDA_PATH").as_deref() != Some(toolkit.home.as_os_str()) {
        variables.push(("CUDA_PATH", toolkit.home.clone().into_os_string()));
    }
    if let Some(folder) = toolkit.nvrtc.as_deref().and_then(Path::parent) {
        let before = present("LD_LIBRARY_PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = env::split_paths(&before).collect();
        let is_system = SYSTEM_LIBRARIES.iter().any(|system| folder == Path::new(system));
        if !is_system && !folders.iter().any(|other| other == folder) {
            let all = [folder.to_owned()].into_iter().chain(folders);
            // A folder with a colon in its name cannot be told to the loader at all.
            if let Ok(all) = env::join_paths(all.filter(|it| !it.as_os_str().is_empty())) {
                variables.push(("LD_LIBRARY_PATH", all));
            }
        }
    }
    variables
}

/// Joins the headers of several packages in one folder, where that is needed and not done.
///
/// # Errors
/// When the folder or a link in it cannot be made.
pub(super) fn join(toolkit: &Toolkit) -> Result<()> {
    let include = toolkit.home.join("include");
    for part in &toolkit.joined {
        for header in fs::list(part)? {
            let link = include.join(fs::name(&header));
            // Made before, by this or by another process.
            if fs::link_target(&link).is_none() {
                fs::create_folder(&include)?;
                fs::link(&header, &link)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_changed_only_where_it_must_be() {
        let toolkit = Toolkit {
            home: "/cuda".into(),
            joined: Vec::new(),
            nvrtc: Some("/cuda/lib64/libnvrtc.so".into()),
            version: None,
            builtins: None,
            missing_headers: Vec::new(),
        };
        let empty = variables(&toolkit, &|_| None);
        let expected = [("CUDA_PATH", "/cuda".into()), ("LD_LIBRARY_PATH", "/cuda/lib64".into())];
        assert_eq!(empty, expected);
        // The program starts again with these; then nothing is left to change.
        let set = |name: &str| empty.iter().find(|(it, _)| *it == name).map(|(_, v)| v.clone());
        assert!(variables(&toolkit, &set).is_empty());
        let other = |name: &str| (name == "LD_LIBRARY_PATH").then(|| OsString::from("/other"));
        let both = OsString::from("/cuda/lib64:/other");
        assert_eq!(variables(&toolkit, &other)[1], ("LD_LIBRARY_PATH", both));
        // Where the loader looks anyway, nothing may go before the folders of the user.
        let system = Toolkit {
            home: "/usr".into(),
            nvrtc: Some("/usr/lib/x86_64-linux-gnu/libnvrtc.so".into()),
            ..toolkit
        };
        assert_eq!(variables(&system, &other), [("CUDA_PATH", "/usr".into())]);
    }

    #[test]
    fn headers_of_several_packages_are_joined_in_one_folder() {
        let root = tempfile::tempdir().unwrap();
        let parts = ["runtime", "cccl"].map(|part| root.path().join(part));
        for (part, header) in parts.iter().zip(["mma.h", "cuda/barrier"]) {
            let header = part.join(header);
            fs::create_folder(header.parent().unwrap()).unwrap();
            fs::write_plain(&header, b"text").unwrap();
        }
        let toolkit = Toolkit {
            home: root.path().join("joined"),
            joined: parts.to_vec(),
            nvrtc: None,
            version: None,
            builtins: None,
            missing_headers: Vec::new(),
        };
        join(&toolkit).unwrap();
        join(&toolkit).unwrap();
        for header in ["mma.h", "cuda/barrier"] {
            let header = toolkit.home.join("include").join(header);
            assert_eq!(fs::read_text(&header).unwrap(), "text");
        }
    }
}
