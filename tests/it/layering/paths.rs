//! [`Source`]: what a Rust file names, read from its tokens.
//!
//! A `use` of any nesting and a path in an expression are read by the same few lines. Comments,
//! documentation and strings name nothing. Does not know about rooms.

use std::fmt;

/// A path of at least two segments, or a `use` of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    /// As written, without a group: `use crate::{a, b::C}` is `crate::a` and `crate::b::C`.
    pub(crate) segments: Vec<String>,
    /// The name that it has here: the last segment, or the word after `as`.
    pub(crate) name: String,
    /// From 1.
    pub(crate) line: usize,
    /// Inline modules around it, outermost first.
    pub(crate) inside: Vec<String>,
    /// Whether it is compiled for tests only.
    pub(crate) is_test: bool,
    pub(crate) kind: Kind,
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.segments.join("::");
        let is_renamed = !self.segments.ends_with(std::slice::from_ref(&self.name));
        if is_renamed { write!(f, "{path} as {}", self.name) } else { write!(f, "{path}") }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// In an expression, a type or a visibility.
    Code,
    Use,
    /// `pub use`, whatever its visibility.
    PubUse,
}

/// Items that give a name, by their keyword.
const ITEMS: [&str; 10] =
    ["fn", "struct", "enum", "trait", "type", "const", "static", "union", "mod", "macro_rules"];

/// A token: a word, `::`, or one other character.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    text: String,
    line: usize,
}

/// A Rust file as its paths and items.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) paths: Vec<Path>,
    /// Names of the items of the file itself, tests left out.
    pub(crate) items: Vec<String>,
}

impl Source {
    pub(crate) fn read(text: &str) -> Self {
        let tokens = tokens(text);
        let mut reader = Reader { tokens: &tokens, at: 0, paths: Vec::new(), items: Vec::new() };
        reader.module(&[], false);
        Self { paths: reader.paths, items: reader.items }
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_word(text: &str) -> bool {
    text.starts_with(is_of_word)
}

/// The tokens of a text without comments, strings, characters and lifetimes.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let at = |idx: usize| chars.get(idx).copied().unwrap_or('\0');
    let (mut tokens, mut idx, mut line) = (Vec::new(), 0, 1);
    while idx < chars.len() {
        let begin = idx;
        let begin_line = line;
        let mut word = None;
        match (at(idx), at(idx + 1)) {
            ('/', '/') => {
                while idx < chars.len() && at(idx) != '\n' {
                    idx += 1;
                }
            }
            ('/', '*') => idx = after_comment(&chars, idx),
            ('"', _) => idx = after_string(&chars, idx),
            ('\'', '\\') => {
                idx += 3;
                while idx < chars.len() && at(idx) != '\'' {
                    idx += 1;
                }
                idx += 1;
            }
            ('\'', _) if at(idx + 2) == '\'' => idx += 3,
            // A lifetime.
            ('\'', _) => {
                idx += 1;
                while is_of_word(at(idx)) {
                    idx += 1;
                }
            }
            (':', ':') => {
                idx += 2;
                word = Some("::".to_owned());
            }
            (c, _) if is_of_word(c) => {
                while is_of_word(at(idx)) {
                    idx += 1;
                }
                let text: String = chars[begin..idx].iter().collect();
                let is_raw = text.ends_with('r') && text.len() < 3;
                match at(idx) {
                    '"' if is_raw => idx = after_raw_string(&chars, idx),
                    '#' if is_raw && matches!(at(idx + 1), '#' | '"') => {
                        idx = after_raw_string(&chars, idx);
                    }
                    // `r#type` is the word `type`.
                    '#' if text == "r" => idx += 1,
                    _ => word = Some(text),
                }
            }
            (c, _) => {
                idx += 1;
                word = (!c.is_whitespace()).then(|| c.to_string());
            }
        }
        line += chars[begin..idx.min(chars.len())].iter().filter(|&&c| c == '\n').count();
        tokens.extend(word.map(|text| Token { text, line: begin_line }));
    }
    tokens
}

fn after_comment(chars: &[char], begin: usize) -> usize {
    let (mut idx, mut depth) = (begin, 0);
    while let Some(pair) = chars.get(idx..idx + 2) {
        match pair {
            ['/', '*'] => depth += 1,
            ['*', '/'] => depth -= 1,
            _ => {
                idx += 1;
                continue;
            }
        }
        idx += 2;
        if depth == 0 {
            return idx;
        }
    }
    chars.len()
}

fn after_string(chars: &[char], begin: usize) -> usize {
    let mut idx = begin + 1;
    while idx < chars.len() && chars[idx] != '"' {
        idx += if chars[idx] == '\\' { 2 } else { 1 };
    }
    idx + 1
}

/// `begin` is at the first `#` or the quote.
fn after_raw_string(chars: &[char], begin: usize) -> usize {
    let n_hashes = chars[begin..].iter().take_while(|&&c| c == '#').count();
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', n_hashes)).collect();
    let text = begin + n_hashes + 1;
    let length = chars[text..].windows(end.len()).position(|window| window == end);
    length.map_or(chars.len(), |length| text + length + end.len())
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    paths: Vec<Path>,
    items: Vec<String>,
}

impl Reader<'_> {
    fn text(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", |token| &token.text)
    }

