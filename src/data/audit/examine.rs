//! [`examine`]: the sound cases of a data root, every fault and every warning.
//!
//! Does not know how they are shown.

use crate::{
    base::{Fault, Result},
    data::{
        dataset::Dataset,
        labels::{self, LabelRule},
        scan::{FileCache, scan_cases},
        split,
        swapped::is_swapped,
        volume::{LabelMap, Placed, Volume},
        warnings::{self, Warning},
    },
    spec::{self, Experiment, OrientationPolicy},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Called with each sound case while its voxels are in memory, a few at a time: its name, its HU,
/// its classes on the same grid, and the names of these classes.
pub type OnCase<'a> = &'a (dyn Fn(&str, &Volume, &LabelMap, &[String]) + Sync);

/// The sound cases under `root` and every fault; `experiment` says what labels mean, how cases are
/// split and what becomes of HU. Without it every label value found is a class. Every file is read
/// once.
///
/// Warnings that depend on the split or on the intensity rule are among those of the data set where
/// there is an experiment.
///
/// # Errors
/// When `root` has no known layout, or the experiment's `[data]` cannot be used.
pub fn examine(
    root: &str,
    experiment: Option<&Experiment>,
    on_case: Option<OnCase<'_>>,
) -> Result<(Dataset, Vec<Fault>)> {
    let data = experiment.map(|it| spec::Data { root: root.to_owned(), ..it.data.clone() });
    let rule = data.as_ref().map(LabelRule::new).transpose()?;
    let orientation = experiment.map_or(OrientationPolicy::Ras, |it| it.preprocess.orientation);
    let on_read = |id: &str, volume: Volume, stored: Placed<i32>| {
        let Some(on_case) = on_case else { return };
        let known = rule.as_ref().zip(data.as_ref()).map(|(rule, data)| (rule, &data.classes));
        let found = known.is_none().then(|| classes_of(root, &stored)).flatten();
        let found = found.as_ref().map(|(rule, data)| (rule, &data.classes));
        let Some((rule, classes)) = known.or(found) else { return };
        // A value without a class is a fault of the case.
        let Some(voxels) = rule.apply(&stored.voxels) else { return };
        on_case(id, &volume, &Placed { voxels, affine: stored.affine }, classes);
    };
    let exclude = data.as_ref().map_or(&[][..], |data| &data.exclude);
    // A check of the data must read them.
    let scan = scan_cases(Path::new(root), exclude, orientation, &FileCache::Off, &on_read)?;
    let data = data.unwrap_or_else(|| {
        // The values of a CT in the place of a label map are no classes.
        let cases = scan.cases.iter().filter_map(|(_, case)| case.as_ref());
        let cases = cases.filter(|case| !is_swapped(case));
        found_classes(root, cases.flat_map(|case| case.label_voxels.keys().copied()))
    });
    let (mut dataset, faults) = Dataset::of_scan(&data, orientation, scan)?;
    let more = unusual(&dataset, experiment, &faults);
    dataset.warnings.extend(more);
    Ok((dataset, faults))
}

/// What is unusual about the cases together. While there are faults the cases are not those that
/// will be split.
fn unusual(dataset: &Dataset, experiment: Option<&Experiment>, faults: &[Fault]) -> Vec<Warning> {
    let intensity = experiment.map(|it| &it.preprocess.intensity);
    let Some(experiment) = experiment.filter(|_| faults.is_empty()) else {
        return warnings::of_dataset(dataset, None, intensity);
    };
    match split::plan(&experiment.split, &dataset.patients(), experiment.seed) {
        Ok(parts) => warnings::of_dataset(dataset, Some(&parts), intensity),
        Err(error) => {
            let why: Vec<&str> = error.faults.iter().map(|fault| fault.message.as_str()).collect();
            let text = format!(
                "the spec's split does not suit these cases, so that what depends on it was not \
                 looked at: {}",
                why.join("; ")
            );
            let mut warnings = warnings::of_dataset(dataset, None, intensity);
            warnings.push(Warning::of_set(text));
            warnings
        }
    }
}

/// The rule and the classes of a label map by itself, each value a class.
fn classes_of(root: &str, stored: &Placed<i32>) -> Option<(LabelRule, spec::Data)> {
    let data = found_classes(root, labels::count(&stored.voxels).into_keys());
    Some((LabelRule::new(&data).ok()?, data))
}

/// Every value a class of its own name; 0 is there even when no file holds it.
fn found_classes(root: &str, values: impl Iterator<Item = i32>) -> spec::Data {
    let values: BTreeSet<i32> = values.chain([0]).collect();
    // The background first, though a value may be negative.
    let values: Vec<i32> = [0].into_iter().chain(values.into_iter().filter(|&v| v != 0)).collect();
    // Values beyond the 256th have no class and so become faults.
    let label_map: BTreeMap<String, u8> =
        values.iter().zip(0..=u8::MAX).map(|(value, class)| (value.to_string(), class)).collect();
    spec::Data {
        root: root.to_owned(),
        classes: values.iter().map(i32::to_string).collect(),
        label_map,
        exclude: Vec::new(),
        patient: None,
        phantom: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_background_comes_first_among_found_classes() {
        let data = found_classes("here", [7, -3, 7].into_iter());
        assert_eq!(data.classes, ["0", "-3", "7"]);
        assert_eq!(data.label_map["7"], 2);
    }
}
