//! From rows to a page: [`write()`] draws the figures and writes HTML and Markdown;
//! [`write_sweep`] does so for a sweep, [`write_discussion`] for questions and their answers.
//!
//! ```text
//! Tables -> View (order, labels, colours) -> Content (parts, their sections of tables and figures)
//!        -> index.html, report.md, figures/*.svg and *.png, overlays/*.png
//! ```
//!
//! The only room that names plotters and resvg. Same rows in, same bytes out.
//!
//! Does not know about the clock, chance or run files.

mod cell;
mod compose;
mod content;
mod data_figures;
mod evidence;
mod figure;
mod finding;
mod grid;
mod markdown;
mod page;
mod pictures;
mod sweep;
mod tables;
mod text;
mod view;
mod write;

pub use data_figures::write_data_figures;
pub use write::{write, write_discussion, write_sweep};

/// Names of the figures that a question can show.
pub const FIGURES: &[&str] = evidence::FIGURES;
