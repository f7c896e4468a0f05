//! `seglab runs rm`: moves runs to the trash.
//!
//! Does not know about files.

use super::Output;
use crate::{
    base::Result,
    cli::print::{json, print},
    record,
};
use serde::Serialize;
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// A run that was moved.
#[derive(Serialize)]
struct Row {
    run: String,
    from: String,
    to: String,
}

pub(super) fn run(runs: &Path, dirs: &[PathBuf], form: Output, out: &mut dyn Write) -> Result<()> {
    let mut rows = Vec::new();
    for dir in dirs {
        let place = record::discard(runs, dir)?;
        let row = Row {
            run: record::id_of(dir),
            from: dir.display().to_string(),
            to: place.display().to_string(),
        };
        if form == Output::Text {
            // At once: if the next one is refused, this one was still moved.
            let back = format!("  to get it back: mv -nT {} {}\n", row.to, row.from);
            print(out, &format!("{} is in the trash\n{back}", row.run))?;
        }
        rows.push(row);
    }
    match form {
        Output::Json => json(out, &rows),
        Output::Text => print(out, "`seglab gc --trash` empties the trash\n"),
    }
}
