//! How data looks on stdout: [`aligned`] columns, JSON, numbers with `-` for what is undefined.
//!
//! Knows nothing of what the data means.

use crate::{
    analysis::Mean,
    base::{Error, Fault, Result},
};
use serde::Serialize;
use std::io::{ErrorKind, Write};

/// What is undefined.
pub(crate) const UNDEFINED: &str = "-";

/// Prints a text. A reader that has gone away, as `head` does, is no error.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn print(out: &mut dyn Write, text: &str) -> Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::run(Fault::new("cannot print the answer").caused_by(&error)))
        }
        _ => Ok(()),
    }
}

/// Prints a value as JSON, with a newline.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn json(out: &mut dyn Write, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Fault::new("cannot put the answer into JSON").caused_by(&error))?;
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

/// Three decimals.
pub(crate) fn decimal(value: Option<f64>) -> String {
    value.map_or_else(|| UNDEFINED.to_owned(), |value| format!("{value:.3}"))
}

/// A mean with its count, `0.712 (6)`.
pub(crate) fn mean(mean: Mean) -> String {
    format!("{} ({})", decimal(mean.mean), mean.n)
}

/// A duration as `1h02m`, `3m07s` or `4.2s`.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.1}s");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "no run lasts longer than a u64 of seconds, or less than none"
    )]
    let whole = seconds.round() as u64;
    match whole / 3600 {
        0 => format!("{}m{:02}s", whole / 60, whole % 60),
        hours => format!("{hours}h{:02}m", whole % 3600 / 60),
    }
}

/// A duration in the unit that gives it three digits before the point at most.
pub(crate) fn duration_of(seconds: f64) -> String {
    match seconds {
        ..1e-3 => format!("{:.1} us", seconds * 1e6),
        ..1.0 => format!("{:.2} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
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
    fn durations_keep_two_units() {
        assert_eq!([4.16, 187.2, 3725.0].map(duration), ["4.2s", "3m07s", "1h02m"]);
    }

    #[test]
    fn columns_fit_their_widest_cell() {
        let rows = [["RUN", "DICE"], ["long-name", "-"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(aligned(&rows), "RUN        DICE\nlong-name  -\n");
    }
}
