//! [`of_dataset`]: every warning that a data set deserves once its cases are known.
//!
//! Does not know what each of them looks at.

use super::{classes, hu, twins, warning::Warning};
use crate::{
    data::{dataset::Dataset, split::Parts},
    spec::Intensity,
};

/// What would spoil a training on this data set without a word. `parts` is its split and
/// `intensity` what becomes of its HU; what depends on one of them is told only where it is given.
pub fn of_dataset(
    dataset: &Dataset,
    parts: Option<&Parts>,
    intensity: Option<&Intensity>,
) -> Vec<Warning> {
    let (cases, names) = (&dataset.cases, &dataset.classes);
    let mut warnings = hu::warnings(cases);
    warnings.extend(intensity.into_iter().filter_map(|rule| hu::padding(cases, rule)));
    warnings.extend(classes::foreground(cases, names, parts));
    warnings.extend(intensity.into_iter().flat_map(|rule| classes::clipped(cases, names, rule)));
    warnings.extend(parts.into_iter().flat_map(|parts| twins::across(cases, parts)));
    warnings
}
