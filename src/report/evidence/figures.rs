//! [`FIGURES`]: the figures that a question can name, and [`draw`], each by its name.
//!
//! Does not know about sections.

use super::{
    Source, of_setting,
    settings::{self, MOST_CURVES, MOST_ROWS},
};
use crate::{base::Result, report::content::Figure};

/// Names of the figures that a question can show.
pub(in crate::report) const FIGURES: &[&str] = &[
    "forest",
    "paired",
    "ranks",
    "noise",
    "bands",
    "errors",
    "reliability",
    "dice-volume",
    "volumes",
    "profile",
    "lesions-by-size",
];

/// Draws a figure; those of one setting are drawn of the baseline. `None` when there is nothing to
/// draw.
pub(super) fn draw(source: Source<'_>, name: &str) -> Result<Option<Figure>> {
    let Some(setting) = source.evidence.baseline() else { return Ok(None) };
    let (svg, caption) = match name {
        "forest" => (
            settings::forests(source)?,
            "Dice of each ablation less that of its base, mean over the cases that both have, with the middle 95 % of resamples of cases and seeds. Band: what repeated seeds alone differ by.",
        ),
        "paired" => (
            settings::differences(source)?,
            "A point is a case: Dice of the setting less that of the base, seeds averaged before. Diamond and bar: mean and 95 % interval.",
        ),
        "ranks" => (
            settings::ranking(source)?,
            "In each case settings are ranked by foreground Dice; mean rank over cases with the middle 95 % of resamples of the cases.",
        ),
        "noise" => (
            settings::noise(source)?,
            "A point is a run: its mean Dice less the mean of its setting. By seeds alone the means of two settings, each over the fewest seeds that a setting here has, differ by less than the half-width in 95 of 100 worlds.",
        ),
        "bands" => (
            settings::bands(source)?,
            "Mean over the runs of a setting, band from the lowest to the highest run. Validation Dice is on the training grid.",
        ),
        "errors" => (
            of_setting::errors(source)?,
            "Volume of missed and invented voxels by kind of error, summed over cases.",
        ),
        "reliability" => (
            of_setting::reliabilities(source)?,
            "Where a curve lies below the diagonal the network is surer than it is right. Below: share of voxels by confidence.",
        ),
        "dice-volume" => (
            of_setting::dice_volume(source, setting)?,
            "A point is a case, seeds averaged; 0 means missed or elsewhere.",
        ),
        "volumes" => (
            of_setting::volumes(source, setting)?,
            "Bland-Altman: difference of volumes against their mean, bias and limits of agreement (1.96 standard deviations).",
        ),
        "profile" => (
            of_setting::profile(source, setting)?,
            "From feet to head in twenty equal parts of the volume, summed over cases: found, missed and invented volume, and Dice.",
        ),
        "lesions-by-size" => (
            of_setting::lesions_by_size(source, setting)?,
            "Lesions of the reference by their volume, found or missed, in the mean run.",
        ),
        _ => (None, ""),
    };
    let is_of_arm = ["dice-volume", "volumes", "profile", "lesions-by-size"].contains(&name);
    let file = if is_of_arm {
        of_setting::name(name, &source.evidence.settings[setting].name)
    } else {
        name.to_owned()
    };
    let n_settings = source.evidence.settings.len();
    let most = match name {
        "bands" | "reliability" => MOST_CURVES,
        "forest" | "paired" | "ranks" | "noise" => MOST_ROWS,
        _ => n_settings,
    };
    let cut = if n_settings > most {
        format!(" The first of {n_settings} settings.")
    } else {
        String::new()
    };
    Ok(svg.map(|svg| Figure::new(file, format!("{caption}{cut}"), svg)))
}
