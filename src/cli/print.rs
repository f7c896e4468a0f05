//! How data looks on stdout: [`aligned`] columns, JSON, short names.
//!
//! Does not know what the data means.

pub(crate) use crate::base::text::{UNDEFINED, duration, score};
use crate::{
    analysis::Mean,
    base::{Error, Fault, Result},
};
use serde::Serialize;
use std::io::{self, ErrorKind, Write};

/// Prints a text. A reader that has gone away, as `head` does, is no error.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn print(out: &mut dyn Write, text: &str) -> Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::run(Fault::new("cannot print the result").caused_by(&error)))
        }
        _ => Ok(()),
    }
}

/// Says what a user should know beside what is printed, on stderr: stdout may be JSON or CSV.
pub(crate) fn warn(warnings: &[String]) {
    for warning in warnings {
        // Without a stderr there is no place for an error either.
        let _ = writeln!(io::stderr(), "warning: {warning}");
    }
}

/// Prints a value as JSON, with a newline.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn json(out: &mut dyn Write, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Fault::new("cannot write the result as JSON").caused_by(&error))?;
    print(out, &(text + "\n"))
}

/// Rows as columns as wide as their widest cell, two spaces apart.
pub(crate) fn aligned(rows: &[Vec<String>]) -> String {
    let n_columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column_idx: usize| {
        rows.iter().filter_map(|row| row.get(column_idx)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..n_columns).map(|idx| width(idx).unwrap_or_default()).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// A mean with its count, `0.712 (6)`.
pub(crate) fn mean(mean: Mean) -> String {
    format!("{} ({})", score(mean.mean), mean.n)
}

/// The first characters of a commit, and whether the working tree differed from it.
pub(crate) fn commit(commit: Option<&str>, dirty: bool) -> String {
    let Some(commit) = commit else { return UNDEFINED.to_owned() };
    let short: String = commit.chars().take(8).collect();
    if dirty { short + "-dirty" } else { short }
}

/// A fingerprint as short as it still tells two apart.
pub(crate) fn short(fingerprint: &str) -> String {
    fingerprint.chars().take(12).collect()
}

/// A value of a setting without the quotes of TOML text.
pub(crate) fn setting(value: Option<&String>) -> String {
    value.map_or_else(|| UNDEFINED.to_owned(), |value| value.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_their_widest_cell() {
        let rows = [["RUN", "DICE"], ["long-name", "-"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(aligned(&rows), "RUN        DICE\nlong-name  -\n");
    }
}
