//! [`Source`]: a spec file's text, and [`Origin`]: where a value of a spec came from.
//!
//! Does not know about TOML or what the keys mean.

use crate::base::Place;
use std::{fmt, ops::Range, sync::Arc};

/// The text of one spec file under the name its user knows.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
}

impl Source {
    /// A text and the name to show for it.
    pub(super) fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The name, as the user would type it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Line, column and excerpt of a range of bytes.
    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        Place::in_text(&self.name, &self.text, span)
    }
}

/// Where a value of a spec came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origin {
    /// A range of bytes in a file.
    File {
        /// The file.
        source: Arc<Source>,
        /// The bytes.
        span: Range<usize>,
    },
    /// The text after `--set`.
    Set(Arc<str>),
    /// It was not written: the default holds.
    #[default]
    Default,
}

impl Origin {
    /// The place to show with a fault; `None` for a default.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::File { source, span } => Some(source.place(span)),
            Self::Set(text) => Some(Place {
                file: format!("--set {text}"),
                line_column: None,
                excerpt: None,
                width: 0,
            }),
            Self::Default => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { source, span } => {
                let (line, column) = source.place(span).line_column.unwrap_or_default();
                write!(f, "{}:{line}:{column}", source.name)
            }
            Self::Set(_) => f.write_str("--set"),
            Self::Default => f.write_str("default"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters_from_one_and_stays_on_its_line() {
        let source = Source::new("a.toml", "x = 1\r\n\tné = [\n  2]\n");
        let start = source.text.find("né").unwrap();
        let place = source.place(&(start..source.text.len()));
        assert_eq!(place.line_column, Some((2, 2)));
        assert_eq!(place.excerpt.as_deref(), Some(" né = ["));
        assert_eq!(place.width, 6);
    }

    #[test]
    fn a_place_at_or_past_the_end_is_still_a_place() {
        let source = Source::new("a.toml", "x =");
        assert_eq!(source.place(&(3..3)).line_column, Some((1, 4)));
        assert_eq!(source.place(&(9..12)).line_column, Some((1, 4)));
    }
}
