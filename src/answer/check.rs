//! [`check`]: whether the numbers of a text are still what the evidence says; [`pin`] writes them
//! down, [`fill`] puts them in.
//!
//! Knows nothing of questions.

use super::{
    reference::{Found, Reference},
    template::Template,
};
use crate::table::EvidenceTable;

/// A number of a text that is not, or no longer, what the evidence says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The reference, with what was written down.
    pub reference: String,
    /// What it is now; `None` when nothing stands there.
    pub found: Option<String>,
    /// Why nothing could ever stand there.
    pub why: Option<String>,
}

/// Every reference of a text whose written number differs from the cell's, whose cell is empty
/// though a number was written, or that leads nowhere.
///
/// # Errors
/// Everything that is wrong with the references themselves.
pub fn check(text: &str, tables: &[EvidenceTable]) -> Result<Vec<Mismatch>, Vec<String>> {
    let template = Template::parse(text)?;
    let mismatch = |reference: &Reference| {
        let (found, why) = match reference.find(tables) {
            Found::Cell(cell) => (Some(cell.text), None),
            Found::Empty => (None, None),
            Found::Unknown(why) => (None, Some(why)),
        };
        let is_wrong = match &reference.pinned {
            Some(pinned) => found.as_ref() != Some(pinned),
            None => why.is_some(),
        };
        is_wrong.then(|| Mismatch { reference: reference.to_string(), found, why })
    };
    Ok(template.references().filter_map(mismatch).collect())
}

/// The text with every reference replaced by what its cell shows.
///
/// # Errors
/// As [`check`].
pub fn fill(text: &str, tables: &[EvidenceTable]) -> Result<String, Vec<String>> {
    let filled = Template::parse(text)?.fill(tables);
    Ok(filled.spans.iter().map(super::Span::text).collect())
}

/// The text with every reference holding what its cell shows now.
///
/// # Errors
/// As [`check`].
pub fn pin(text: &str, tables: &[EvidenceTable]) -> Result<String, Vec<String>> {
    Ok(Template::parse(text)?.pinned(tables))
}
