//! The figures, one file each; every one is a function from a view, or from the rows of a
//! sweep, to the text of an SVG.
//!
//! Knows nothing of pages and files.

mod axis;
mod canvas;
mod confusion;
mod curves;
mod dice;
mod effects;
mod level_curves;
mod mark;
mod parallel;
mod ranking;
mod style;

pub(super) use confusion::confusion;
pub(super) use curves::curves;
pub(super) use dice::dice;
pub(super) use effects::effects;
pub(super) use level_curves::level_curves;
pub(super) use parallel::parallel;
pub(super) use ranking::ranking;
pub(super) use style::{Stroke, structure_colors};
