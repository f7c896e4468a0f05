//! [`advice`]: what to write in place of a line that is not TOML but nearly so: the habits of YAML
//! and Python, decimal commas, curly quotes, paths of Windows.
//!
//! Does not know which keys there are.

use super::{
    source::Origin,
    statements::{header_name, is_header, leading_key},
    tree,
};
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
    let item = line.trim();
    if item == "-" || item.starts_with("- ") {
        return Some("TOML writes a list in brackets, in one statement: `key = [a, b]`".into());
    }
    let (parts, end) = leading_key(line)?;
    let (key, rest) = (parts.join("."), line[end..].trim());
    let value = match rest.chars().next() {
        Some(':') => without_comment(&rest[1..]),
        Some('=') => return value_advice(&key, without_comment(&rest[1..]), message),
        Some(_) => {
            // A sentence is no key with its value.
            let value = without_comment(rest);
            Some(value).filter(|value| !value.contains(' ') || parses(value))?
        }
        None => return Some(format!("write `{key} = ` and a value, or leave the line out")),
    };
    Some(match in_toml(value) {
        _ if value.is_empty() => nested(&key, line.starts_with([' ', '\t'])),
        Some(value) => format!("write `{key} = {value}`"),
        None if is_nothing(value) => leave_out(&key),
        None if is_yes_or_no(value) => {
            format!("write `{key} = ` and the value: TOML writes yes and no as `true` and `false`")
        }
        None => format!("write `{key} = ` and the value, text in quotes and a list in brackets"),
    })
}

