//! [`find`]: the pairs of image and label map under a data root, matched by name.
//!
//! Two layouts: `CT/` and `Segmentation/`, and nnU-Net's `imagesTr/`, `labelsTr/` and
//! `dataset.json`, where an image's name ends in its channel (`_0000`).
//!
//! Does not know what the files hold.

use super::{
    nifti::{FileRole, stem},
    other_files::{OtherFile, has_header},
};
use crate::{
    base::{Error, Fault, Result, fs, suggest::did_you_mean, text::counted},
    spec::DatasetJson,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use unicode_normalization::UnicodeNormalization;

/// The files of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CaseFiles {
    /// Name of the case: the files' stem.
    pub(crate) id: String,
    /// The CT.
    pub(crate) image: PathBuf,
    /// The label map.
    pub(crate) labels: PathBuf,
}

/// What lies under a data root.
#[derive(Debug, Default)]
pub(crate) struct FoundFiles {
    /// Complete cases in name order.
    pub(crate) pairs: Vec<CaseFiles>,
    /// Every fault of the names.
    pub(crate) faults: Vec<Fault>,
    /// Volumes that cannot be read here, with their names: a fault unless they are left out.
    pub(super) unread: Vec<(String, OtherFile)>,
    /// Files that were passed over.
    pub(crate) warnings: Vec<String>,
    /// What the data set says of itself.
    pub(crate) dataset_json: Option<DatasetJson>,
}

/// Files of a folder that are left out and named.
const MOST_LEFT_OUT: usize = 5;

/// Names of the two folders of a layout.
const LAYOUTS: [[&str; 2]; 2] = [["CT", "Segmentation"], NNU_NET];
const NNU_NET: [&str; 2] = ["imagesTr", "labelsTr"];

/// Pairs the files under `root` by name, without those that `exclude` names.
///
/// # Errors
/// When `root` is not a folder or has neither layout; other faults are in [`FoundFiles::faults`].
pub(crate) fn find(root: &Path, exclude: &[String]) -> Result<FoundFiles> {
    let layout = layout(root)?;
    let mut found = FoundFiles::default();
    let [mut images, mut labels] = layout.map(|folder| {
        stems(&root.join(folder), root, &mut found).unwrap_or_else(|error| {
            found.faults.extend(error.faults);
            BTreeMap::new()
        })
    });
    let counts = [images.len(), labels.len()];
    match DatasetJson::read(root) {
        Ok(json) => found.dataset_json = json,
        Err(error) => found.faults.extend(error.faults),
    }
    if layout == NNU_NET {
        let said = found.dataset_json.as_ref().map_or(&[][..], |json| &json.channels);
        images = single_channel(root, said, images, &labels, &mut found.faults);
    }
    for name in exclude.iter().map(|name| composed(name)) {
        let was_image = images.remove(&name).is_some();
        let was_labels = labels.remove(&name).is_some();
        let n_unread = found.unread.len();
        found.unread.retain(|(known, _)| {
            *known != name && known.strip_suffix("_0000") != Some(name.as_str())
        });
        if !was_image && !was_labels && found.unread.len() == n_unread {
            found.faults.push(unknown_case(&name, images.keys()));
        }
    }
    let (names, unread): (Vec<_>, Vec<_>) = found.unread.iter().cloned().unzip();
    found.faults.extend(OtherFile::fault(&unread, root, &names));
    let mut unpaired_files = Vec::new();
    for (id, image) in images {
        match labels.remove(&id) {
            Some(labels) => found.pairs.push(CaseFiles { id, image, labels }),
            None => unpaired_files.push((id, "no label map", image)),
        }
    }
    unpaired_files.extend(labels.into_iter().map(|(id, path)| (id, "no image", path)));
    if !unpaired_files.is_empty() {
        found.faults.push(unpaired(root, layout, counts, &unpaired_files));
    } else if found.pairs.is_empty() && found.faults.is_empty() {
        found.faults.push(Fault::new(format!("data root `{}` has no case", root.display())));
    }
    Ok(found)
}

fn layout(root: &Path) -> Result<[&'static str; 2]> {
    const HINT: &str = "put `CT/` and `Segmentation/` (or nnU-Net's `imagesTr/` and `labelsTr/`) \
                        there, or set `data.root`";
    let shown = root.display();
    if !root.is_dir() {
        let what = if root.exists() { "is not a folder" } else { "does not exist" };
        let mut fault = Fault::new(format!("data root `{shown}` {what}"));
        if let (true, Ok(absolute)) = (root.is_relative(), std::path::absolute(root)) {
            fault = fault.detail(format!("looked at {}", absolute.display()));
        }
        return Err(Error::request(fault.hint(HINT)));
    }
    let whole = LAYOUTS.into_iter().find(|pair| pair.iter().all(|name| root.join(name).is_dir()));
    whole.ok_or_else(|| {
        let names: Vec<String> = fs::list(root)
            .unwrap_or_default()
            .iter()
            .map(|path| fs::within(root, path).to_string())
            .collect();
        Fault::new(format!("data root `{shown}` has no known layout"))
            .detail("expected  CT and Segmentation, or imagesTr and labelsTr")
            .detail(format!(
                "found     {}",
                if names.is_empty() { "nothing".into() } else { names.join(", ") }
            ))
            .hint(HINT)
            .into()
    })
}

