//! Figures of one setting: errors, volumes, profile, lesions, reliability.
//!
//! Does not know about comparisons.

use super::{
    Source,
    settings::{MOST_CURVES, part},
};
use crate::{
    analysis::{ClassDetail, FOREGROUND, Interval, SIZE_BINS, mean, standard_deviation},
    base::Result,
    report::{
        figure::{
            AgreementPanel, BlandAltman, ErrorRow, ErrorTypes, LesionBin, LesionBins, LesionPanel,
            ProfileFigure, ProfilePanel, ReliabilityBin, ReliabilityCurve, ReliabilityFigure,
            ReliabilityPanel, Stroke, VolumeDice, VolumeDifference, VolumePanel, VolumePoint,
            bland_altman, error_types, lesion_bins, reliability, slice_profile, volume_dice,
        },
        text::file_name,
    },
};

/// Half the width of limits of agreement in standard deviations (Bland and Altman 1986).
const LIMITS: f64 = 1.96;
/// Largest volume over smallest from which differences are shown relative to the mean.
const WIDE_SPAN: f64 = 20.0;

impl Source<'_> {
    fn details(&self, setting: usize) -> impl Iterator<Item = &ClassDetail> {
        let of_class = move |it: &&ClassDetail| it.setting == setting && it.class != FOREGROUND;
        self.evidence.details.iter().filter(of_class)
    }

    fn of(&self, setting: usize) -> String {
        format!("{}, {}", self.evidence.settings[setting].name, part(self.evidence))
    }
}

/// Dice of each case against the volume of the class.
pub(super) fn dice_volume(source: Source<'_>, setting: usize) -> Result<Option<String>> {
    let details: Vec<&ClassDetail> = source.details(setting).collect();
    let panels = details.iter().enumerate().map(|(class_idx, detail)| VolumePanel {
        name: detail.class.clone(),
        rho: detail.rho,
        points: detail
            .cases
            .iter()
            .filter_map(|case| {
                Some(VolumePoint { class_idx, volume_ml: case.reference_ml, score: case.dice? })
            })
            .collect(),
    });
    volume_dice(&VolumeDice {
        quantity: super::settings::dice(source.evidence, &source.evidence.settings[setting].name),
        object: "structure".into(),
        classes: details.iter().map(|detail| detail.class.clone()).collect(),
        panels: panels.collect(),
    })
}

/// Agreement of volumes.
pub(super) fn volumes(source: Source<'_>, setting: usize) -> Result<Option<String>> {
    // Where volumes span much, errors grow with them, and mL would show the largest alone.
    let references = source.details(setting).flat_map(|detail| &detail.cases);
    let there = references.map(|case| case.reference_ml).filter(|ml| *ml > 0.0);
    let ends = there.fold((f64::INFINITY, 0.0_f64), |ends, ml| (ends.0.min(ml), ends.1.max(ml)));
    let is_relative = ends.1 > WIDE_SPAN * ends.0;
    let panels = source.details(setting).map(|detail| {
        let there = |ml: f64| ml > 0.0;
        let cases = detail.cases.iter();
        let cases = cases.filter(|case| there(case.reference_ml) || there(case.prediction_ml));
        let points: Vec<(f64, f64)> = cases
            .map(|case| {
                let (reference, prediction) = (case.reference_ml, case.prediction_ml);
                let (mean, difference) =
                    (f64::midpoint(reference, prediction), prediction - reference);
                (mean, if is_relative { 100.0 * difference / mean } else { difference })
            })
            .collect();
        let differences: Vec<f64> = points.iter().map(|point| point.1).collect();
        let (bias, spread) = (mean(&differences), standard_deviation(&differences));
        let limits = bias.zip(spread).map(|(bias, spread)| Interval {
            low: bias - LIMITS * spread,
            high: bias + LIMITS * spread,
        });
        AgreementPanel { class: detail.class.clone(), points, bias, limits }
    });
    bland_altman(&BlandAltman {
        of: source.of(setting),
        difference: if is_relative {
            VolumeDifference::Percent
        } else {
            VolumeDifference::Millilitres
        },
        panels: panels.collect(),
    })
}

