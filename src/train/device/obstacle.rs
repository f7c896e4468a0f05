//! [`Obstacle`]: why CUDA cannot be used on this machine, and what to do about it.
//!
//! Does not know how many GPUs there are, and whether they work.

#[cfg(any(test, feature = "cuda"))]
use super::{surroundings::Surroundings, toolkit::Toolkit, version::misfit};
use super::{
    toolkit::install_all,
    version::{OLDEST, Version},
};

/// Why CUDA cannot be used, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Obstacle {
    /// In one line.
    pub(super) why: String,
    /// The next action.
    pub(super) advice: Option<String>,
}

/// Why kernels cannot be compiled or loaded here; `None` when nothing speaks against it.
#[cfg(any(test, feature = "cuda"))]
pub(super) fn obstacle(here: &Surroundings) -> Option<Obstacle> {
    let Some(toolkit) = &here.toolkit else {
        let why = "neither NVRTC, the compiler of kernels, nor CUDA's headers were found";
        return Some(Obstacle { why: why.into(), advice: Some(install_all(here.driver)) });
    };
    if let Some(why) = missing(toolkit) {
        return Some(Obstacle { why, advice: toolkit.advice() });
    }
    misfit(here.driver, toolkit.version)
        .map(|why| Obstacle { why, advice: Some(fit(here.driver, toolkit.version)) })
}

/// What is missing, in one line.
#[cfg(any(test, feature = "cuda"))]
fn missing(toolkit: &Toolkit) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    if toolkit.nvrtc.is_none() {
        parts.push("`libnvrtc`".to_owned());
    }
    if toolkit.builtins.is_none() {
        parts.push("`libnvrtc-builtins`".to_owned());
    }
    parts.extend(toolkit.missing_headers.iter().map(|header| format!("`{header}`")));
    (!parts.is_empty())
        .then(|| format!("{} missing beside `{}`", parts.join(", "), toolkit.home.display()))
}

/// How to get a driver and a compiler that fit together.
pub(super) fn fit(driver: Option<Version>, nvrtc: Option<Version>) -> String {
    match driver {
        Some(driver) if driver < OLDEST => "install NVIDIA's driver, 570 or newer".to_owned(),
        _ if nvrtc.is_some_and(|nvrtc| nvrtc < OLDEST) => install_all(driver),
        Some(driver) => format!(
            "install a newer driver, or a CUDA toolkit of version {driver} and set CUDA_PATH to its \
             folder"
        ),
        None => "install a newer driver".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_way_is_said_with_what_to_do() {
        let toolkit = Toolkit {
            home: "/cuda".into(),
            joined: Vec::new(),
            nvrtc: Some("/cuda/lib64/libnvrtc.so".into()),
            version: Some(Version::new(13, 0)),
            builtins: Some("/cuda/lib64/libnvrtc-builtins.so".into()),
            missing_headers: Vec::new(),
        };
        let with = |driver: (u32, u32), toolkit: Option<Toolkit>| Surroundings {
            driver: Some(Version::new(driver.0, driver.1)),
            toolkit,
            ..Surroundings::default()
        };
        assert_eq!(obstacle(&with((13, 0), Some(toolkit.clone()))), None);
        let none = obstacle(&with((13, 0), None)).unwrap();
        assert!(none.why.contains("NVRTC"), "{none:?}");
        assert!(none.advice.unwrap().contains("'nvidia-cuda-nvrtc==13.0.*'"));
        let lacking = Toolkit { missing_headers: vec!["crt/mma.h"], ..toolkit.clone() };
        let lacking = obstacle(&with((13, 0), Some(lacking))).unwrap();
        assert_eq!(lacking.why, "`crt/mma.h` missing beside `/cuda`");
        assert!(lacking.advice.unwrap().contains("nvidia-cuda-crt"));
        let old = obstacle(&with((12, 8), Some(toolkit))).unwrap();
        assert!(old.why.contains("older than NVRTC 13.0"), "{old:?}");
        assert!(old.advice.unwrap().contains("CUDA toolkit of version 12.8"));
        let [ancient, new] = [Version::new(12, 4), Version::new(13, 0)].map(Some);
        assert!(fit(ancient, new).contains("570"));
        assert!(fit(new, ancient).contains("'nvidia-cuda-nvrtc==13.0.*'"));
    }
}
