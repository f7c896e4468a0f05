//! Toolkits in folders that a test makes.
//!
//! Does not know what NVIDIA's files hold: only their names count.

use super::*;

struct Made(tempfile::TempDir);

impl Made {
    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn files(&self, folder: &str, names: &[&str]) {
        for name in names {
            let file = self.at(folder).join(name);
            fs::create_folder(file.parent().unwrap()).unwrap();
            fs::write_plain(&file, b"").unwrap();
        }
    }

    fn find(&self, homes: &[&str], packages: &[&str], driver: Version) -> Option<Toolkit> {
        let at = |names: &[&str]| names.iter().map(|name| self.at(name)).collect();
        let (homes, packages) = (at(homes), at(packages));
        let places = Places { homes, packages, loaded_from: Vec::new() };
        Toolkit::find(&places, Some(driver), &self.at("joined"))
    }
}

const ALL: [&str; 6] = [
    "include/cuda_runtime.h",
    "include/cuda_fp16.h",
    "include/cuda_bf16.h",
    "include/mma.h",
    "include/crt/mma.h",
    "include/cccl/cuda/barrier",
];

fn made() -> Made {
    Made(tempfile::tempdir().unwrap())
}

/// A toolkit as NVIDIA's installer lays it out.
fn installed(made: &Made, home: &str, version: &str) {
    made.files(home, &ALL);
    let folder = made.at(home).join("lib64");
    let major = version.split('.').next().unwrap();
    for name in ["libnvrtc", "libnvrtc-builtins"] {
        made.files(home, &[&format!("lib64/{name}.so.{version}")]);
        let short = if name == "libnvrtc" { major } else { &version[..4] };
        fs::link(
            &folder.join(format!("{name}.so.{version}")),
            &folder.join(format!("{name}.so.{short}")),
        )
        .unwrap();
        fs::link(&folder.join(format!("{name}.so.{short}")), &folder.join(format!("{name}.so")))
            .unwrap();
    }
}

#[test]
fn a_whole_toolkit_that_fits_the_driver_is_taken_before_the_first_one() {
    let made = made();
    assert_eq!(made.find(&["a", "b"], &["p"], Version::new(13, 0)), None);
    installed(&made, "new", "13.0.88");
    installed(&made, "old", "12.8.93");
    let homes = ["headers", "new", "old"];
    made.files("headers", &ALL);
    let found = made.find(&homes, &[], Version::new(13, 1)).unwrap();
    assert_eq!((&found.home, found.version), (&made.at("new"), Some(Version::new(13, 0))));
    assert!(found.n_missing() == 0 && found.advice().is_none());
    assert_eq!(found.nvrtc, Some(made.at("new/lib64/libnvrtc.so")));
    let found = made.find(&homes, &[], Version::new(12, 8)).unwrap();
    assert_eq!((&found.home, found.version), (&made.at("old"), Some(Version::new(12, 8))));
    // What no toolkit fits is told about the first whole one.
    let found = made.find(&homes, &[], Version::new(12, 4)).unwrap();
    assert_eq!(found.home, made.at("new"));
}

#[test]
fn packages_of_pip_serve_as_a_toolkit_and_what_they_lack_is_named() {
    let made = made();
    let home = "site/nvidia/cu13";
    made.files(home, &["lib/libnvrtc.so.13", "lib/libnvrtc-builtins.so.13.0"]);
    made.files(home, &ALL[..4]);
    let found = made.find(&["none"], &["site"], Version::new(13, 0)).unwrap();
    assert_eq!((&found.home, found.version), (&made.at(home), Some(Version::new(13, 0))));
    assert_eq!(found.missing_headers, ["crt/mma.h", "cuda/barrier"]);
    let advice = found.advice().unwrap();
    assert!(advice.contains("'nvidia-cuda-crt==13.0.*' 'nvidia-cuda-cccl==13.0.*'"), "{advice}");
    made.files(home, &ALL[4..]);
    assert!(made.find(&[], &["site"], Version::new(13, 0)).unwrap().n_missing() == 0);
    // Without its built-ins a compiler refuses every kernel.
    fs::remove_file(&made.at(home).join("lib/libnvrtc-builtins.so.13.0")).unwrap();
    let found = made.find(&[], &["site"], Version::new(13, 0)).unwrap();
    assert_eq!((found.n_missing(), &found.builtins), (1, &None), "{found:?}");
    assert!(found.advice().unwrap().contains("nvidia-cuda-nvrtc"), "{found:?}");
}

#[test]
fn packages_for_cuda_12_are_a_toolkit_together() {
    let made = made();
    let wheels = "site/nvidia";
    made.files(
        wheels,
        &["cuda_nvrtc/lib/libnvrtc.so.12", "cuda_nvrtc/lib/libnvrtc-builtins.so.12.8"],
    );
    for header in &ALL[..4] {
        made.files(&format!("{wheels}/cuda_runtime"), &[header]);
    }
    let lacking = made.find(&[], &["site"], Version::new(12, 8)).unwrap();
    let advice = lacking.advice().unwrap();
    assert!(advice.contains("'nvidia-cuda-nvcc-cu12==12.8.*'"), "{advice}");
    made.files(&format!("{wheels}/cuda_nvcc"), &["include/crt/mma.h"]);
    made.files(&format!("{wheels}/cuda_cccl"), &["include/cuda/barrier"]);
    let found = made.find(&[], &["site"], Version::new(12, 8)).unwrap();
    assert_eq!((found.n_missing() == 0, found.version), (true, Some(Version::new(12, 8))));
    assert!(found.home.starts_with(made.at("joined")), "{found:?}");
}
