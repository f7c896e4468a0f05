//! CTs whose values are not those of a CT in HU: constant, beyond what HU can be, stored without
//! their offset, or padded where that counts.
//!
//! Does not know about classes.

use super::warning::Warning;
use crate::{data::dataset::Case, spec::Intensity};

/// Nothing is thinner than air (-1000 HU); noise and the streaks of metal reach some hundred HU
/// below it, but not twice as far.
const LEAST_HU: f32 = -2000.0;
/// The extended scale of CT ends at 30 710 HU (15 bits less the offset); above it lie the ends of
/// 16 bits and what was scaled twice.
const MOST_HU: f32 = 32_000.0;
/// A CT that holds air goes below this: air is -1000 HU, lung -500 to -900.
const NEAR_AIR: f32 = -900.0;
/// Noise alone spreads a CT further than this.
const LARGEST_NORMALISED: f32 = 10.0;
/// Soft tissue is at 0 to 100 HU, so at 1024 to 1124 without the offset: a CT that starts at 0 and
/// ends below this is a crop, or was windowed.
const SOFT_TISSUE_WITHOUT_OFFSET: f32 = 1000.0;

/// What is unusual about the values of each CT, and of some beside the others.
pub(super) fn warnings(cases: &[Case]) -> Vec<Warning> {
    let found = [
        constant(cases),
        too_low(cases),
        too_high(cases),
        normalised(cases),
        without_offset(cases),
    ];
    found.into_iter().flatten().collect()
}

fn chosen(cases: &[Case], is_chosen: impl Fn(&Case) -> bool) -> Vec<&Case> {
    cases.iter().filter(|case| is_chosen(case)).collect()
}

fn ids<'a>(cases: &[&'a Case]) -> Vec<&'a str> {
    cases.iter().map(|case| case.id.as_str()).collect()
}

/// A warning about these cases, when there is one.
fn about(what: &str, cases: &[&Case], action: &str) -> Option<Warning> {
    (!cases.is_empty()).then(|| Warning::of_cases(what, &ids(cases), action))
}

/// Whether a CT holds one value only.
pub(super) fn is_constant(case: &Case) -> bool {
    case.hu[0].total_cmp(&case.hu[1]).is_eq()
}

fn constant(cases: &[Case]) -> Option<Warning> {
    about(
        "CT with one value in every voxel",
        &chosen(cases, is_constant),
        "there is nothing to be learned from it: look at the file, or leave the case out with \
         `data.exclude`",
    )
}

fn too_low(cases: &[Case]) -> Option<Warning> {
    let found = chosen(cases, |case| case.hu[0] < LEAST_HU && case.padding.is_none());
    let lowest = found.iter().map(|case| case.hu[0]).fold(0.0, f32::min);
    about(
        &format!("CT with values down to {lowest}, which are no HU and no padding"),
        &found,
        "check slope and intercept of the files",
    )
}

fn too_high(cases: &[Case]) -> Option<Warning> {
    let found = chosen(cases, |case| case.hu[1] > MOST_HU);
    let highest = found.iter().map(|case| case.hu[1]).fold(0.0, f32::max);
    about(
        &format!("CT with values up to {highest}, which are no HU"),
        &found,
        "check slope and intercept of the files",
    )
}

/// Whether a CT holds what a network is given, and no HU: -1 to 1, or standard deviations.
fn is_normalised(case: &Case) -> bool {
    case.hu[0] >= -LARGEST_NORMALISED && case.hu[1] <= LARGEST_NORMALISED && !is_constant(case)
}

fn normalised(cases: &[Case]) -> Option<Warning> {
    let action = "they were normalised before: use the CTs in HU, or an intensity rule that fits";
    let what = format!("CT with all values within {LARGEST_NORMALISED} of 0, which are no HU");
    about(&what, &chosen(cases, is_normalised), action)
}

/// CTs that start at 0 or above. A crop may hold neither air nor fat, so they are told only when
/// most of the set do hold air, or when they reach where soft tissue lies without the offset.
fn without_offset(cases: &[Case]) -> Option<Warning> {
    let action = "they may be stored as 0..4095 without their offset of -1024: check the intercept";
    let mut found =
        chosen(cases, |case| case.hu[0] >= 0.0 && !is_constant(case) && !is_normalised(case));
    let n_with_air = cases.iter().filter(|case| case.hu[0] < NEAR_AIR).count();
    if 2 * n_with_air > cases.len() {
        let n = cases.len();
        let what = format!("CT without a value below 0 HU, while {n_with_air} of {n} CTs hold air");
        return about(&what, &found, action);
    }
    found.retain(|case| case.hu[1] > SOFT_TISSUE_WITHOUT_OFFSET);
    let what = format!(
        "CT without a value below 0 HU (no air, no fat), but above {SOFT_TISSUE_WITHOUT_OFFSET}"
    );
    about(&what, &found, action)
}

