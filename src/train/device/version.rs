//! [`Version`]: a version of CUDA, and which of them fit together.
//!
//! Does not know where they are installed.

use std::fmt;

/// A version of CUDA or NVRTC: `12.8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    /// The number before the point.
    pub(super) major: u32,
    /// The number after it.
    pub(super) minor: u32,
}

/// The oldest CUDA for driver and NVRTC: older drivers do not have every function that the bindings
/// for CUDA 13 ask for (see `.cargo/config.toml`), older headers not every function of our kernels.
pub(super) const OLDEST: Version = Version::new(12, 8);

/// The newest CUDA whose kernels a driver takes, by the driver's release on Linux.
///
/// # Source
/// NVIDIA's release notes of the CUDA toolkit, "CUDA toolkit and corresponding driver versions".
const OF_DRIVERS: [(u32, Version); 21] = [
    (450, Version::new(11, 0)),
    (455, Version::new(11, 1)),
    (460, Version::new(11, 2)),
    (465, Version::new(11, 3)),
    (470, Version::new(11, 4)),
    (495, Version::new(11, 5)),
    (510, Version::new(11, 6)),
    (515, Version::new(11, 7)),
    (520, Version::new(11, 8)),
    (525, Version::new(12, 0)),
    (530, Version::new(12, 1)),
    (535, Version::new(12, 2)),
    (545, Version::new(12, 3)),
    (550, Version::new(12, 4)),
    (555, Version::new(12, 5)),
    (560, Version::new(12, 6)),
    (565, Version::new(12, 7)),
    (570, Version::new(12, 8)),
    (575, Version::new(12, 9)),
    (580, Version::new(13, 0)),
    (590, Version::new(13, 1)),
];
/// Releases from this on are newer than the table.
const FIRST_UNKNOWN: u32 = 595;

impl Version {
    /// A version by its two numbers.
    pub(super) const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Reads `13.0`, `13.0.88`, or the end of `libnvrtc.so.13.0.88`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut numbers = text.trim_start_matches(|c: char| !c.is_ascii_digit()).split('.');
        Some(Self { major: numbers.next()?.parse().ok()?, minor: numbers.next()?.parse().ok()? })
    }

    /// The CUDA of a driver such as `570.86.15`; `None` for drivers that are not known yet, which
    /// are newer.
    pub(super) fn of_driver(release: &str) -> Option<Self> {
        let branch: u32 = release.split('.').next()?.parse().ok()?;
        if branch >= FIRST_UNKNOWN {
            return None;
        }
        OF_DRIVERS.iter().rev().find(|(first, _)| *first <= branch).map(|(_, version)| *version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Why a driver and a compiler cannot work together, in one line; what is not known is taken to fit.
pub(super) fn misfit(driver: Option<Version>, nvrtc: Option<Version>) -> Option<String> {
    if let Some(driver) = driver.filter(|driver| *driver < OLDEST) {
        return Some(format!(
            "the driver is of CUDA {driver}; {OLDEST} (driver 570) or newer is needed"
        ));
    }
    if let Some(nvrtc) = nvrtc.filter(|nvrtc| *nvrtc < OLDEST) {
        return Some(format!("NVRTC is of CUDA {nvrtc}; {OLDEST} or newer is needed"));
    }
    match (driver, nvrtc) {
        // What a newer compiler writes, an older driver does not read.
        (Some(driver), Some(nvrtc)) if driver < nvrtc => Some(format!(
            "the driver is of CUDA {driver}, older than NVRTC {nvrtc}, whose kernels it cannot load"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names_of_files_and_drivers() {
        for text in ["13.0", "13.0.88", "libnvrtc.so.13.0.88", "libnvrtc-builtins.so.13.0"] {
            assert_eq!(Version::read(text), Some(Version::new(13, 0)), "{text}");
        }
        for text in ["", "libnvrtc.so", "libnvrtc.so.13"] {
            assert_eq!(Version::read(text), None, "{text}");
        }
        assert_eq!(Version::of_driver("570.86.15"), Some(Version::new(12, 8)));
        assert_eq!(Version::of_driver("565.57.01"), Some(Version::new(12, 7)));
        assert_eq!(Version::of_driver("580.95.05"), Some(Version::new(13, 0)));
        assert_eq!(Version::of_driver("600.10"), None);
        assert_eq!(Version::of_driver("new"), None);
    }

    #[test]
    fn an_old_driver_or_compiler_does_not_fit_and_an_unknown_one_may() {
        let [old, fits, new] = [(12, 4), (12, 8), (13, 0)].map(|(a, b)| Some(Version::new(a, b)));
        assert_eq!(misfit(new, new), None);
        assert_eq!(misfit(new, fits), None);
        assert_eq!(misfit(None, None), None);
        assert_eq!(misfit(None, new), None);
        assert!(misfit(old, old).unwrap().contains("driver 570"));
        assert!(misfit(new, old).unwrap().contains("NVRTC is of CUDA 12.4"));
        assert!(misfit(fits, new).unwrap().contains("older than NVRTC 13.0"));
    }
}
