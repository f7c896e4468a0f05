//! [`mend`]: a TOML text with its syntax errors taken out, so that the rest can be read and checked.
//!
//! The parser of the library gives up at some errors. Here the broken statement is put right where
//! it is clear what was meant (`seed: 1`, `False`), and blanked out otherwise; then the text is
//! parsed again. Its length never changes, so places in it are places in the original.
//!
//! Does not know which keys there are.

use super::{
    advice::{advice, without_comment},
    statements::{Statement, header_name, is_header, leading_key, statements},
};
use std::{collections::BTreeSet, ops::Range};
use toml::de::{DeTable, Error};

/// Most statements that are mended; a file with more is not a spec.
const MOST_MENDED: usize = 100;

/// A text without syntax errors, and what was changed for that.
#[derive(Debug)]
pub(super) struct Mended {
    /// The text that parses, as long as the original.
    pub(super) text: String,
    /// Every syntax error.
    pub(super) errors: Vec<SyntaxError>,
    /// Keys whose values could not be read.
    pub(super) unread: Vec<UnreadKey>,
    /// Tables that stand under a name that was made up, and the one that was meant.
    pub(super) renamed: Vec<(String, Option<Vec<String>>)>,
    /// Whether every key that the user wrote is in the text, in `unread`, or in a renamed table.
    pub(super) is_whole: bool,
}

/// Something that is not TOML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// A key without a value that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnreadKey {
    pub(super) path: Vec<String>,
    pub(super) span: Range<usize>,
}

/// Takes the syntax errors out of a text.
pub(super) fn mend(text: &str) -> Mended {
    let mut mended = Mended {
        text: text.to_owned(),
        errors: Vec::new(),
        unread: Vec::new(),
        renamed: Vec::new(),
        is_whole: true,
    };
    let mut told = BTreeSet::new();
    for _ in 0..3 * MOST_MENDED {
        if told.len() == MOST_MENDED {
            break;
        }
        let errors = errors(&mended.text);
        let Some(statement) = broken(&mended.text, &errors) else { break };
        let is_new = told.insert(statement.span.start);
        if is_new {
            mended.tell(&statement, &errors);
        }
        if !(is_new && mended.put_right(&statement)) {
            mended.take_out(&statement, &errors);
        }
    }
    if let Some(first) = errors(&mended.text).first() {
        if told.len() < MOST_MENDED {
            mended.errors.push(SyntaxError {
                span: first.span().unwrap_or_default(),
                message: first.message().to_owned(),
                hint: None,
            });
        }
        mended.text = " ".repeat(text.len());
        mended.unread.clear();
        mended.renamed.clear();
        mended.is_whole = false;
    }
    mended.errors.sort_by_key(|error| error.span.start);
    mended
}

/// The errors of the parser, in the order of the text.
fn errors(text: &str) -> Vec<Error> {
    let (_, mut errors) = DeTable::parse_recoverable(text);
    errors.sort_by_key(start);
    errors
}

fn start(error: &Error) -> usize {
    error.span().unwrap_or_default().start
}

/// The statement that the first error comes from; `None` without an error.
fn broken(text: &str, errors: &[Error]) -> Option<Statement> {
    let at = start(errors.first()?);
    let before = |it: &Statement| it.span.start <= at && !it.of(text).trim().is_empty();
    let mut candidates: Vec<Statement> = statements(text);
    candidates.retain(before);
    // What a bracket swallows is no error by itself.
    let unclosed = candidates.iter().find(|it| it.unclosed.is_some());
    unclosed.or(candidates.last()).cloned()
}

impl Mended {
    /// Adds the errors of a statement: one a line, and of an open bracket the place of the bracket.
    fn tell(&mut self, statement: &Statement, errors: &[Error]) {
        let text = statement.of(&self.text);
        if let Some(at) = statement.unclosed {
            let (what, end) = match self.text.as_bytes()[at] {
                b'[' => ("list", "`]`"),
                b'{' => ("table", "`}`"),
                b'"' => ("text", "`\"\"\"`"),
                _ => ("text", "`'''`"),
            };
            self.errors.push(SyntaxError {
                span: at..at + 1,
                message: format!("this {what} has no end"),
                hint: Some(format!("close it with {end}")),
            });
            return;
        }
        let is_key = |c: char| text.trim_start().starts_with(c);
        let one = !text.contains('\n') || is_key('[');
        let mut lines = BTreeSet::new();
        for error in errors {
            let span = error.span().unwrap_or_default();
            if !(statement.span.start..=statement.span.end).contains(&span.start) {
                continue;
            }
            let line = self.text[..span.start.min(self.text.len())].matches('\n').count();
            if lines.insert(line) && (lines.len() == 1 || !one) {
                self.errors.push(SyntaxError {
                    message: error.message().to_owned(),
                    hint: advice(text, error.message()).filter(|_| lines.len() == 1),
                    span,
                });
            }
        }
        if lines.is_empty() {
            // The error lies behind the statement, where the parser noticed it.
            let message = errors.first().map(|it| it.message().to_owned()).unwrap_or_default();
            let indent = text.len() - text.trim_start().len();
            let span = statement.span.start + indent..statement.span.end;
            self.errors.push(SyntaxError { span, hint: advice(text, &message), message });
        }
    }

