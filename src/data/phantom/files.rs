//! [`write_phantom`]: a synthetic data set as files, laid out and stored like a real one.
//!
//! Does not know what a phantom looks like or what it is for.

use super::generate;
use crate::{
    base::{Error, Fault, Result, fs},
    data::{nifti::write, volume::Placed},
    spec::Phantom,
};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Hidden file by which a phantom is recognised.
const MARK: &str = ".phantom";

/// Writes `CT/case_000.nii.gz` (16-bit HU), `Segmentation/case_000.nii.gz` (classes) and so on
/// under `root`: all of it, or nothing.
///
/// # Errors
/// * `root` already holds something, or has no name.
/// * A file cannot be written; `root` is then as it was.
pub fn write_phantom(root: &Path, phantom: &Phantom) -> Result<()> {
    let shown = root.display();
    if root.exists() && !fs::list(root)?.is_empty() {
        let fault =
            Fault::new(format!("cannot make a phantom in `{shown}`: the folder is not empty"));
        return Err(fault.hint("choose another folder, or empty this one").into());
    }
    let aside = aside(root).ok_or_else(|| {
        Error::request(Fault::new(format!(
            "cannot make a phantom in `{shown}`: the path has no folder name"
        )))
    })?;
    let made = write_cases(&aside, phantom).and_then(|()| move_in(&aside, root));
    if made.is_err() {
        // Half a data set is of no use; failing to remove it changes nothing.
        let _ = fs::remove_folder(&aside);
    }
    made
}

/// Moves the finished folder to its place, which may be there and hold hidden files.
fn move_in(aside: &Path, root: &Path) -> Result<()> {
    if !root.exists() {
        return fs::rename(aside, root);
    }
    for name in ["CT", "Segmentation", MARK] {
        fs::rename(&aside.join(name), &root.join(name))?;
    }
    fs::remove_folder(aside)
}

/// Whether `root` holds the phantom that `phantom` describes, and not other data.
pub fn holds_phantom(root: &Path, phantom: &Phantom) -> bool {
    fs::read_text(&root.join(MARK)).is_ok_and(|found| found == mark(phantom))
}

/// What a phantom was made from, in words that differ when it does.
fn mark(phantom: &Phantom) -> String {
    let Phantom { cases, shape: [x, y, z], seed } = phantom;
    format!("seglab phantom of {cases} cases, {x}x{y}x{z}, seed {seed}\n")
}

/// A hidden folder beside `root`, on the same file system so that it can be renamed.
fn aside(root: &Path) -> Option<PathBuf> {
    let name = root.file_name()?.to_string_lossy();
    Some(root.with_file_name(format!(".{name}.{}.tmp", std::process::id())))
}

fn write_cases(folder: &Path, phantom: &Phantom) -> Result<()> {
    let [images, label_maps] = ["CT", "Segmentation"].map(|name| folder.join(name));
    fs::create_folder(&images)?;
    fs::create_folder(&label_maps)?;
    fs::write_atomic(&folder.join(MARK), mark(phantom).as_bytes())?;
    (0..phantom.cases).into_par_iter().try_for_each(|case_idx| {
        let (volume, labels) = generate(phantom, case_idx);
        #[expect(clippy::cast_possible_truncation, reason = "HU of a CT fit 16 bits")]
        let voxels = volume.voxels.map(|hu| hu as i16);
        let name = format!("case_{case_idx:03}.nii.gz");
        write(&images.join(&name), &Placed { voxels, affine: volume.affine })?;
        write(&label_maps.join(&name), &labels)
    })
}