/// NIfTI files of a folder by stem; a stem with two files is a fault. Names are compared in Unicode's
/// composed form: macOS stores `ü` as two characters, others as one.
pub(super) fn stems(
    folder: &Path,
    root: &Path,
    found: &mut FoundFiles,
) -> Result<BTreeMap<String, PathBuf>> {
    let mut stems: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut left_out = Vec::new();
    for path in fs::list(folder)? {
        let name = composed(&path.file_name().unwrap_or_default().to_string_lossy());
        let stem = match stem(&name) {
            // Belongs to a `.hdr` file, which is listed for both.
            Some((_, FileRole::Voxels)) if has_header(&path) => continue,
            Some((stem, FileRole::Volume)) => stem,
            other => {
                match OtherFile::look(&path, other.is_some()) {
                    Some((name, file)) => found.unread.push((composed(&name), file)),
                    None => left_out.push(fs::within(root, &path).to_string()),
                }
                continue;
            }
        };
        if let Some(other) = stems.get(stem) {
            let fault = Fault::new(format!("case `{stem}` has two files of the same kind"))
                .about(stem)
                .detail(fs::within(root, other).to_string())
                .detail(fs::within(root, &path).to_string())
                .hint("keep one of them");
            found.faults.push(fault);
        }
        stems.insert(stem.to_owned(), path);
    }
    let n_more = left_out.len().saturating_sub(MOST_LEFT_OUT);
    let named = left_out.iter().take(MOST_LEFT_OUT);
    found.warnings.extend(named.map(|name| format!("`{name}` is not a NIfTI file: left out")));
    if n_more > 0 {
        let (files, folder) = (counted(n_more, "more file"), fs::within(root, folder));
        found.warnings.push(format!("{files} in `{folder}` that are not NIfTI files: left out"));
    }
    Ok(stems)
}

/// A name in Unicode's composed form.
fn composed(name: &str) -> String {
    name.nfc().collect()
}

/// nnU-Net's images by case; more than one channel is a fault.
fn single_channel(
    root: &Path,
    said: &[String],
    images: BTreeMap<String, PathBuf>,
    labels: &BTreeMap<String, PathBuf>,
    faults: &mut Vec<Fault>,
) -> BTreeMap<String, PathBuf> {
    let mut by_case = BTreeMap::new();
    let mut others = Vec::new();
    for (stem, path) in images {
        // Older data sets leave the channel out: a name that a label map has is a case.
        match stem.rsplit_once('_') {
            Some((id, "0000")) if !labels.contains_key(&stem) => {
                by_case.insert(id.to_owned(), path);
            }
            Some((_, channel)) if is_channel(channel) && !labels.contains_key(&stem) => {
                others.push(path);
            }
            _ => {
                by_case.insert(stem, path);
            }
        }
    }
    if !others.is_empty() || said.len() > 1 {
        let shown = root.display();
        let mut fault = Fault::new(format!("data set `{shown}` has more than one channel"));
        if said.len() > 1 {
            fault = fault.detail(format!("dataset.json  {}", said.join(", ")));
        }
        for path in &others {
            fault = fault.detail(fs::within(root, path).to_string());
        }
        faults.push(fault.hint(
            "seglab reads one channel: keep the `_0000` files and the first entry of \
             `channel_names`",
        ));
    }
    by_case
}

fn is_channel(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn unknown_case<'a>(name: &str, known: impl Iterator<Item = &'a String> + Clone) -> Fault {
    let fault = Fault::new(format!("`data.exclude` names `{name}`, which is not a case"));
    let meant = did_you_mean(name, known.map(String::as_str));
    fault.hint(meant.unwrap_or_else(|| "take it out of the list".into()))
}

fn unpaired(
    root: &Path,
    layout: [&str; 2],
    counts: [usize; 2],
    unpaired_files: &[(String, &str, PathBuf)],
) -> Fault {
    let shown = root.display();
    let mut fault = Fault::new(format!("images and label maps of `{shown}` do not match"));
    let width = layout.map(str::len).into_iter().max().unwrap_or_default();
    for (folder, count) in layout.iter().zip(counts) {
        fault = fault.detail(format!("{folder:<width$}  {count} files"));
    }
    for (_, missing, path) in unpaired_files {
        fault = fault.detail(format!("{missing:<12}  {}", fs::within(root, path)));
    }
    let ids: Vec<String> = unpaired_files.iter().map(|(id, ..)| format!("\"{id}\"")).collect();
    fault.hint(format!(
        "files are matched by name: add what is missing, or leave the cases out with `data.exclude = [{}]`",
        ids.join(", ")
    ))
}