/// CTs whose padding is the lower percentile of their intensity rule. It is so when the padding
/// fills more than that percentage: the percentile is then the padding's value, not that of air.
pub(super) fn padding(cases: &[Case], intensity: &Intensity) -> Option<Warning> {
    let Intensity::Percentile { lower, .. } = *intensity else { return None };
    let found = chosen(cases, |case| {
        let n_voxels: usize = case.shape.iter().product();
        case.padding.is_some_and(|it| 100.0 * it.voxels as f64 > lower * n_voxels as f64)
    });
    let what =
        format!("padding fills more of a CT than percentile {lower} of `preprocess.intensity`");
    about(
        &what,
        &found,
        "the padding becomes 0 of the input there and all tissue moves up: set a window \
         (`kind = \"window\"`), or replace the padding by -1024 in the files",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{scan::Padding, warnings::made_up::case};

    fn texts(cases: &[Case]) -> Vec<String> {
        warnings(cases).into_iter().map(|it| it.text).collect()
    }

    fn of(ranges: &[[f32; 2]]) -> Vec<Case> {
        let names = ["a", "b", "c", "d"];
        names.iter().zip(ranges).map(|(name, hu)| Case { hu: *hu, ..case(name) }).collect()
    }

    #[test]
    fn ordinary_cts_are_not_warned_of() {
        // A whole body, noise below air, metal, a crop with fat only, crops of soft tissue.
        let ordinary = [[-1024.0, 1800.0], [-1400.0, 3071.0], [-1024.0, 30_710.0], [-120.0, 300.0]];
        assert_eq!(texts(&of(&ordinary)), [""; 0]);
        assert_eq!(texts(&of(&[[0.0, 199.0], [3.0, 90.0]])), [""; 0]);
    }

    #[test]
    fn a_ct_without_its_offset_is_told_beside_others_and_alone() {
        let told = texts(&of(&[[-1024.0, 900.0], [-1000.0, 1200.0], [0.0, 600.0]]));
        assert_eq!(
            told,
            [
                "CT without a value below 0 HU, while 2 of 3 CTs hold air: `c`; they may be stored as \
              0..4095 without their offset of -1024: check the intercept"
            ]
        );
        let told = texts(&of(&[[0.0, 2900.0], [0.0, 4095.0], [0.0, 200.0]]));
        assert_eq!(
            told,
            ["CT without a value below 0 HU (no air, no fat), but above 1000: `a`, `b`; they may \
              be stored as 0..4095 without their offset of -1024: check the intercept"]
        );
    }

    #[test]
    fn values_that_are_no_hu_are_told_with_their_extreme() {
        let mut cases =
            of(&[[-8192.0, 900.0], [-3024.0, 900.0], [-1024.0, 65_535.0], [40.0, 40.0]]);
        cases[1].padding = Some(Padding { hu: -3024.0, voxels: 100 });
        assert_eq!(
            texts(&cases),
            [
                "CT with one value in every voxel: `d`; there is nothing to be learned from it: \
                 look at the file, or leave the case out with `data.exclude`",
                "CT with values down to -8192, which are no HU and no padding: `a`; check slope \
                 and intercept of the files",
                "CT with values up to 65535, which are no HU: `c`; check slope and intercept of \
                 the files",
            ]
        );
    }

    #[test]
    fn padding_counts_where_a_percentile_meets_it() {
        // 1000 voxels.
        let mut cases = of(&[[-3024.0, 900.0], [-2048.0, 900.0]]);
        cases[0].padding = Some(Padding { hu: -3024.0, voxels: 11 });
        cases[1].padding = Some(Padding { hu: -2048.0, voxels: 10 });
        let percentile = Intensity::Percentile { lower: 1.0, upper: 99.0 };
        assert_eq!(padding(&cases, &percentile).unwrap().cases, ["a"]);
        let window = Intensity::Window { lower: -160.0, upper: 240.0 };
        assert_eq!(padding(&cases, &window), None);
    }
}
