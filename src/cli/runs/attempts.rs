//! `seglab runs show --attempts`: who worked on a run, and what each attempt logged.
//!
//! Does not know about files.

use super::Output;
use crate::{
    analysis::{self, AttemptRow, LoggedLine},
    base::Result,
    cli::print::{UNDEFINED, aligned, json, print},
    record::id_of,
};
use serde::Serialize;
use std::{io::Write, path::Path};

/// What `--json` prints: the values of masked lines too.
#[derive(Serialize)]
struct AttemptsJson<'a> {
    run: String,
    attempts: &'a [AttemptRow],
    lines: &'a [LoggedLine],
}

pub(super) fn run(dir: &Path, form: Output, out: &mut dyn Write) -> Result<()> {
    let (attempts, lines) = analysis::attempts(dir)?;
    match form {
        Output::Json => {
            json(out, &AttemptsJson { run: id_of(dir), attempts: &attempts, lines: &lines })
        }
        Output::Text => print(out, &text(&attempts)),
    }
}

fn text(attempts: &[AttemptRow]) -> String {
    if attempts.is_empty() {
        return "no process has claimed the run\n".to_owned();
    }
    let header = [
        "attempt",
        "started",
        "process",
        "from step",
        "to step",
        "steps (masked)",
        "epochs (masked)",
        "end",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(attempts.iter().map(row));
    aligned(&rows)
}

fn row(attempt: &AttemptRow) -> Vec<String> {
    let unknown = || UNDEFINED.to_owned();
    let started = attempt.started.map(|time| time.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    let process = match (&attempt.host, attempt.pid) {
        (Some(host), Some(pid)) => Some(format!("{host}/{pid}")),
        _ => None,
    };
    vec![
        attempt.attempt.to_string(),
        started.unwrap_or_else(unknown),
        process.unwrap_or_else(unknown),
        attempt.from[1].to_string(),
        attempt.last_step.to_string(),
        format!("{} ({})", attempt.steps, attempt.masked_steps),
        format!("{} ({})", attempt.epochs, attempt.masked_epochs),
        attempt.ended.clone(),
    ]
}