    fn follows(&self, texts: &[&str]) -> bool {
        texts.iter().enumerate().all(|(ahead, text)| self.text(ahead) == *text)
    }

    /// Reads up to the brace that ends a module, or to the end of the file.
    fn module(&mut self, inside: &[String], is_test_module: bool) {
        let (mut depth, mut test_depth, mut is_public) = (0, None, false);
        while self.at < self.tokens.len() {
            let is_test = is_test_module || test_depth.is_some();
            match self.text(0) {
                "#" if self.follows(&["#", "[", "cfg", "(", "test", ")", "]"]) => {
                    test_depth = test_depth.or(Some(depth));
                    self.at += 7;
                }
                "mod" if self.text(2) == "{" => {
                    let inner = [inside, &[self.text(1).to_owned()]].concat();
                    self.at += 3;
                    self.module(&inner, is_test);
                    test_depth = test_depth.filter(|&begun| begun < depth);
                }
                // Not the `use<'a>` of a bound.
                "use" if self.text(1) != "<" => {
                    self.at += 1;
                    let kind = if is_public { Kind::PubUse } else { Kind::Use };
                    self.tree(&[], kind, inside, is_test);
                }
                "}" if depth == 0 => {
                    self.at += 1;
                    return;
                }
                "pub" => {
                    is_public = true;
                    // `pub(in crate::a)` says who may name, and names nobody.
                    let ends = |token: &&Token| token.text == ")";
                    self.at += match self.text(1) {
                        "(" => self.tokens[self.at..].iter().take_while(|it| !ends(it)).count() + 1,
                        _ => 1,
                    };
                }
                word if is_word(word) && !self.is_after_separator() => {
                    is_public &= !ITEMS.contains(&word);
                    if depth == 0 && inside.is_empty() && !is_test {
                        self.item();
                    }
                    self.tree(&[], Kind::Code, inside, is_test);
                }
                other => {
                    match other {
                        "{" | "(" | "[" => depth += 1,
                        "}" | ")" | "]" => depth -= 1,
                        _ => {}
                    }
                    if matches!(other, "}" | ";") {
                        is_public = false;
                        test_depth = test_depth.filter(|&begun| begun < depth);
                    }
                    self.at += 1;
                }
            }
        }
    }

    fn is_after_separator(&self) -> bool {
        self.at > 0 && self.tokens[self.at - 1].text == "::"
    }

    /// Notes the item whose keyword comes next.
    fn item(&mut self) {
        let name = self.text(usize::from(self.text(1) == "!") + 1);
        if ITEMS.contains(&self.text(0)) && is_word(name) {
            self.items.push(name.to_owned());
        }
    }

