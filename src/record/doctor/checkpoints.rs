//! What is wrong with the checkpoints of a run, and with the pointers to them.
//!
//! Does not know what a checkpoint holds.

use super::{
    super::{
        checkpoint::{self, Manifest, Position},
        format::{BEST, CHECKPOINTS, LAST},
    },
    finding::{Finding, Remedy, reasons},
};
use crate::base::{
    Result,
    checksum::{checked_text, read_checked},
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The sound checkpoints of a run, oldest first, and what is wrong with the others.
pub(super) struct Checked {
    pub(super) sound: Vec<Manifest>,
    pub(super) findings: Vec<Finding>,
}

/// Looks at every byte of every checkpoint.
///
/// # Errors
/// When the folder cannot be listed.
pub(super) fn check(dir: &Path) -> Result<Checked> {
    let (mut sound, mut findings) = (Vec::new(), Vec::new());
    for kept in checkpoint::checkpoints(dir)? {
        let manifest = Manifest::read(&kept.path);
        match manifest.and_then(|found| found.verify(&kept.path).map(|()| found)) {
            Ok(manifest) => sound.push(manifest),
            Err(error) => {
                let name = kept.path.file_name().unwrap_or_default().to_string_lossy();
                let aside = Remedy::SetAside { name: free(&kept.path, &format!("damaged-{name}")) };
                let file = format!("{CHECKPOINTS}/{name}");
                findings.push(Finding::trouble(file, reasons(&error)).remedy(aside));
            }
        }
    }
    let newest = sound.last().map(|manifest| manifest.position);
    let best = newest
        .filter(|position| position.best_epoch > 0)
        .map(|position| position.best_epoch.to_string());
    findings.extend(pointer(dir, LAST, newest.map(|position| position.name())));
    findings.extend(missing_best(newest, best.as_ref(), &sound));
    findings.extend(pointer(dir, BEST, best));
    Ok(Checked { sound, findings })
}

/// A name beside `path` that is not taken.
pub(super) fn free(path: &Path, name: &str) -> String {
    let mut names = std::iter::once(name.to_owned())
        .chain((2..).map(|number: usize| format!("{name}-{number}")));
    names.find(|name| !path.with_file_name(name).exists()).unwrap_or_else(|| name.to_owned())
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct PointerFile {
    checkpoint: String,
}

/// A pointer that does not say what follows from the manifests, as a kill may leave it.
fn pointer(dir: &Path, name: &str, expected: Option<String>) -> Option<Finding> {
    let path = dir.join(CHECKPOINTS).join(name);
    let file = format!("{CHECKPOINTS}/{name}");
    let Some(checkpoint) = expected else {
        let what = "it names a checkpoint, and there is none to name";
        return path.exists().then(|| Finding::note(file, what).remedy(Remedy::Remove));
    };
    let what = match read_checked::<PointerFile>(&path) {
        Ok(found) if found.checkpoint == checkpoint => return None,
        Ok(found) => format!("it names `{}` and not `{checkpoint}`", found.checkpoint),
        Err(_) if !path.exists() => format!("it is missing; it would name `{checkpoint}`"),
        Err(error) => reasons(&error),
    };
    let text = checked_text(&PointerFile { checkpoint }).ok()?;
    Some(Finding::note(file, what).remedy(Remedy::Rewrite { text, aside: None }))
}

fn missing_best(
    newest: Option<Position>,
    best: Option<&String>,
    sound: &[Manifest],
) -> Option<Finding> {
    let (newest, best) = (newest?, best?);
    if sound.iter().any(|manifest| manifest.position.name() == *best) {
        return None;
    }
    let what = format!("the best checkpoint `{best}` of `{}` cannot be used", newest.name());
    Some(Finding::note(format!("{CHECKPOINTS}/{best}"), what))
}
