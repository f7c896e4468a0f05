//! [`scan_cases`]: the files of every case under a data root checked and fingerprinted, before it
//! is known what labels mean.
//!
//! Does not know about classes or what the cases are for.

use super::{
    cache::{FileCache, ScanCache, StampedFile},
    case::{OnRead, ScannedCase, scan_case},
};
use crate::{
    base::{Fault, Result},
    data::layout::{self, CaseFiles},
    spec::{DatasetJson, OrientationPolicy},
};
use rayon::prelude::*;
use std::path::Path;

/// Cases in memory at once: a large CT with its label map takes up to two gigabytes, and reading
/// one is parallel in itself.
const AT_ONCE: usize = 4;

/// What a data root holds.
#[derive(Debug)]
pub(crate) struct Scan {
    /// Every pair, with what its files hold when both can be read and lie on one grid.
    pub(crate) cases: Vec<(CaseFiles, Option<ScannedCase>)>,
    /// Everything that is wrong with names and files.
    pub(crate) faults: Vec<Fault>,
    /// What is unusual about the names.
    pub(crate) warnings: Vec<String>,
    /// What the data set says of itself.
    pub(crate) dataset_json: Option<DatasetJson>,
}

/// Scans all cases under `root`, some at a time. Files that did not change since an earlier scan
/// are not read when `cache` says so.
///
/// # Errors
/// When `root` cannot be listed or has no known layout.
pub(crate) fn scan_cases(
    root: &Path,
    exclude: &[String],
    policy: OrientationPolicy,
    cache: &FileCache,
    on_read: OnRead<'_>,
) -> Result<Scan> {
    let found = layout::find(root, exclude)?;
    let mut faults = found.faults;
    let mut cache = ScanCache::open(cache, root, policy);
    let mut cases = Vec::with_capacity(found.pairs.len());
    let mut fresh = Vec::new();
    for pairs in found.pairs.chunks(AT_ONCE) {
        let scanned: Vec<_> = pairs
            .par_iter()
            .map(|files| {
                // Before the files are read: a change while they are read then shows later.
                let stamped = cache.as_ref().and_then(|_| StampedFile::all_of(root, files));
                let known = cache.as_ref().zip(stamped.as_deref());
                if let Some(case) = known.and_then(|(cache, stamped)| cache.get(files, stamped)) {
                    return (Some(case.clone()), Vec::new(), None);
                }
                let (case, faults) = scan_case(root, files, policy, on_read);
                (case, faults, stamped)
            })
            .collect();
        for (files, (case, own_faults, stamped)) in pairs.iter().zip(scanned) {
            if let (Some(case), Some(stamped), true) = (&case, stamped, own_faults.is_empty()) {
                fresh.push((files.id.clone(), stamped, case.clone()));
            }
            faults.extend(own_faults.into_iter().map(|fault| fault.about(&files.id)));
            cases.push((files.clone(), case));
        }
    }
    if let Some(cache) = &mut cache {
        cache.keep(fresh);
    }
    Ok(Scan { cases, faults, warnings: found.warnings, dataset_json: found.dataset_json })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::geometry::Affine;
    use crate::data::{
        geometry::Spacing,
        nifti::write,
        volume::{Grid, Placed},
    };
    use std::{
        fs,
        sync::atomic::{AtomicUsize, Ordering},
        thread,
        time::Duration,
    };

    fn put(root: &Path, case: &str, shift: i16) {
        let affine = Affine::diagonal(Spacing([1.0 / 3.0, 0.7, 5.1]));
        let hu = Grid::from_fn([4, 3, 2], |[x, ..]| i16::try_from(x).unwrap() + shift);
        let labels = Grid::from_fn([4, 3, 2], |[x, ..]| u8::from(x > 2));
        let files = |folder: &str| root.join(folder).join(format!("{case}.nii"));
        write(&files("CT"), &Placed { voxels: hu, affine }).unwrap();
        write(&files("Segmentation"), &Placed { voxels: labels, affine }).unwrap();
    }

    /// What a scan finds, and how many cases it reads.
    fn scan(root: &Path, cache: &FileCache) -> (Vec<ScannedCase>, usize) {
        let n_read = AtomicUsize::new(0);
        let on_read = |_: &str, _, _| {
            n_read.fetch_add(1, Ordering::Relaxed);
        };
        let scan = scan_cases(root, &[], OrientationPolicy::Ras, cache, &on_read).unwrap();
        assert_eq!(scan.faults, []);
        let cases = scan.cases.into_iter().map(|(_, case)| case.unwrap()).collect();
        (cases, n_read.into_inner())
    }

    #[test]
    fn only_files_that_changed_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["CT", "Segmentation"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        for case in ["a", "b", "c"] {
            put(root, case, 0);
        }
        let own = root.join(".cache");
        let trusted = FileCache::Trusted(own.clone());
        let (first, n_read) = scan(root, &trusted);
        // What changed a moment ago may change again within a tick of the clock.
        assert_eq!((n_read, own.exists()), (3, false));
        thread::sleep(Duration::from_millis(3100));
        assert_eq!(scan(root, &trusted), (first.clone(), 3));
        assert_eq!(scan(root, &trusted), (first.clone(), 0));
        assert_eq!(scan(root, &FileCache::Renewed(own.clone())), (first.clone(), 3));
        assert_eq!(scan(root, &FileCache::Off), (first.clone(), 3));

        // A change that leaves size and modification time as they were: `ctime` tells.
        let path = root.join("CT/b.nii");
        let before = fs::metadata(&path).unwrap();
        put(root, "b", 500);
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(before.modified().unwrap()).unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!(after.len(), before.len());
        assert_eq!(after.modified().unwrap(), before.modified().unwrap());
        let (second, n_read) = scan(root, &trusted);
        assert_eq!(n_read, 1);
        assert_ne!(second[1].fingerprint, first[1].fingerprint);
        assert_eq!((&second[0], &second[2]), (&first[0], &first[2]));

        // A damaged file says nothing.
        let files: Vec<_> = fs::read_dir(&own).unwrap().collect();
        let path = files[0].as_ref().unwrap().path();
        let text = crate::base::fs::read_text(&path).unwrap();
        let damaged = text.replace("\"hu\":[0.0", "\"hu\":[7.0");
        crate::base::fs::write_atomic(&path, damaged.as_bytes()).unwrap();
        assert_eq!(scan(root, &trusted), (second, 3));
    }
}