    /// Reads a path, with its groups where it is a `use`.
    fn tree(&mut self, prefix: &[String], kind: Kind, inside: &[String], is_test: bool) {
        let is_use = kind != Kind::Code;
        let line = self.tokens.get(self.at).map_or(0, |token| token.line);
        let mut segments = prefix.to_vec();
        self.at += usize::from(self.text(0) == "::");
        loop {
            match self.text(0) {
                "{" if is_use => {
                    self.at += 1;
                    while !matches!(self.text(0), "}" | "") {
                        self.tree(&segments, kind, inside, is_test);
                        self.at += usize::from(self.text(0) != "}");
                    }
                    self.at += 1;
                    return;
                }
                word if is_word(word) || is_use && word == "*" => segments.push(word.to_owned()),
                _ => break,
            }
            self.at += 1;
            if self.text(0) != "::" || !is_use && !is_word(self.text(1)) {
                break;
            }
            self.at += 1;
        }
        let mut name = segments.last().cloned().unwrap_or_default();
        if segments.len() > 1 && name == "self" {
            segments.pop();
            name.clone_from(&segments[segments.len() - 1]);
        }
        if is_use && self.text(0) == "as" {
            self.text(1).clone_into(&mut name);
            self.at += 2;
        }
        if segments.len() > 1 || is_use {
            let inside = inside.to_vec();
            self.paths.push(Path { segments, name, line, inside, is_test, kind });
        }
    }
}

#[test]
fn groups_of_any_nesting_are_taken_apart() {
    let text = "use crate::{a::X, b::{self, c::{Y as Z, d::*}}, e};\npub(crate) use super::{f, g};";
    let found = Source::read(text).paths;
    let shown: Vec<String> = found.iter().map(|it| format!("{it}")).collect();
    let expected = [
        "crate::a::X",
        "crate::b",
        "crate::b::c::Y as Z",
        "crate::b::c::d::*",
        "crate::e",
        "super::f",
        "super::g",
    ];
    assert_eq!(shown, expected);
    assert_eq!(found[4].line, 1);
    assert_eq!((found[5].line, found[5].kind), (2, Kind::PubUse));
}

#[test]
fn paths_in_code_are_found_and_those_in_texts_are_not() {
    let text = r##"
        //! [`crate::docs`] /* " */
        /* crate::comment /* nested */ crate::comment */
        fn f<'a>(x: &'a crate::a::X) -> Vec<crate::b::Y> {
            let quote = '"'; let escaped = ('\'', '\u{41}');
            let text = ("crate::text \" crate::text", r#"crate::raw " crate::raw"#, br"crate::c");
            println!("{}", crate::c::d::<super::Z>(crate::e::F { x }).iter::<u8>());
            <X as crate::g::H>::call(r#type::x)
        }
    "##;
    let found: Vec<String> = Source::read(text).paths.iter().map(|it| format!("{it}")).collect();
    let expected =
        ["crate::a::X", "crate::b::Y", "crate::c::d", "super::Z", "crate::e::F", "crate::g::H"];
    assert_eq!(found[..6], expected);
    assert_eq!(found[6..], ["type::x"]);
}

#[test]
fn tests_and_inline_modules_are_told_apart() {
    let text = "
        impl A { #[cfg(test)] fn b(x: [u8; 3]) { c::d(); } fn e() { f::g(); } }
        #[cfg(test)] mod tests { use super::*; mod deep { h::i(); } }
        pub struct B { pub c: j::K }
        use l::m;
        #[cfg(test)] use n::o;
        const P: q::R = s::T;";
    let source = Source::read(text);
    let tests = |is_test: bool| -> Vec<String> {
        source.paths.iter().filter(|it| it.is_test == is_test).map(ToString::to_string).collect()
    };
    assert_eq!(tests(true), ["c::d", "super::*", "h::i", "n::o"]);
    assert_eq!(tests(false), ["f::g", "j::K", "l::m", "q::R", "s::T"]);
    assert!(source.paths.iter().all(|it| it.kind != Kind::PubUse));
    let deep = source.paths.iter().find(|it| it.segments[0] == "h").unwrap();
    assert_eq!(deep.inside, ["tests", "deep"]);
    assert_eq!(source.items, ["B", "P"]);
}
