//! [`Sources`]: what the rows of a sweep are worked out from.
//!
//! Does not know what the rows are.

use super::values::Base;
use crate::{
    analysis::{Tables, case_table::CaseTable},
    sweep::store::{CellStatus, LoggedEvent, SweepPlan},
};

/// What the rows are worked out from.
pub(super) struct Sources<'a> {
    pub(super) plan: SweepPlan,
    pub(super) base: Base,
    /// One for each cell of the plan, in its order.
    pub(super) statuses: Vec<CellStatus>,
    /// What the workers did, in order of time.
    pub(super) worker_events: Vec<LoggedEvent>,
    /// The runs of the cells.
    pub(super) tables: &'a Tables,
    /// Their scores.
    pub(super) cases: CaseTable<'a>,
    /// Position in `tables` of the run of each cell, once there is one.
    pub(super) run_of: Vec<Option<usize>>,
}
