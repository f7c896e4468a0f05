//! [`statements`]: where the statements of a TOML text begin and end, also of one with errors.
//!
//! The parser of the library stops at some errors. With the bounds of the statements the broken one
//! can be taken out and the rest be read.
//!
//! Does not know which keys there are or what is wrong.

use std::ops::Range;

/// A header, a key with its value, or a line without either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// Its bytes, without the line end.
    pub(super) span: Range<usize>,
    /// Where a bracket or a string begins that nothing closes.
    pub(super) unclosed: Option<usize>,
}

impl Statement {
    /// Its text.
    pub(super) fn of<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.span.clone()).unwrap_or_default()
    }
}

/// Every statement of a text, in order; together they hold every line.
pub(super) fn statements(text: &str) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let statement = statement(text, start);
        start = statement.span.end + 1;
        statements.push(statement);
    }
    statements
}

/// Whether a line is a header, whole or not.
pub(super) fn is_header(line: &str) -> bool {
    line.trim_start().starts_with('[')
}

/// The dotted name in a header, whole or not; `None` for a list of tables.
pub(super) fn header_name(line: &str) -> Option<Vec<String>> {
    let name = line.trim_start().strip_prefix('[')?;
    if name.starts_with('[') { None } else { leading_key(name).map(|(name, _)| name) }
}

/// The dotted key at the start of a text, and where it ends.
pub(super) fn leading_key(text: &str) -> Option<(Vec<String>, usize)> {
    let skip = |at: usize| at + text[at..].len() - text[at..].trim_start_matches([' ', '\t']).len();
    let (mut parts, mut at) = (Vec::new(), skip(0));
    loop {
        let rest = &text[at..];
        if let quote @ ('"' | '\'') = rest.chars().next()? {
            let (part, _) = rest[1..].split_once(quote).filter(|(part, _)| !part.contains('\n'))?;
            parts.push(part.to_owned());
            at += part.len() + 2;
        } else {
            let length = rest.find(|c| !is_bare(c)).unwrap_or(rest.len());
            if length == 0 {
                return None;
            }
            parts.push(rest[..length].to_owned());
            at += length;
        }
        let next = skip(at);
        if !text[next..].starts_with('.') {
            return Some((parts, at));
        }
        at = skip(next + 1);
    }
}

fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// The statement that begins at `start`, the first byte of a line.
fn statement(text: &str, start: usize) -> Statement {
    let bytes = text.as_bytes();
    let line_end = |from: usize| text[from..].find('\n').map_or(text.len(), |length| from + length);
    if is_header(&text[start..line_end(start)]) {
        return Statement { span: start..line_end(start), unclosed: None };
    }
    let mut open: Vec<usize> = Vec::new();
    // The last byte that means something.
    let mut last = b' ';
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => match open.last() {
                None => break,
                Some(bracket)
                    if begins_anew(&text[at + 1..line_end(at + 1)], bytes[*bracket], last) =>
                {
                    return Statement { span: start..at, unclosed: Some(*bracket) };
                }
                Some(_) => at += 1,
            },
            b'#' => at = line_end(at),
            quote @ (b'"' | b'\'') => {
                let Some(end) = string_end(text, at, quote) else {
                    return Statement { span: start..bytes.len(), unclosed: Some(at) };
                };
                (last, at) = (quote, end);
            }
            byte => {
                match byte {
                    b'[' | b'{' => open.push(at),
                    b']' | b'}' => drop(open.pop()),
                    _ => {}
                }
                if !byte.is_ascii_whitespace() {
                    last = byte;
                }
                at += 1;
            }
        }
    }
    Statement { span: start..at, unclosed: open.last().copied() }
}

/// The byte after a string that begins at `start`, or the end of its line where it does not end
/// there; `None` for one of several lines without an end.
fn string_end(text: &str, start: usize, quote: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let marks = [quote; 3];
    let is_long = bytes[start..].starts_with(&marks);
    let mut at = start + if is_long { 3 } else { 1 };
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += if bytes.get(at + 1) == Some(&b'\n') { 1 } else { 2 },
            b'\n' if !is_long => return Some(at),
            _ if is_long && bytes[at..].starts_with(&marks) => {
                // Up to two more quotes belong to the text.
                let n_quotes = bytes[at..].iter().take(5).take_while(|it| **it == quote).count();
                return Some(at + n_quotes);
            }
            byte if !is_long && *byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
    if is_long { None } else { Some(bytes.len()) }
}

