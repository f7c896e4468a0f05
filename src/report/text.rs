//! Volumes, names and markup as text: [`millilitres`], [`shorten`], [`escape_html`].
//!
//! Does not know about tables, pages or figures.

pub(super) use crate::base::text::{
    UNDEFINED, count, counted, duration, score, short_exponent, significant,
};
use std::fmt::Write;

/// A volume in mL.
pub(super) fn millilitres(volume_ml: f64) -> String {
    if volume_ml.is_finite() && volume_ml > 0.0 && volume_ml < 1e-3 {
        "< 0.001".into()
    } else {
        significant(volume_ml)
    }
}

/// At most `width` characters; what is too long loses its middle, since names differ at both ends.
pub(super) fn shorten(name: &str, width: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= width {
        return name.into();
    }
    let kept = width.saturating_sub(1);
    let (head, tail) = (kept.div_ceil(2), kept / 2);
    let start: String = letters[..head].iter().collect();
    let end: String = letters[letters.len() - tail..].iter().collect();
    format!("{start}…{end}")
}

/// A name that is safe as one part of a path: letters, digits, `.`, `_` and `-`.
pub(super) fn file_name(name: &str) -> String {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let name: String = name.chars().map(|letter| if safe(letter) { letter } else { '-' }).collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() { "report".into() } else { name.into() }
}

/// Text for the inside of an HTML element or attribute; control characters become visible.
pub(super) fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(letter),
            letter if letter.is_control() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Text for one line of GitHub Markdown, table cells included.
pub(super) fn escape_markdown(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let is_word = |letter: Option<&char>| letter.is_some_and(|letter| letter.is_alphanumeric());
    let mut escaped = String::with_capacity(text.len());
    for (letter_idx, &letter) in letters.iter().enumerate() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '[' | ']' | '|' | '~' | '$' => {
                let _ = write!(escaped, "\\{letter}");
            }
            // Inside a word an underscore is plain, and names are full of them.
            '_' if letter_idx > 0
                && is_word(letters.get(letter_idx - 1))
                && is_word(letters.get(letter_idx + 1)) =>
            {
                escaped.push('_');
            }
            '_' => escaped.push_str("\\_"),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiny_volumes_are_not_zero() {
        assert_eq!([0.0002, 12.34].map(millilitres), ["< 0.001", "12.3"]);
    }

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(shorten("baseline", 8), "baseline");
        assert_eq!(shorten("abcdefghij", 7), "abc…hij");
        assert_eq!(shorten("ééééé", 3), "é…é");
    }

    #[test]
    fn paths_cannot_be_left_through_a_name() {
        assert_eq!(file_name("../../etc/passwd"), "-..-etc-passwd");
        assert_eq!(file_name(".."), "report");
        assert_eq!(file_name("dice-foreground_2.1"), "dice-foreground_2.1");
    }

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            escape_html("<b a=\"1\">&'\u{7}"),
            "&lt;b a=&quot;1&quot;&gt;&amp;&#39;\u{fffd}"
        );
        assert_eq!(
            escape_markdown("a|b\n<i> *x* STS_014 _y"),
            "a\\|b &lt;i&gt; \\*x\\* STS_014 \\_y"
        );
    }
}
