//! The part of a report that compares: evidence tables whose cells can be linked to, and the
//! figures drawn from the same evidence.
//!
//! Does not know how evidence is worked out.

mod discussion;
mod figures;
mod findings;
mod of_setting;
mod sections;
mod settings;
mod tables;

pub(super) use discussion::{Discussed, discussion};
pub(super) use figures::FIGURES;
pub(super) use findings::{findings, missing_bases};
pub(super) use sections::sections;

use crate::analysis::{Evidence, Tables};

/// What sections and figures are made from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) tables: &'a Tables,
    pub(super) evidence: &'a Evidence,
}
