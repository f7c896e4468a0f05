//! [`check`]: whether the numbers of a text are still what the evidence says; [`pin`] writes them
//! down, [`fill`] puts them in.
//!
//! Does not know where a text comes from.

use super::{
    discussion::Discussion,
    each::Scope,
    reference::{Lookup, Reference},
    template::{Fragment, Template},
};
use crate::analysis::Evidence;
use std::collections::BTreeSet;

/// A number of a text that is not, or no longer, what the evidence says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The reference, with what was written down.
    pub reference: String,
    /// What the cell shows now; `None` when it is empty.
    pub found: Option<String>,
    /// Why there can be no such cell.
    pub why: Option<String>,
}

/// What came of checking references.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// References that were looked up.
    pub n: usize,
    /// Those among them that held a number.
    pub n_pinned: usize,
    /// References without a number whose cell is empty: what is not measured, or a name that is not
    /// the one that was meant.
    pub empty: Vec<String>,
    /// Those whose written number differs from the cell's, whose cell is empty though a number was
    /// written, or that lead nowhere.
    pub wrong: Vec<Mismatch>,
}

/// Checks every reference of a text.
///
/// # Errors
/// Everything that is wrong with the references themselves.
pub fn check(text: &str, evidence: &Evidence) -> Result<Checked, Vec<String>> {
    let template = Template::parse(text)?;
    let mut checked = Checked::default();
    for reference in template.references() {
        let (found, why) = match reference.find(evidence) {
            Lookup::Cell(cell) => (Some(cell.text), None),
            Lookup::Empty => (None, None),
            Lookup::Unknown(why) => (None, Some(why)),
        };
        checked.n += 1;
        if reference.pinned.is_none() && found.is_none() && why.is_none() {
            checked.empty.push(reference.to_string());
        }
        checked.n_pinned += usize::from(reference.pinned.is_some());
        let is_wrong = match &reference.pinned {
            Some(pinned) => found.as_ref() != Some(pinned),
            None => why.is_some(),
        };
        if is_wrong {
            let reference = reference.to_string();
            checked.wrong.push(Mismatch { reference, found, why });
        }
    }
    Ok(checked)
}

/// Checks every sentence, verdict and prose of a discussion's questions.
///
/// # Errors
/// As [`check`].
pub fn check_discussion(
    discussion: &Discussion,
    evidence: &Evidence,
) -> Result<Checked, Vec<String>> {
    let scope = Scope::of(evidence);
    let mut all = Checked::default();
    for question in &discussion.questions {
        let sentences = question.claim.iter().flat_map(|sentence| {
            let scopes = scope.each(sentence.each(), evidence);
            scopes.into_iter().map(|scope| scope.apply(&sentence.say)).collect::<Vec<_>>()
        });
        let verdict = question.verdict.iter().map(|cell| scope.apply(&format!("{{{{{cell}}}}}")));
        let prose = question.prose.iter().map(|prose| scope.apply(prose));
        for text in sentences.chain(verdict).chain(prose) {
            let checked = check(&text, evidence)?;
            all.n += checked.n;
            all.n_pinned += checked.n_pinned;
            all.wrong.extend(checked.wrong);
            all.empty.extend(checked.empty);
        }
    }
    // Sentences cite the same cell; once is enough to tell.
    let mut seen = BTreeSet::new();
    all.empty.retain(|cell| seen.insert(cell.clone()));
    let mut seen = BTreeSet::new();
    all.wrong.retain(|mismatch| seen.insert(mismatch.reference.clone()));
    Ok(all)
}

/// The text with every reference replaced by what its cell shows, `-` where it is empty.
///
/// # Errors
/// As [`check`], and every reference to a cell that cannot exist.
pub fn fill(text: &str, evidence: &Evidence) -> Result<String, Vec<String>> {
    let filled = Template::parse(text)?.fill(evidence);
    let told = |(reference, why): (Reference, String)| format!("`{reference}`: {why}");
    let faults: Vec<String> = filled.unknown.into_iter().map(told).collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(filled.spans.iter().map(Fragment::text).collect())
}

/// The text with every reference holding what its cell shows now.
///
/// # Errors
/// As [`check`], and every reference to a cell that cannot exist.
pub fn pin(text: &str, evidence: &Evidence) -> Result<String, Vec<String>> {
    fill(text, evidence)?;
    Ok(Template::parse(text)?.pinned(evidence))
}
