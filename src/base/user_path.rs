//! [`expand`]: a path as users write it, with `~` and variables of the environment in it.
//!
//! A shell expands them only in words that it sees: not in a file, and not in `--runs=~/x`.
//!
//! Does not know what the path is for.

use super::{Fault, Result};
use std::env;

/// Puts the home folder for a `~` at the start, and the values of `$NAME` and `${NAME}` in their
/// places. A `$` before anything else stays. What has no such part comes back as it is.
///
/// # Errors
/// When a variable is not set, or for `~name`, the home folder of somebody else.
pub fn expand(path: &str) -> Result<String> {
    expand_with(path, &|name| env::var(name).ok())
}

fn expand_with(path: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String> {
    let value = |name: &str| -> Result<String> {
        variable(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            Fault::new(format!("the variable `{name}` is not set"))
                .detail(format!("found     {path}"))
                .hint(format!("set it with `export {name}=...`, or write the path in full"))
                .into()
        })
    };
    let mut expanded = String::new();
    let mut rest = path;
    if let Some(below) = path.strip_prefix('~') {
        if !below.is_empty() && !below.starts_with('/') {
            let user = path.split('/').next().unwrap_or_default();
            return Err(Fault::new(format!("the home folder `{user}` is not known here"))
                .detail(format!("found     {path}"))
                .hint(format!("write the path in full; a folder of that name is `./{user}`"))
                .into());
        }
        expanded.push_str(value("HOME")?.trim_end_matches('/'));
        rest = below;
    }
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let (name, end) = variable_name(after);
        if name.is_empty() {
            expanded.push('$');
        } else {
            expanded.push_str(&value(name)?);
        }
        rest = &after[end..];
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// The name of a variable after its `$`, and where it ends; empty when there is none.
fn variable_name(after: &str) -> (&str, usize) {
    let plain = |text: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return 0;
        }
        text.find(|c| !is_part(c)).unwrap_or(text.len())
    };
    match after.strip_prefix('{') {
        Some(inner) if plain(inner) > 0 && inner[plain(inner)..].starts_with('}') => {
            (&inner[..plain(inner)], plain(inner) + 2)
        }
        Some(_) => ("", 0),
        None => (&after[..plain(after)], plain(after)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(path: &str) -> Result<String> {
        expand_with(path, &|name| match name {
            "HOME" => Some("/home/me/".into()),
            "DATA" => Some("/data".into()),
            "EMPTY" => Some(String::new()),
            _ => None,
        })
    }

    #[test]
    fn home_and_variables_are_put_in_their_places() {
        for (path, expected) in [
            ("~", "/home/me"),
            ("~/a", "/home/me/a"),
            ("$DATA/ct", "/data/ct"),
            ("${DATA}2/$DATA", "/data2//data"),
            ("a/~/b", "a/~/b"),
            ("./~", "./~"),
            ("a$", "a$"),
            ("a$ b/$1/${x/${}", "a$ b/$1/${x/${}"),
            ("plain/ü", "plain/ü"),
            ("", ""),
        ] {
            assert_eq!(expanded(path).unwrap(), expected, "{path}");
        }
    }

    #[test]
    fn what_cannot_be_expanded_is_refused_with_what_to_do() {
        for name in ["NONE", "EMPTY"] {
            let expected = format!(
                "error: the variable `{name}` is not set\n  found     ${name}/ct\n\
                 hint: set it with `export {name}=...`, or write the path in full"
            );
            assert_eq!(expanded(&format!("${name}/ct")).unwrap_err().to_string(), expected);
        }
        let expected = "error: the home folder `~you` is not known here\n  found     ~you/ct\n\
                        hint: write the path in full; a folder of that name is `./~you`";
        assert_eq!(expanded("~you/ct").unwrap_err().to_string(), expected);
    }
}
