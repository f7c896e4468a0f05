//! From runs to evidence: [`evidence()`] groups runs into [`Setting`]s, compares each with what it is
//! an ablation of, and lays everything that can be cited into [`EvidenceTable`]s.
//!
//! ```text
//! Tables -> settings -> scores, surfaces, lesions, errors, trust   what each reached
//!                    -> effects, noise, power, ranks               what can be told apart
//! CaseFacts -> data, classes                                       what they were given
//! ```
//!
//! Does not know about questions, sentences or drawing.

mod anchors;
mod data;
mod details;
mod effects;
mod errors;
mod evidence_table;
mod gather;
mod lesions;
mod noise;
mod scores;
mod settings;
mod subject;
mod trust;
mod value;

pub use details::{CaseDetail, ClassDetail};
pub use effects::Effect;
pub use errors::{ERROR_KINDS, ErrorKind};
pub use evidence_table::{EvidenceColumn, EvidenceRow, EvidenceTable};
pub use gather::{Evidence, evidence};
pub use lesions::{SIZE_BINS, size_bin};
pub use noise::PowerInputs;
pub use settings::{Change, Setting};
pub use subject::EvidenceOptions;
pub use value::{CellValue, NumberFormat};

use subject::Subject;
