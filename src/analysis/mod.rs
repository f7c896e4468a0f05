//! From `runs/` to rows.
//!
//! [`load`] reads runs, aggregates their scores in polars frames and hands out plain [`Tables`];
//! [`csv`] writes one of the frames. [`compact()`] keeps what an ended run logged as Parquet, so that
//! many runs load fast; [`epochs_frame`] has the epochs of all of them. [`load_sweep`] joins the
//! runs of a sweep with its plan. [`evidence()`] compares runs and lays what can be cited into
//! tables.
//!
//! Knows nothing of drawing or of the terminal.

mod aggregate;
pub mod answer;
mod attempts;
mod columns;
mod compact;
mod comparable;
mod epochs;
mod evidence;
mod frames;
mod load;
mod parquet;
mod points;
mod rows;
mod settings;
mod sweep;

/// What a [`ScoreRow`] holds, for those who may name only this room.
pub use crate::event::{CaseRow, Split};
/// What [`Evidence`] holds, for those who may name only this room.
pub use crate::metric::{Calibration, Reliability};
/// What the rows of a sweep hold, for those who may name only this room.
pub use crate::statistics::{Difference, Interval, N_RESAMPLES};
/// What others still have to compute, for those who may name only this room.
pub use crate::statistics::{detectable, mean, needed, quantile, standard_deviation};
pub use attempts::{AttemptRow, LoggedLine, attempts};
pub use compact::{Compacted, STEPS_TABLE, compact};
pub use comparable::{Apart, Matter, apart};
pub use epochs::epochs_frame;
pub use evidence::*;
pub use frames::{Frame, csv};
pub use load::{DAMAGED, Overlays, load, load_run, load_runs};
pub use rows::*;
pub use settings::differing;
pub use sweep::*;
