//! What the cells of a sweep take: time, memory and disk.
//!
//! Cells of one [`CellKind`] take the same. If cells of a kind have finished on this device, the
//! median of their times counts. Otherwise one cell of the kind is calibrated: a few of its batches
//! and cases are timed in a process of its own ([`Measured`]), and the result is kept in `costs/`.
//! Of many kinds only some are calibrated; the others are scaled from the nearest one by the work
//! of their networks.
//!
//! Does not know how cells are chosen or run.

mod calibration;
mod cost;
#[expect(clippy::module_inception, reason = "a file is named after its central type")]
mod forecast;
mod work;

pub use cost::{CellKind, Cost, Measured, Totals};
pub use forecast::Forecast;