/// Right and wrong along the body.
pub(super) fn profile(source: Source<'_>, setting: usize) -> Result<Option<String>> {
    let panels = source.details(setting).map(|detail| {
        let of = |idx: usize| detail.profile_ml.iter().map(|bin| bin[idx]).collect::<Vec<f64>>();
        let (both, extra, missed) = (of(0), of(1), of(2));
        let dice = detail.profile_ml.iter().map(|[both, extra, missed]| {
            let all = 2.0 * both + extra + missed;
            (all > 0.0).then(|| 2.0 * both / all)
        });
        ProfilePanel {
            class: detail.class.clone(),
            n_cases: detail.cases.len(),
            dice: dice.collect(),
            true_positive: both,
            false_negative: missed,
            false_positive: extra,
        }
    });
    slice_profile(&ProfileFigure {
        of: source.of(setting),
        unit: "mL".into(),
        panels: panels.collect(),
    })
}

/// Lesions found and missed by their size.
pub(super) fn lesions_by_size(source: Source<'_>, setting: usize) -> Result<Option<String>> {
    let panels = source.details(setting).map(|detail| LesionPanel {
        name: detail.class.clone(),
        n_cases: detail.cases.len(),
        bins: SIZE_BINS
            .iter()
            .zip(detail.lesions)
            .map(|((_, label), [n, found])| LesionBin {
                label: (*label).to_owned(),
                found,
                missed: (n - found).max(0.0),
            })
            .collect(),
    });
    lesion_bins(&LesionBins {
        of: source.of(setting),
        criterion: "a voxel of the prediction touches it".into(),
        panels: panels.collect(),
    })
}

/// Kinds of error of every setting and class.
pub(super) fn errors(source: Source<'_>) -> Result<Option<String>> {
    let evidence = source.evidence;
    let rows = evidence.details.iter().filter(|detail| detail.class != FOREGROUND);
    let rows = rows.map(|detail| ErrorRow {
        name: evidence.settings[detail.setting].name.clone(),
        class: detail.class.clone(),
        parts_ml: detail.errors_ml,
        n_cases: detail.cases.len(),
    });
    error_types(&ErrorTypes {
        of: format!("{} of the mean run, summed", part(evidence)),
        rows: rows.collect(),
    })
}

/// A part of the volume whose calibration is known.
type Region = fn(&crate::analysis::Calibration) -> &crate::analysis::Reliability;

/// Confidence against how often it is right, of every setting.
pub(super) fn reliabilities(source: Source<'_>) -> Result<Option<String>> {
    let evidence = source.evidence;
    let known = || {
        let all = evidence.settings.iter().zip(&evidence.calibration).enumerate();
        all.filter_map(|(idx, (setting, calibration))| Some((idx, setting, calibration.as_ref()?)))
    };
    let regions: [(&str, Region); 2] =
        [("foreground", |it| &it.foreground), ("boundary band", |it| &it.band)];
    let panels = regions.into_iter().map(|(name, region)| ReliabilityPanel {
        name: name.to_owned(),
        curves: known()
            .take(MOST_CURVES)
            .map(|(setting_idx, setting, calibration)| {
                let of = region(calibration);
                let total = of.n().max(1) as f64;
                let bins = of.bins.iter().map(|bin| {
                    let n = bin.n as f64;
                    ReliabilityBin {
                        confidence: (bin.n > 0).then(|| bin.confidence_sum / n),
                        right: (bin.n > 0).then(|| bin.n_right as f64 / n),
                        share: n / total,
                    }
                });
                let details = evidence.details.iter().find(|detail| detail.setting == setting_idx);
                ReliabilityCurve {
                    name: setting.name.clone(),
                    stroke: Stroke::nth(setting_idx),
                    ece: of.ece(),
                    n_voxels: of.n(),
                    n_cases: details.map_or(0, |detail| detail.cases.len()),
                    bins: bins.collect(),
                }
            })
            .collect(),
    });
    reliability(&ReliabilityFigure { of: part(evidence).to_owned(), panels: panels.collect() })
}

/// A name of a figure of one setting that is a file's too.
pub(super) fn name(figure: &str, setting: &str) -> String {
    format!("{figure}-{}", file_name(setting))
}
