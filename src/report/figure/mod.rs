//! The figures, one file each; every one is a function to the text of an SVG, from a view, from
//! the rows of a sweep, or from a plain struct that holds just what it shows. [`png`] makes a
//! picture of any of them.
//!
//! Does not know about pages and files.

mod axis;
mod band;
mod bland_altman;
mod canvas;
mod component_sizes;
mod confusion;
mod curves;
mod dice;
mod effects;
mod error_types;
mod forest;
mod hu_by_class;
#[cfg(test)]
mod inspect;
mod learning_bands;
mod legend;
mod lesion_bins;
mod level_curves;
mod mark;
mod noise_floor;
mod paired;
mod parallel;
mod pattern;
mod plot;
mod png;
mod quantity;
mod ranking;
mod ranks;
mod reliability;
mod ribbon;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod sizes;
mod slice_profile;
mod style;
mod volume_dice;

pub(super) use self::png::png;
pub(super) use bland_altman::{AgreementPanel, BlandAltman, VolumeDifference, bland_altman};
pub(super) use component_sizes::{ClassComponents, component_sizes};
pub(super) use confusion::confusion;
pub(super) use curves::curves;
pub(super) use dice::dice;
pub(super) use effects::effects;
pub(super) use error_types::{ErrorRow, ErrorTypes, error_types};
pub(super) use forest::{Forest, ForestGroup, ForestRow, forest};
pub(super) use hu_by_class::{ClassHu, hu_by_class};
pub(super) use learning_bands::{BandAxis, BandPanel, BandSetting, LearningBands, learning_bands};
pub(super) use lesion_bins::{LesionBin, LesionBins, LesionPanel, lesion_bins};
pub(super) use level_curves::level_curves;
pub(super) use noise_floor::{NoiseFigure, NoisePanel, noise_floor};
pub(super) use paired::{Paired, PairedPanel, PairedRow, paired};
pub(super) use parallel::parallel;
pub(super) use quantity::Quantity;
pub(super) use ranking::ranking;
pub(super) use ranks::{RankedSetting, Ranks, ranks};
pub(super) use reliability::{
    ReliabilityBin, ReliabilityCurve, ReliabilityFigure, ReliabilityPanel, reliability,
};
pub(super) use slice_profile::{ProfileFigure, ProfilePanel, slice_profile};
pub(super) use style::{Stroke, structure_colors};
pub(super) use volume_dice::{VolumeDice, VolumePanel, VolumePoint, volume_dice};