/// What stands in TOML for a key of YAML with nothing behind its colon. Of one that is indented, the
/// table around it is not known here.
fn nested(key: &str, is_indented: bool) -> String {
    let table = if is_indented {
        format!("a table begins with its whole name in brackets, as in `[outer.{key}]`")
    } else {
        format!("a table begins with `[{key}]`")
    };
    format!("TOML does not nest by indentation: {table}, and a list is written `{key} = [a, b]`")
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
        return parses(&straight).then(|| format!("use straight quotes: `{key} = {straight}`"));
    }
    if let Some(raw) = text_with_backslashes(value) {
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

/// The text between double quotes, where it holds backslashes, can stand in single quotes, and nothing
/// but a comment follows.
fn text_with_backslashes(value: &str) -> Option<&str> {
    let (raw, after) = value.strip_prefix('"')?.split_once('"')?;
    let is_all = without_comment(after).is_empty();
    (is_all && raw.contains('\\') && !raw.contains('\'')).then_some(raw)
}

fn leave_out(key: &str) -> String {
    format!("TOML has no value for nothing: leave `{key}` out, and its default holds")
}

fn is_nothing(value: &str) -> bool {
    ["none", "null", "nil", "~"].contains(&value.to_ascii_lowercase().as_str())
}

/// Words of YAML that are flags, or a text.
fn is_yes_or_no(value: &str) -> bool {
    ["yes", "no", "on", "off"].contains(&value.to_ascii_lowercase().as_str())
}

/// The value as TOML would have it, where that can be told for certain: a wrong hint costs more than
/// none.
fn in_toml(value: &str) -> Option<String> {
    if let Some(before) = value.strip_suffix(';') {
        return in_toml(before.trim_end());
    }
    if value.is_empty() || is_nothing(value) || is_yes_or_no(value) {
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
    } else if let Some(part) = number.strip_prefix('.').filter(|part| digits(part)) {
        format!("{sign}0.{part}")
    } else if let Some(whole) = number.strip_suffix('.').filter(|whole| digits(whole)) {
        format!("{sign}{whole}.0")
    } else if parses(value) {
        value.to_owned()
    } else if let Some((whole, part)) = number.split_once(',')
        && whole == "0"
        && digits(part)
        && part.len() > 1
    {
        // `4,8` may be two numbers, and `0,1` too.
        format!("{sign}0.{part}")
    } else if number.contains(',') {
        list_of_numbers(value)?
    } else if digits(number) && number.starts_with('0') && number.len() > 1 {
        let number = number.trim_start_matches('0');
        format!("{sign}{}", if number.is_empty() { "0" } else { number })
    } else if is_plain_text(value) {
        format!("\"{value}\"")
    } else {
        return None;
    };
    parses(&candidate).then_some(candidate)
}

/// Numbers between commas as a list; `None` where the commas may group or divide digits.
fn list_of_numbers(value: &str) -> Option<String> {
    let parts: Vec<&str> = value.split(',').collect();
    let is_number = |part: &&str| {
        let first = part.trim().trim_start_matches(['-', '+']).chars().next();
        first.is_some_and(|first| first.is_ascii_digit()) && parses(part.trim())
    };
    let has_blanks = parts[1..].iter().all(|part| part.starts_with(' '));
    let has_points = parts.iter().any(|part| part.contains('.'));
    let are_groups = parts[1..].iter().all(|part| part.len() == 3);
    let is_list = match parts.len() {
        2 => (has_blanks && parts[0] != "0") || has_points,
        _ => has_blanks || has_points || !are_groups,
    };
    let parts: Vec<&str> = parts.iter().map(|part| part.trim()).collect();
    (is_list && parts.iter().all(is_number)).then(|| format!("[{}]", parts.join(", ")))
}

/// Whether a value without quotes can only be meant as a text.
fn is_plain_text(value: &str) -> bool {
    let is_start = |c: char| c.is_alphabetic() || ['/', '~', '$'].contains(&c);
    value.starts_with(is_start)
        && !value.contains(['"', '\'', '\\', '[', ']', '{', '}', '=', ',', ';', '#'])
}

fn parses(value: &str) -> bool {
    // The parser takes `1_0;` for a number.
    let has_values =
        |table: &DeTable<'_>| tree::unread(&tree::table_of(table, &|_| Origin::Default)).is_empty();
    DeTable::parse(&format!("x = {value}")).is_ok_and(|table| has_values(table.get_ref()))
}

/// A value without the comment after it.
pub(super) fn without_comment(value: &str) -> &str {
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
            (
                "classes: [a, b]",
                "write `classes = ` and the value, text in quotes and a list in brackets",
            ),
            (
                "data: # here",
                "TOML does not nest by indentation: a table begins with `[data]`, and a list is \
                 written `data = [a, b]`",
            ),
            (
                "  label-map:",
                "TOML does not nest by indentation: a table begins with its whole name in \
                 brackets, as in `[outer.label-map]`, and a list is written `label-map = [a, b]`",
            ),
            ("- x", "TOML writes a list in brackets, in one statement: `key = [a, b]`"),
            ("root: ~/ct", "write `root = \"~/ct\"`"),
            ("question: What is it?", "write `question = \"What is it?\"`"),
            (
                "residual: yes",
                "write `residual = ` and the value: TOML writes yes and no as `true` and `false`",
            ),
            (
                "root = \"C:\\Users\\me\" # my data",
                "a backslash in double quotes begins a special character; single quotes take the \
                 text as it is: `root = 'C:\\Users\\me'`",
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

    #[test]
    fn numbers_and_lists_of_them_are_answered() {
        for (line, expected) in [
            ("widths = 32, 64", "write `widths = [32, 64]`"),
            ("widths: 4,8,16 # three", "write `widths = [4, 8, 16]`"),
            ("widths: [8, 16]", "write `widths = [8, 16]`"),
            ("name: \"a, b\"", "write `name = \"a, b\"`"),
            ("mm = 0.5,1", "write `mm = [0.5, 1]`"),
            ("epochs = 10;", "write `epochs = 10`"),
            ("epochs = 1_0;", "write `epochs = 1_0`"),
            ("residual = False;", "write `residual = false`"),
            ("seed = 01", "write `seed = 1`"),
            ("seed = 00", "write `seed = 0`"),
            (
                "widths: 4,8",
                "write `widths = ` and the value, text in quotes and a list in brackets",
            ),
        ] {
            assert_eq!(advice(line, "x").as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn what_may_be_several_things_is_not_guessed() {
        for unclear in [
            "widths = 4,8",
            "lr = 0,1",
            "n = 1,000,000",
            "n = 0, 25",
            "epochs = 10 epochs",
            "epochs = yes",
            "epochs = 1_0x",
            "This is no spec",
            "my key = 3",
            "classes = background, tumour",
            "root = 2024/ct",
            "root = \"C:\\Users\" x",
            "root = \"C:\\it's\"",
            "root = “a” or “b”",
        ] {
            assert_eq!(advice(unclear, "x"), None, "{unclear}");
        }
    }
}
