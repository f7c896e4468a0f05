//! [`Content`]: what a report says, before it is HTML or Markdown.
//!
//! Does not know about markup or runs, or how figures are drawn.

pub(super) use super::cell::{Cell, Rank, Sign};
pub(super) use super::grid::{Column, RowTable, Side, Table};

/// A whole report.
#[derive(Debug)]
pub(super) struct Content {
    pub title: String,
    /// What was asked, once each.
    pub questions: Vec<String>,
    /// What the numbers say, a sentence each.
    pub findings: Vec<String>,
    /// Why the runs may not be comparable.
    pub warnings: Vec<String>,
    /// The rest; within a part in order.
    pub sections: Vec<Section>,
}

impl Content {
    /// The sections by part, parts in reading order; those without a section are left out.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Part, Vec<&Section>)> {
        let of = |part| self.sections.iter().filter(|it| it.part == part).collect::<Vec<_>>();
        let parts = Part::ALL.into_iter().map(move |part| (part, of(part)));
        parts.filter(|(_, sections)| !sections.is_empty())
    }
}

/// The part of a report that a section belongs to; parts are read in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// What it all comes to.
    Overview,
    /// What was asked, and the answers.
    Questions,
    /// One by one.
    Runs,
    /// How they learned.
    Curves,
    /// Scores by class.
    Classes,
    /// Scores by case.
    Cases,
    /// What went wrong, and how much of it.
    Errors,
    /// Who is better than whom.
    Comparison,
    /// Where everything comes from and what it means.
    Provenance,
}

impl Part {
    pub(super) const ALL: [Self; 9] = [
        Self::Overview,
        Self::Questions,
        Self::Runs,
        Self::Curves,
        Self::Classes,
        Self::Cases,
        Self::Errors,
        Self::Comparison,
        Self::Provenance,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Runs => "Runs",
            Self::Curves => "Curves",
            Self::Classes => "Classes",
            Self::Cases => "Cases",
            Self::Errors => "Errors",
            Self::Comparison => "Comparison",
            Self::Questions => "Questions",
            Self::Provenance => "Provenance",
        }
    }

    /// Anchor in the page; no section has one that begins so.
    pub(super) fn anchor(self) -> String {
        format!("part-{}", self.title().to_lowercase())
    }
}

/// A heading and the blocks below it.
#[derive(Debug)]
pub(super) struct Section {
    pub part: Part,
    pub title: String,
    pub anchor: String,
    pub blocks: Vec<Block>,
}

impl Section {
    pub(super) fn new(
        part: Part,
        title: impl Into<String>,
        anchor: impl Into<String>,
        blocks: Vec<Block>,
    ) -> Self {
        Self { part, title: title.into(), anchor: anchor.into(), blocks }
    }
}

/// One thing below a heading.
#[derive(Debug)]
pub(super) enum Block {
    Text(String),
    /// A paragraph with links and code in it.
    Rich(Vec<Span>),
    /// A heading within a section.
    Heading {
        title: String,
        anchor: String,
    },
    /// A verdict, emphasised.
    Badge {
        sign: Sign,
        /// In words, such as "not distinguishable".
        words: String,
        /// The strength of the evidence, in words; may be empty.
        strength: String,
    },
    Table(Table),
    Figure(Figure),
    /// Pictures side by side.
    Pictures(Vec<Picture>),
    /// Terms and what they mean here.
    Definitions(Vec<(&'static str, &'static str)>),
    /// Shown when asked for.
    Folded {
        summary: String,
        blocks: Vec<Self>,
    },
}

/// A stretch of a paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Span {
    Text(String),
    /// Words, mostly a number, and the anchor in this page where they come from.
    Link {
        text: String,
        /// Of a section, a table or a cell.
        anchor: String,
    },
    /// To be read letter by letter, such as a command.
    Code(String),
}

#[derive(Debug)]
pub(super) struct Figure {
    /// File name without its ending; also the end of its anchor, `figure-NAME`.
    pub name: String,
    /// What it shows and how to read it.
    pub caption: String,
    pub svg: String,
}

impl Figure {
    /// A figure with its file's name and its caption.
    pub(super) fn new(name: impl Into<String>, caption: impl Into<String>, svg: String) -> Self {
        Self { name: name.into(), caption: caption.into(), svg }
    }
}

/// A picture cut at evaluation.
#[derive(Debug)]
pub(super) struct Picture {
    /// Path below the report's folder.
    pub path: String,
    /// Run and file name.
    pub caption: String,
    pub png: Vec<u8>,
}
