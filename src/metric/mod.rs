//! Scores of a prediction against a reference: pure functions of label maps.
//!
//! [`Confusion`] counts voxels; [`score_case`] adds what they say in space; [`calibration()`] tells
//! whether probabilities mean what they say. [`DataProfile`] is of references alone: their
//! components, and the HU under them.

mod axial_axis;
mod ball;
mod calibration;
mod case_scores;
mod component;
mod contrast;
mod data_profile;
mod distance;
mod envelope;
mod error_parts;
mod hu_histogram;
mod lesion;
mod mask;
mod overlap;
mod slice_profile;
mod surface;
mod synthetic;
#[cfg(test)]
mod tests;

pub use calibration::{Calibration, Reliability, ReliabilityBin, calibration};
pub use case_scores::{CaseMaps, CaseScores, MaskScores, score_case};
pub use data_profile::{ClassInCase, ClassProfile, DataProfile, ProfileCollector};
pub use error_parts::ErrorParts;
pub use hu_histogram::{HuHistogram, HuQuantiles};
pub use lesion::{LesionScores, MOST_FALSE_LESIONS, MOST_LESIONS, ReferenceLesion};
pub use overlap::{Confusion, Overlap};
pub use slice_profile::{N_PROFILE_BINS, SliceProfile};
pub use surface::{Nsd, RIM_MM, SurfaceScores};
pub use synthetic::synthetic_pair;