    /// Changes a statement to what was meant, where that is clear; whether it did.
    fn put_right(&mut self, statement: &Statement) -> bool {
        let text = statement.of(&self.text);
        let Some((_, end)) = leading_key(text).filter(|_| !is_header(text)) else { return false };
        let blanks = text[end..].len() - text[end..].trim_start_matches([' ', '\t']).len();
        let mark = end + blanks;
        if !text[mark..].starts_with([':', '=']) {
            return false;
        }
        let (key, rest) = (&text[..mark], &text[mark + 1..]);
        let value = without_comment(rest);
        let lower = value.to_ascii_lowercase();
        let is_flag = lower == "true" || lower == "false";
        if value.is_empty() || (text[mark..].starts_with('=') && !is_flag) {
            return false;
        }
        let rest = if is_flag { rest.replacen(value, &lower, 1) } else { rest.to_owned() };
        let right = format!("{key}={rest}");
        if right == text {
            return false;
        }
        self.text.replace_range(statement.span.clone(), &right);
        true
    }

    /// Blanks a statement out, and notes what it would have set.
    fn take_out(&mut self, statement: &Statement, errors: &[Error]) {
        let text = statement.of(&self.text).to_owned();
        let table = self.table_before(statement.span.start);
        if is_header(&text) {
            self.rename(statement, header_name(&text));
            return;
        }
        let is_twice =
            errors.first().is_some_and(|error| error.message().contains("duplicate key"));
        let mut end = statement.span.end;
        if without_comment(&text).ends_with(':') {
            end = self.indented_below(statement);
        }
        let mut keys = Vec::new();
        let mut offset = statement.span.start;
        for line in text.split_inclusive('\n') {
            let is_assigned = |end: usize| line[end..].trim_start().starts_with(['=', ':']);
            let is_first = offset == statement.span.start;
            if let Some((key, end)) = leading_key(line)
                && (is_first || (statement.unclosed.is_some() && is_assigned(end)))
            {
                let indent = line.len() - line.trim_start().len();
                keys.push((key, offset + indent..offset + end));
            }
            offset += line.len();
        }
        match table {
            // What was written first stays, and has a value.
            _ if is_twice => {}
            Some(table) if !keys.is_empty() => {
                self.unread.extend(
                    keys.into_iter()
                        .map(|(key, span)| UnreadKey { path: [&table[..], &key].concat(), span }),
                );
            }
            _ => self.is_whole = false,
        }
        // A text without an end may hold any number of keys.
        let opens_text =
            statement.unclosed.is_some_and(|at| matches!(self.text.as_bytes()[at], b'"' | b'\''));
        self.is_whole &= !opens_text;
        self.blank(statement.span.start..end);
    }

    /// Gives a table a name of its own in place of a header that cannot be used.
    fn rename(&mut self, statement: &Statement, meant: Option<Vec<String>>) {
        let name = format!("__{}", self.renamed.len());
        let header = format!("[{name}]");
        let length = statement.span.len();
        self.is_whole &= meant.is_some();
        if header.len() > length || self.text.contains(&header) {
            // The keys below would fall to the table before.
            let next = statements(&self.text)
                .into_iter()
                .find(|it| it.span.start > statement.span.start && is_header(it.of(&self.text)));
            self.is_whole = false;
            let end = next.map_or(self.text.len(), |it| it.span.start.saturating_sub(1));
            self.blank(statement.span.start..end);
            return;
        }
        let padded = header.clone() + &" ".repeat(length - header.len());
        self.text.replace_range(statement.span.clone(), &padded);
        self.renamed.push((name, meant));
    }

    /// The table in which a statement at `at` lies; `None` where it is not known.
    fn table_before(&self, at: usize) -> Option<Vec<String>> {
        let statements = statements(&self.text);
        let headers = statements.iter().filter(|it| is_header(it.of(&self.text)));
        let Some(header) = headers.take_while(|it| it.span.start < at).last() else {
            return Some(Vec::new());
        };
        let name = header_name(header.of(&self.text))?;
        match self.renamed.iter().find(|(made_up, _)| name == [made_up.as_str()]) {
            Some((_, meant)) => meant.clone(),
            None => Some(name),
        }
    }

    /// Where the lines end that are indented more than the statement: in YAML, its table.
    fn indented_below(&self, statement: &Statement) -> usize {
        let depth = |line: &str| line.len() - line.trim_start().len();
        let own = depth(statement.of(&self.text));
        let mut end = statement.span.end;
        let mut offset = end + 1;
        for line in self.text.get(offset..).unwrap_or_default().split('\n') {
            if !line.trim().is_empty() {
                if depth(line) <= own {
                    break;
                }
                end = offset + line.len();
            }
            offset += line.len() + 1;
        }
        end
    }

