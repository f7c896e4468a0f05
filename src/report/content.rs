//! [`Content`]: what a report says, before it is HTML or Markdown.
//!
//! Knows nothing of markup, of runs and of how figures are drawn.

use super::figure::Stroke;

/// A whole report.
#[derive(Debug)]
pub(super) struct Content {
    /// Name of the report.
    pub title: String,
    /// What was asked, once each.
    pub questions: Vec<String>,
    /// What the numbers say, a sentence each.
    pub findings: Vec<String>,
    /// Why the runs may not be comparable.
    pub warnings: Vec<String>,
    /// The rest in order.
    pub sections: Vec<Section>,
}

/// A heading and what stands below it.
#[derive(Debug)]
pub(super) struct Section {
    /// Heading.
    pub title: &'static str,
    /// Anchor in the page.
    pub anchor: &'static str,
    /// In order.
    pub blocks: Vec<Block>,
}

/// One thing below a heading.
#[derive(Debug)]
pub(super) enum Block {
    /// A paragraph.
    Text(String),
    /// A table.
    Table(Table),
    /// A drawn figure.
    Figure(Figure),
    /// Pictures side by side.
    Pictures(Vec<Picture>),
    /// Terms and what they mean here.
    Definitions(Vec<(&'static str, &'static str)>),
    /// Shown when asked for.
    Folded {
        /// What is inside.
        summary: String,
        /// Inside.
        blocks: Vec<Self>,
    },
}

/// A drawn figure.
#[derive(Debug)]
pub(super) struct Figure {
    /// File name without its ending.
    pub name: &'static str,
    /// What it shows and how to read it.
    pub caption: String,
    /// The drawing.
    pub svg: String,
}

/// A picture cut at evaluation.
#[derive(Debug)]
pub(super) struct Picture {
    /// Path below the report's folder.
    pub path: String,
    /// Run and file name.
    pub caption: String,
    /// The PNG.
    pub png: Vec<u8>,
}

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    /// Headings.
    pub columns: Vec<Column>,
    /// Cells by row, as many as columns.
    pub rows: Vec<Vec<Cell>>,
}

/// Heading of a column.
#[derive(Debug)]
pub(super) struct Column {
    /// What several columns share; may be empty.
    pub group: &'static str,
    /// Its own name.
    pub name: String,
    /// Where its cells stand.
    pub side: Side,
}

/// Where the cells of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

impl Column {
    /// A column of words.
    pub(super) fn words(name: impl Into<String>) -> Self {
        Self { group: "", name: name.into(), side: Side::Left }
    }

    /// A column of numbers.
    pub(super) fn numbers(name: impl Into<String>) -> Self {
        Self { group: "", name: name.into(), side: Side::Right }
    }

    /// Puts it under a shared heading.
    pub(super) fn of(mut self, group: &'static str) -> Self {
        self.group = group;
        self
    }
}

/// One cell.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    /// Words or a formatted number.
    Text(String),
    /// A name or value to be read letter by letter.
    Code(String),
    /// A number and how many values it rests on.
    Score {
        /// Formatted.
        value: String,
        /// How many.
        n: usize,
        /// Whether it is the highest of its column.
        rank: Rank,
    },
    /// A run's number, stroke and label.
    Run {
        /// From 1.
        number: usize,
        /// As in the figures.
        stroke: Stroke,
        /// Short label.
        label: String,
    },
}

/// Place of a score in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// Highest of several.
    Highest,
    /// Any other.
    Other,
}

impl Cell {
    /// Words or a formatted number.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A name or value, or a dash.
    pub(super) fn code(text: Option<&str>) -> Self {
        text.map_or_else(|| Self::text(super::text::UNDEFINED), |text| Self::Code(text.into()))
    }
}
