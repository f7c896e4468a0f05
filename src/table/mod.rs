//! From `runs/` to rows.
//!
//! [`load`] reads runs, aggregates their scores in polars frames and hands out plain [`Tables`];
//! [`csv`] writes one of the frames.
//!
//! Knows nothing of drawing or of the terminal.

mod aggregate;
mod frames;
mod load;
mod rows;
mod settings;

/// What a [`ScoreRow`] holds, for those who may name only this room.
pub use crate::event::{CaseRow, Split};
pub use frames::{Frame, csv};
pub use load::{Overlays, load, load_run};
pub use rows::*;
pub use settings::differing;
