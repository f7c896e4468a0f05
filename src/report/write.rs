//! [`write()`] and [`write_sweep`]: the folder of a report.
//!
//! Does not know what the files say.

use super::{
    compose::{compose, compose_discussion},
    content::{Block, Content, Figure},
    figure::png,
    markdown::markdown,
    page::page,
    pictures::pictures,
    sweep,
    text::file_name,
};
use crate::{
    analysis::{Evidence, SweepTables, Tables, answer::Answers},
    base::{Result, fs},
};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Writes `index.html`, `report.md`, `figures/` and `overlays/` of a report into `out/name` and
/// returns the path of the page.
///
/// The same rows give the same bytes, in whichever order they come. Old files in `figures/` and
/// `overlays/` of a report of this name are removed.
///
/// # Errors
/// When a figure cannot be drawn or a file cannot be written.
pub fn write(tables: &Tables, name: &str, out: &Path) -> Result<PathBuf> {
    write_content(&compose(tables, tables, name)?, name, out)
}

/// As [`write()`], with the answers of a discussion; `evidence` is what they cite.
///
/// # Errors
/// As [`write()`].
pub fn write_discussion(
    answers: &Answers,
    tables: &Tables,
    evidence: &Evidence,
    out: &Path,
) -> Result<PathBuf> {
    write_content(&compose_discussion(answers, tables, evidence)?, &answers.name, out)
}

/// As [`write()`], of a sweep, finished or not: its own sections come before those of its runs.
///
/// # Errors
/// As [`write()`].
pub fn write_sweep(sweep: &SweepTables, name: &str, out: &Path) -> Result<PathBuf> {
    write_content(&sweep::compose(sweep, name)?, name, out)
}

fn write_content(content: &Content, name: &str, out: &Path) -> Result<PathBuf> {
    let folder = out.join(file_name(name));
    fs::create_folder(&folder)?;
    write_pictures(content, &folder)?;
    fs::write_atomic(&folder.join("report.md"), markdown(content).as_bytes())?;
    let path = folder.join("index.html");
    fs::write_atomic(&path, page(content).as_bytes())?;
    Ok(path)
}

fn write_pictures(content: &Content, folder: &Path) -> Result<()> {
    let figures = folder.join("figures");
    fs::remove_folder(&figures)?;
    fs::remove_folder(&folder.join("overlays"))?;
    let drawn: Vec<&Figure> =
        content.sections.iter().flat_map(|section| drawn(&section.blocks)).collect();
    for picture in pictures(content) {
        let path = folder.join(&picture.path);
        if let Some(parent) = path.parent() {
            fs::create_folder(parent)?;
        }
        fs::write_atomic(&path, &picture.png)?;
    }
    if !drawn.is_empty() {
        fs::create_folder(&figures)?;
    }
    // Rendering takes longest of all that a report does.
    drawn.into_par_iter().try_for_each(|figure| write_figure(figure, &figures))
}

/// Writes a figure as SVG and as PNG.
pub(super) fn write_figure(figure: &Figure, folder: &Path) -> Result<()> {
    let path = folder.join(format!("{}.svg", figure.name));
    fs::write_atomic(&path, figure.svg.as_bytes())?;
    fs::write_atomic(&path.with_extension("png"), &png(&figure.svg)?)
}

/// The figures of some blocks, in order.
fn drawn(blocks: &[Block]) -> Vec<&Figure> {
    let mut found = Vec::new();
    for block in blocks {
        match block {
            Block::Figure(figure) => found.push(figure),
            Block::Folded { blocks, .. } => found.extend(drawn(blocks)),
            _ => {}
        }
    }
    found
}