    fn blank(&mut self, span: Range<usize>) {
        let blank = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
        let blanks: String = self.text[span.clone()].bytes().map(blank).collect();
        self.text.replace_range(span, &blanks);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Seen {
        /// Line and message.
        errors: Vec<(usize, String)>,
        unread: Vec<String>,
        mended: Mended,
    }

    fn see(text: &str) -> Seen {
        let mended = mend(text);
        assert_eq!(mended.text.len(), text.len());
        assert_eq!(errors(&mended.text).len(), 0, "{}", mended.text);
        let line = |it: &SyntaxError| text[..it.span.start].matches('\n').count() + 1;
        let errors = mended.errors.iter().map(|it| (line(it), it.message.clone())).collect();
        let unread = mended.unread.iter().map(|it| it.path.join(".")).collect();
        Seen { errors, unread, mended }
    }

    fn lines(text: &str) -> Vec<usize> {
        see(text).errors.into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn what_is_clear_is_put_right_and_the_rest_is_blanked_out() {
        let seen = see("seed: 1\n[data]\nroot = x\nok = True # y\nn 3\n[train]\nepochs: 3\n");
        let expected = "seed= 1\n[data]\n        \nok = true # y\n   \n[train]\nepochs= 3\n";
        assert_eq!(seen.mended.text, expected);
        assert_eq!(seen.unread, ["data.root", "data.n"]);
        assert!(seen.mended.is_whole);
        assert_eq!(lines("seed: 1\n[data]\nroot = x\nok = True\nn 3\n"), [1, 3, 4, 5]);
    }

    #[test]
    fn every_statement_is_told_once() {
        assert_eq!(lines("a = \nb = 1\nc = 'x\nd = 2\n"), [1, 3]);
        assert_eq!(lines("a: x\nb: [x, y]\n"), [1, 2]);
        assert_eq!(lines("a = [\n 1,\n x,\n 2,\n y,\n]\nb = z"), [3, 5, 7]);
        assert_eq!(lines("a = 1\nb = 2"), [0; 0]);
    }

    #[test]
    fn an_open_bracket_is_told_at_the_bracket_and_swallows_no_other_key() {
        let seen = see("a = [1\nb = 1\n[c]\nd = 1\n");
        assert_eq!(seen.errors, [(1, "this list has no end".into())]);
        assert_eq!(seen.unread, ["a"]);
        assert_eq!(seen.mended.text, "      \nb = 1\n[c]\nd = 1\n");
        let seen = see("a = 1\nb = { c = 1,\nd = 2\n[e]\nf = 1\n");
        assert_eq!(seen.errors, [(2, "this table has no end".into())]);
        assert_eq!((seen.unread, seen.mended.is_whole), (vec!["b".into(), "d".into()], true));
        let seen = see("a = \"\"\"x\nb = 1\n");
        assert_eq!(seen.errors, [(1, "this text has no end".into())]);
        assert!(!seen.mended.is_whole);
    }

    #[test]
    fn a_header_that_is_broken_or_twice_keeps_its_keys_together() {
        let seen = see("[train\nepochs = 3\n[data]\nx = 1\n[data]\ny = 2\n");
        assert_eq!(seen.errors.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 5]);
        let meant = |name: &str| Some(vec![name.to_owned()]);
        let expected = [("__0".into(), meant("train")), ("__1".into(), meant("data"))];
        assert_eq!(seen.mended.renamed, expected);
        assert!(seen.mended.is_whole);
        let seen = see("[a\nb = 1\n[c]\nd = 1\n");
        assert_eq!(seen.mended.text, "  \n     \n[c]\nd = 1\n");
        assert!(!seen.mended.is_whole);
    }

    #[test]
    fn a_table_of_yaml_is_one_error() {
        let text = "seed: 1\ndata:\n  root: x\n\n  classes: [a, b]\ntrain:\n  epochs: 3\n";
        let seen = see(text);
        assert_eq!(seen.errors.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 6]);
        assert_eq!(seen.unread, ["data", "train"]);
        assert_eq!(seen.mended.text.trim_end(), "seed= 1");
    }

    #[test]
    fn a_comment_behind_a_key_of_yaml_is_no_value() {
        let seen = see("data: # here\n  label-map:\n    5: 1\nseed = 1\n");
        assert_eq!(seen.errors.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1]);
        assert_eq!(seen.unread, ["data"]);
        assert_eq!(seen.mended.text.trim(), "seed = 1");
    }

    #[test]
    fn of_two_values_of_a_key_the_first_stays() {
        let seen = see("a = 1\na = 2\na: 3\n");
        assert_eq!(seen.mended.text, "a = 1\n     \n    \n");
        assert_eq!((seen.errors.len(), seen.unread.len(), seen.mended.is_whole), (2, 0, true));
    }

    #[test]
    fn no_text_is_too_broken() {
        let many = "a: b: c\n".repeat(3 * MOST_MENDED);
        for text in ["\0\0", "=", "]", "[", "[[a", "\u{7f}", "\"", "'''", "a = {{{", "é: ü", &many]
        {
            let mended = mend(text);
            assert_eq!(errors(&mended.text).len(), 0, "{text}");
            assert!(!mended.errors.is_empty() && mended.errors.len() <= MOST_MENDED, "{text}");
        }
    }
}
