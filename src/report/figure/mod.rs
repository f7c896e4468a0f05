//! The figures, one file each; every one is a function from a view to the text of an SVG.
//!
//! Knows nothing of pages and files.

mod axis;
mod canvas;
mod confusion;
mod curves;
mod dice;
mod style;

pub(super) use confusion::confusion;
pub(super) use curves::curves;
pub(super) use dice::dice;
pub(super) use style::Stroke;
