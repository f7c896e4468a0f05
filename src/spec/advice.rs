//! [`advice`]: what to write in place of a line that is not TOML but nearly so: the habits of YAML
//! and Python, decimal commas, curly quotes, paths of Windows.
//!
//! Does not know which keys there are.

use super::statements::{header_name, is_header, leading_key};
use toml::de::DeTable;

/// Curly quotes, as word processors make them.
const CURLY: [char; 7] = ['“', '”', '„', '‟', '‘', '’', '‚'];

/// What to write in place of a statement that the parser refused with `message`.
pub(super) fn advice(statement: &str, message: &str) -> Option<String> {
    let line = statement.lines().next().unwrap_or_default();
    let is_twice = message.contains("duplicate key");
    if is_header(line) {
        let name = header_name(line)?.join(".");
        return Some(if is_twice {
            format!("a table is written once: move these keys to the first `[{name}]`")
        } else {
            format!("a table begins with its name in brackets on a line of its own: `[{name}]`")
        });
    }
    if is_twice {
        return Some("keep one of them".into());
    }
    if statement.contains('\0') {
        return Some("the file holds NUL bytes: it was not written whole, or is not a text".into());
    }
    let (parts, end) = leading_key(line)?;
    let (key, rest) = (parts.join("."), line[end..].trim());
    let value = match rest.chars().next() {
        Some(':') => without_comment(&rest[1..]),
        Some('=') => return value_advice(&key, without_comment(&rest[1..]), message),
        Some(_) => without_comment(rest),
        None => return Some(format!("write `{key} = ` and a value, or leave the line out")),
    };
    Some(match in_toml(value) {
        _ if value.is_empty() => format!(
            "TOML does not nest by indentation: write `[{key}]`, and below it each key as `key = value`"
        ),
        Some(value) => format!("write `{key} = {value}`"),
        None if is_nothing(value) => leave_out(&key),
        None => format!("write `{key} = ` and the value, text in quotes"),
    })
}

fn value_advice(key: &str, value: &str, message: &str) -> Option<String> {
    if value.is_empty() {
        return Some(format!("write a value after `{key} =`, or leave the line out"));
    }
    if is_nothing(value) {
        return Some(leave_out(key));
    }
    if value.contains(CURLY) {
        let straight = value.replace(['“', '”', '„', '‟'], "\"").replace(['‘', '’', '‚'], "'");
        return Some(format!("use straight quotes: `{key} = {straight}`"));
    }
    if value.starts_with('"') && value.contains('\\') && !value.contains('\'') {
        let raw = value.trim_matches('"');
        return Some(format!(
            "a backslash in double quotes begins a special character; single quotes take the text \
             as it is: `{key} = '{raw}'`"
        ));
    }
    if ["unclosed", "missing closing", "invalid basic string", "invalid literal string"]
        .iter()
        .any(|word| message.contains(word))
    {
        return None;
    }
    in_toml(value).filter(|toml| toml != value).map(|toml| format!("write `{key} = {toml}`"))
}

fn leave_out(key: &str) -> String {
    format!("TOML has no value for nothing: leave `{key}` out, and its default holds")
}

fn is_nothing(value: &str) -> bool {
    ["none", "null", "nil", "~"].contains(&value.to_ascii_lowercase().as_str())
}

/// The value as TOML would have it, where that can be told.
fn in_toml(value: &str) -> Option<String> {
    if value.is_empty() || is_nothing(value) {
        return None;
    }
    let lower = value.to_ascii_lowercase();
    let (sign, number) = match value.strip_prefix(['-', '+']) {
        Some(number) => (&value[..1], number),
        None => ("", value),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let candidate = if lower == "true" || lower == "false" {
        lower
    } else if let Some((whole, part)) = number.split_once(',')
        && digits(whole)
        && digits(part)
    {
        format!("{sign}{whole}.{part}")
    } else if let Some(part) = number.strip_prefix('.').filter(|part| digits(part)) {
        format!("{sign}0.{part}")
    } else if let Some(whole) = number.strip_suffix('.').filter(|whole| digits(whole)) {
        format!("{sign}{whole}.0")
    } else if parses(value) {
        value.to_owned()
    } else if value.contains(['"', '\'', '\\', '[', ']', '{', '}', '=']) {
        return None;
    } else {
        format!("\"{value}\"")
    };
    parses(&candidate).then_some(candidate)
}

fn parses(value: &str) -> bool {
    DeTable::parse(&format!("x = {value}")).is_ok()
}

/// A value without the comment after it.
fn without_comment(value: &str) -> &str {
    let value = value.trim();
    match value.split_once(" #") {
        _ if value.starts_with('#') => "",
        Some((before, _)) if !value.starts_with(['"', '\'']) => before.trim_end(),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn habits_of_other_languages_are_answered_with_toml() {
        for (line, expected) in [
            ("seed: 1", "write `seed = 1`"),
            ("root: data # here", "write `root = \"data\"`"),
            ("seed 1", "write `seed = 1`"),
            ("a.b: False", "write `a.b = false`"),
            ("deep-supervision = False", "write `deep-supervision = false`"),
            (
                "seed = None",
                "TOML has no value for nothing: leave `seed` out, and its default holds",
            ),
            ("valid = .25", "write `valid = 0.25`"),
            ("valid = -0,25", "write `valid = -0.25`"),
            ("valid = 1.", "write `valid = 1.0`"),
            ("norm = batch", "write `norm = \"batch\"`"),
            ("root = “data”", "use straight quotes: `root = \"data\"`"),
            ("seed =", "write a value after `seed =`, or leave the line out"),
            ("seed", "write `seed = ` and a value, or leave the line out"),
            (
                "root = \"C:\\Users\"",
                "a backslash in double quotes begins a special character; single quotes take the \
                 text as it is: `root = 'C:\\Users'`",
            ),
            ("classes: [a, b]", "write `classes = ` and the value, text in quotes"),
            (
                "data:",
                "TOML does not nest by indentation: write `[data]`, and below it each key as \
                 `key = value`",
            ),
            ("[train", "a table begins with its name in brackets on a line of its own: `[train]`"),
        ] {
            assert_eq!(advice(line, "x").as_deref(), Some(expected), "{line}");
        }
        assert_eq!(advice("= 1", "x"), None);
        assert_eq!(advice("a = [1, b]", "x"), None);
        let twice = "a table is written once: move these keys to the first `[train]`";
        assert_eq!(advice("[train]", "duplicate key").as_deref(), Some(twice));
        assert_eq!(advice("a = 1", "duplicate key").as_deref(), Some("keep one of them"));
    }
}
