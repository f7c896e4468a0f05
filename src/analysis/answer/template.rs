//! [`Template`]: a text with references in double braces, and the [`Fragment`]s it becomes.
//!
//! Does not know about questions.

use super::reference::{Lookup, Reference};
use crate::analysis::Evidence;

/// A text with references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Reference(Reference),
}

/// A part of a text that is ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fragment {
    /// Plain words.
    Text(String),
    /// What a cell shows, and the id of the cell.
    Cited {
        /// As the cell shows it.
        text: String,
        /// Id of the cell in the page.
        anchor: String,
        /// The reference as it was written.
        reference: String,
    },
}

/// What became of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filled {
    /// The whole text, with `-` where nothing is known.
    pub(super) spans: Vec<Fragment>,
    /// References to cells that are not filled.
    pub(super) empty: Vec<Reference>,
    /// References that lead nowhere, and why.
    pub(super) unknown: Vec<(Reference, String)>,
    /// Runs behind what is cited.
    pub(super) runs: Vec<String>,
}

impl Template {
    /// From a text.
    ///
    /// # Errors
    /// Everything that is wrong with its references.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let (mut pieces, mut faults) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            pieces.push(Piece::Text(before.to_owned()));
            let Some((inside, after)) = after.split_once("}}") else {
                faults.push(format!("`{{{{{}` is not closed", after.trim_end()));
                rest = "";
                break;
            };
            match Reference::parse(inside) {
                Ok(reference) => pieces.push(Piece::Reference(reference)),
                Err(fault) => faults.push(format!("`{}`: {fault}", inside.trim())),
            }
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        pieces.retain(|piece| *piece != Piece::Text(String::new()));
        if faults.is_empty() { Ok(Self { pieces }) } else { Err(faults) }
    }

    /// Its references in order.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Reference(reference) => Some(reference),
            Piece::Text(_) => None,
        })
    }

    /// The text with what the cells show.
    pub(super) fn fill(&self, evidence: &Evidence) -> Filled {
        let mut filled = Filled::default();
        for piece in &self.pieces {
            let reference = match piece {
                Piece::Text(text) => {
                    filled.spans.push(Fragment::Text(text.clone()));
                    continue;
                }
                Piece::Reference(reference) => reference,
            };
            match reference.find(evidence) {
                Lookup::Cell(cell) => {
                    filled.runs.extend(cell.runs.iter().cloned());
                    filled.spans.push(Fragment::Cited {
                        text: cell.text,
                        anchor: cell.anchor,
                        reference: reference.to_string(),
                    });
                    continue;
                }
                Lookup::Empty => filled.empty.push(reference.clone()),
                Lookup::Unknown(why) => filled.unknown.push((reference.clone(), why)),
            }
            filled.spans.push(Fragment::Text("-".to_owned()));
        }
        filled
    }

    /// The text with every reference holding what its cell shows now.
    pub(super) fn pinned(&self, evidence: &Evidence) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Reference(reference) => {
                let pinned = match reference.find(evidence) {
                    Lookup::Cell(cell) => Some(cell.text),
                    Lookup::Empty | Lookup::Unknown(_) => reference.pinned.clone(),
                };
                format!("{{{{{}}}}}", Reference { pinned, ..reference.clone() })
            }
        };
        self.pieces.iter().map(text).collect()
    }
}

impl Fragment {
    /// As plain words.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Cited { text, .. } => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_references_take_turns() {
        let template = Template::parse("Dice is {{scores[a, b].dice}} ({{x[y].z = 1}}).").unwrap();
        let columns: Vec<&str> = template.references().map(|it| it.column.as_str()).collect();
        assert_eq!(columns, ["dice", "z"]);
        let faults = Template::parse("{{a}} and {{b[c].d}} and {{open").unwrap_err();
        assert_eq!(faults.len(), 2, "{faults:?}");
    }
}
