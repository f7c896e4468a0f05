//! Numbers and names as text: [`score`], [`millilitres`], [`duration`], [`escape_html`].
//!
//! Knows nothing of tables, pages or figures.

pub(super) use crate::analysis::counted;
use std::fmt::Write;

/// What stands where a value is undefined or unknown.
pub(super) const UNDEFINED: &str = "-";

/// A share such as Dice with three decimals, or a dash.
pub(super) fn score(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map_or(UNDEFINED.into(), |value| format!("{value:.3}"))
}

/// Three significant digits, without an exponent from 0.001 to 999 999.
pub(super) fn significant(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        UNDEFINED.into()
    } else if size == 0.0 {
        "0".into()
    } else if !(1e-3..1e6).contains(&size) {
        short_exponent(value)
    } else if size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else if size >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

/// At most two decimals and an exponent: `1e-3`, `4.05e-8`.
pub(super) fn short_exponent(value: f64) -> String {
    let text = format!("{value:.2e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
        }
        None => text,
    }
}

/// A volume in mL.
pub(super) fn millilitres(volume_ml: f64) -> String {
    if volume_ml.is_finite() && volume_ml > 0.0 && volume_ml < 1e-3 {
        "< 0.001".into()
    } else {
        significant(volume_ml)
    }
}

/// A whole number in groups of three digits.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (digit_idx, digit) in digits.chars().enumerate() {
        if digit_idx > 0 && (digits.len() - digit_idx).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time span in the two units that matter.
pub(super) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return UNDEFINED.into();
    }
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be finite and not negative above"
    )]
    let whole = seconds.round() as u64;
    let (hours, minutes) = (whole / 3600, whole % 3600 / 60);
    if hours > 0 {
        format!("{hours} h {minutes:02} min")
    } else {
        format!("{minutes} min {:02} s", whole % 60)
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
    fn undefined_is_a_dash_and_zero_is_a_number() {
        assert_eq!(score(None), "-");
        assert_eq!(score(Some(f64::NAN)), "-");
        assert_eq!(score(Some(0.0)), "0.000");
        assert_eq!(score(Some(0.6125)), "0.613");
    }

    #[test]
    fn numbers_keep_three_digits() {
        let shown = [0.0, 4e-8, 4.05e-8, 0.034, 1.234, 12.34, 1234.4, 2e7].map(significant);
        assert_eq!(shown, ["0", "4e-8", "4.05e-8", "0.034", "1.23", "12.3", "1234", "2e7"]);
        assert_eq!(millilitres(0.0002), "< 0.001");
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn durations_name_two_units() {
        let shown = [0.04, 59.94, 60.0, 200.4, 3661.0, 90_000.0].map(duration);
        assert_eq!(
            shown,
            ["0.0 s", "59.9 s", "1 min 00 s", "3 min 20 s", "1 h 01 min", "25 h 00 min"]
        );
        assert_eq!(duration(f64::NAN), "-");
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
