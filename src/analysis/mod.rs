//! From `runs/` to rows.
//!
//! [`load`] reads runs, aggregates their scores in polars frames and hands out plain [`Tables`];
//! [`csv`] writes one of the frames. [`compact()`] keeps what an ended run logged as Parquet, so that
//! many runs load fast; [`epochs_frame`] has the epochs of all of them. [`load_sweep`] joins the
//! runs of a sweep with its plan. [`evidence()`] compares runs and lays what can be cited into
//! tables.
//!
//! Does not know about drawing or of the terminal.

mod aggregate;
pub mod answer;
mod attempts;
mod case_table;
mod columns;
mod compact;
mod comparable;
mod data_profile;
mod epochs;
mod evidence;
mod frames;
mod from_files;
mod load;
#[cfg(test)]
mod made_up;
mod measure;
mod parquet;
mod points;
mod rows;
mod settings;
mod sweep;

/// What rows and evidence hold, for rooms that name only this one.
pub use crate::event::{CaseRow, Split};
pub use crate::metric::{
    Calibration, ClassInCase, ClassProfile, DataProfile, HuHistogram, Reliability,
};
pub use crate::record::RunState;
pub use crate::statistics::{Comparison, Interval, N_RESAMPLES, Verdict};
pub use crate::statistics::{detectable, mean, needed, quantile, standard_deviation};
pub use attempts::{AttemptRow, LoggedLine, attempts};
pub use compact::{CompactedSize, STEPS_TABLE, compact};
pub use comparable::{Aspect, Incomparable, incomparable};
pub use data_profile::profile_parquet;
pub use epochs::epochs_frame;
pub use evidence::*;
pub use frames::{Frame, csv};
pub use load::{Overlays, load, load_list, load_run, load_runs};
pub use measure::FOREGROUND;
pub use rows::*;
pub use settings::differing;
pub use sweep::*;

use measure::Measure;
use settings::setting_in_words;