/// Whether a line within an open bracket can only be the next statement.
fn begins_anew(line: &str, bracket: u8, last: u8) -> bool {
    let line = line.trim();
    if let Some(name) = line.strip_prefix('[') {
        let name = name.strip_prefix('[').unwrap_or(name);
        return leading_key(name).is_some_and(|(parts, end)| {
            let is_value = ["true", "false", "nan", "inf"].contains(&parts[0].as_str());
            let after = name[end..].trim_start().trim_start_matches(']').trim_start();
            let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic());
            is_word
                && !is_value
                && name[end..].trim_start().starts_with(']')
                && (after.is_empty() || after.starts_with('#'))
        });
    }
    let is_assignment =
        leading_key(line).is_some_and(|(_, end)| line[end..].trim_start().starts_with('='));
    is_assignment && (bracket == b'[' || !matches!(last, b',' | b'{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statements, with `!` before one that is not closed.
    fn split(text: &str) -> Vec<String> {
        let shown = |it: &Statement| {
            format!("{}{}", if it.unclosed.is_some() { "!" } else { "" }, it.of(text))
        };
        statements(text).iter().map(shown).collect()
    }

    #[test]
    fn a_statement_ends_with_its_line_or_its_last_bracket() {
        let text = "# one [\na = 1 # {\n\nb = [\n  \"]\", # ]\n  { c = '}' },\n]\n[t.u]\nd = \"\"\"\n\
                    [x]\n\\\"\"\"\"\"\ne = '''\n\\'''\nf = {\n  g = 1,\n  h = 2 }\n";
        let expected = [
            "# one [",
            "a = 1 # {",
            "",
            "b = [\n  \"]\", # ]\n  { c = '}' },\n]",
            "[t.u]",
            "d = \"\"\"\n[x]\n\\\"\"\"\"\"",
            "e = '''\n\\'''",
            "f = {\n  g = 1,\n  h = 2 }",
        ];
        assert_eq!(split(text), expected);
        assert_eq!(split("a = 1\r\nb = 2"), ["a = 1\r", "b = 2"]);
    }

    #[test]
    fn what_is_left_open_ends_before_the_next_statement() {
        assert_eq!(split("a = [1,\n2\nb = 1\n"), ["!a = [1,\n2", "b = 1"]);
        assert_eq!(split("a = [[1]\n[true],\n[t]\nb = 1"), ["!a = [[1]\n[true],", "[t]", "b = 1"]);
        assert_eq!(split("a = { b = 1\nc = 2\n"), ["!a = { b = 1", "c = 2"]);
        assert_eq!(split("a = [1\n[[t]] # t\n"), ["!a = [1", "[[t]] # t"]);
        assert_eq!(split("a = \"\"\"x\n[b]\n"), ["!a = \"\"\"x\n[b]\n"]);
        assert_eq!(split("a = 'x\nb = \"y\\\nc = 1"), ["a = 'x", "b = \"y\\", "c = 1"]);
        assert_eq!(statements("a = [1, {\n")[0].unclosed, Some(8));
    }

    #[test]
    fn keys_and_headers_are_read_without_their_values() {
        let key = |text| leading_key(text).map(|(parts, end)| (parts.join("|"), end));
        assert_eq!(key("  a-b . \"c d\".'e' = 1"), Some(("a-b|c d|e".into(), 17)));
        assert_eq!(key("seed: 1"), Some(("seed".into(), 4)));
        assert_eq!(key("= 1"), None);
        assert_eq!(key("a. = 1"), None);
        assert_eq!(key("\"a\n\" = 1"), None);
        assert_eq!(header_name(" [ a.b"), Some(vec!["a".into(), "b".into()]));
        assert_eq!(header_name("[[a]]"), None);
    }
}
