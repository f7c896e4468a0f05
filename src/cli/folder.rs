//! [`folder`]: paths of the command line, with the `~` and the variables that no shell expands in
//! `--runs=~/x`.
//!
//! Does not know what the path is for.

use crate::base::user_path;
use clap::builder::{OsStringValueParser, TypedValueParser};
use std::{ffi::OsString, path::PathBuf};

/// Reads a path as users write it.
pub(crate) fn folder() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(expanded)
}

fn expanded(path: OsString) -> Result<PathBuf, String> {
    // A path that is not UTF-8 came from a shell that has expanded it.
    let Some(text) = path.to_str() else { return Ok(path.into()) };
    let words = |fault: crate::base::Fault| {
        let hint = fault.hints.first().map(|hint| format!("; {hint}"));
        fault.message + &hint.unwrap_or_default()
    };
    user_path::expand(text)
        .map(PathBuf::from)
        .map_err(|error| error.faults.into_iter().next().map(words).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_folder_is_expanded_and_what_cannot_be_is_told() {
        let home = std::env::var("HOME").unwrap();
        let runs = PathBuf::from(home.trim_end_matches('/')).join("runs");
        assert_eq!(expanded("~/runs".into()), Ok(runs));
        assert_eq!(expanded("a b".into()), Ok("a b".into()));
        assert_eq!(
            expanded("$SEGLAB_NO_SUCH_FOLDER/x".into()),
            Err("the variable `SEGLAB_NO_SUCH_FOLDER` is not set; set it with \
                 `export SEGLAB_NO_SUCH_FOLDER=...`, or write the path in full"
                .to_owned())
        );
    }
}
