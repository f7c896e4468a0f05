//! [`Container`]: the container a program runs in, by the marks that container engines leave.
//!
//! Does not know about the machine around it.

use crate::base::fs;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// docker, podman, apptainer, singularity, kubernetes or lxc.
    pub engine: String,
    /// Its image, when the engine tells: docker does not.
    pub image: Option<String>,
}

/// Looks for marks below `root`, which is `/` but for tests, and in the environment.
pub(super) fn probe_container(
    root: &Path,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<Container> {
    let container = |engine: &str, image| Container { engine: engine.to_owned(), image };
    for (engine, name) in
        [("apptainer", "APPTAINER_CONTAINER"), ("singularity", "SINGULARITY_CONTAINER")]
    {
        if let Some(image) = variable(name) {
            return Some(container(engine, Some(image)));
        }
    }
    if let Ok(text) = fs::read_text(&root.join("run/.containerenv")) {
        return Some(container("podman", value_of(&text, "image")));
    }
    let groups = fs::read_text(&root.join("proc/1/cgroup")).unwrap_or_default();
    let engine = if variable("KUBERNETES_SERVICE_HOST").is_some() || groups.contains("kubepods") {
        "kubernetes"
    } else if root.join(".dockerenv").exists() || groups.contains("docker") {
        "docker"
    } else if groups.contains("lxc") {
        "lxc"
    } else {
        return None;
    };
    Some(container(engine, None))
}

/// Value of a `key="value"` line.
fn value_of(text: &str, key: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
    Some(line.trim_matches('"').to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(
        files: &[(&str, &str)],
        variables: &[(&str, &str)],
    ) -> Option<(String, Option<String>)> {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_folder(path.parent().unwrap()).unwrap();
            fs::write_atomic(&path, text.as_bytes()).unwrap();
        }
        let variable = |wanted: &str| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| (*value).to_owned())
        };
        probe_container(root.path(), variable).map(|found| (found.engine, found.image))
    }

    #[test]
    fn engines_are_told_by_their_marks() {
        let is = |engine: &str, image: Option<&str>| Some((engine.into(), image.map(Into::into)));
        assert_eq!(probe(&[("proc/1/cgroup", "0::/init.scope\n")], &[]), None);
        assert_eq!(probe(&[(".dockerenv", "")], &[]), is("docker", None));
        let groups = "12:cpu:/docker/0123456789ab\n";
        assert_eq!(probe(&[("proc/1/cgroup", groups)], &[]), is("docker", None));
        let podman =
            "engine=\"podman-5.0\"\nimage=\"docker.io/library/rust:1.95\"\nimageid=\"x\"\n";
        assert_eq!(
            probe(&[("run/.containerenv", podman)], &[]),
            is("podman", Some("docker.io/library/rust:1.95"))
        );
        assert_eq!(probe(&[("run/.containerenv", "")], &[]), is("podman", None));
        let image = [("APPTAINER_CONTAINER", "/images/rust.sif")];
        assert_eq!(probe(&[], &image), is("apptainer", Some("/images/rust.sif")));
        let pod = [("KUBERNETES_SERVICE_HOST", "10.0.0.1")];
        assert_eq!(probe(&[(".dockerenv", "")], &pod), is("kubernetes", None));
    }
}
