//! Numbers as text: [`duration`], [`bytes()`], [`count`], [`counted`], [`score`], [`significant`].
//!
//! The one place that writes units and digits, so that the same number looks the same in messages,
//! on the terminal and in reports.
//!
//! Does not know about tables, pages or figures.

/// Shown where a value is undefined or unknown.
pub const UNDEFINED: &str = "-";

/// A share such as Dice with three decimals, or a dash.
pub fn score(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map_or(UNDEFINED.into(), |value| format!("{value:.3}"))
}

/// Three significant digits, without an exponent from 0.001 to 999 999.
pub fn significant(value: f64) -> String {
    let size = value.abs();
    // Each limit lies where rounding would show a digit more.
    if !value.is_finite() {
        UNDEFINED.into()
    } else if size == 0.0 {
        "0".into()
    } else if !(1e-3..1e6).contains(&size) {
        short_exponent(value)
    } else if size >= 99.95 {
        format!("{value:.0}")
    } else if size >= 9.995 {
        format!("{value:.1}")
    } else if size >= 0.999_5 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

/// At most two decimals and an exponent: `1e-3`, `4.05e-8`.
pub fn short_exponent(value: f64) -> String {
    let text = format!("{value:.2e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
        }
        None => text,
    }
}

/// A whole number in groups of three digits: `1,234,567`.
pub fn count(number: u64) -> String {
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

/// A number with its noun: `1 run`, `3 runs`.
pub fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// A time span: three digits below a minute (`40.5 ms`, `4.16 s`), two units above (`3 min 20 s`,
/// `1 h 01 min`).
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return UNDEFINED.into();
    }
    // Each limit lies where rounding would show a whole unit of the next line.
    if seconds == 0.0 {
        return "0 s".into();
    } else if seconds < 0.999_5e-3 {
        return significant(seconds * 1e6) + " us";
    } else if seconds < 0.999_5 {
        return significant(seconds * 1e3) + " ms";
    } else if seconds < 59.95 {
        return significant(seconds) + " s";
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

/// A number of bytes, such as `3.2 MB`.
pub fn bytes(n_bytes: u64) -> String {
    let mut size = n_bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        // Below, rounding would show a thousand of the unit.
        if size < 999.95 {
            let n_decimals = usize::from(unit != "B");
            return format!("{size:.n_decimals$} {unit}");
        }
        size /= 1000.0;
    }
    format!("{size:.1} TB")
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
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([1, 2].map(|n| counted(n, "run")), ["1 run", "2 runs"]);
    }

    #[test]
    fn durations_have_three_digits_or_two_units() {
        for (seconds, expected) in [
            (0.0, "0 s"),
            (4e-6, "4.00 us"),
            (0.000_999_7, "1.00 ms"),
            (0.04, "40.0 ms"),
            (0.999_7, "1.00 s"),
            (4.16, "4.16 s"),
            (59.94, "59.9 s"),
            (59.96, "1 min 00 s"),
            (200.4, "3 min 20 s"),
            (3661.0, "1 h 01 min"),
            (90_000.0, "25 h 00 min"),
            (f64::NAN, "-"),
        ] {
            assert_eq!(duration(seconds), expected);
        }
    }

    #[test]
    fn bytes_keep_one_decimal() {
        let numbers = [0, 999, 1000, 12_345, 999_960, 20_000_000_000, 3_000_000_000_000];
        let expected = ["0 B", "999 B", "1.0 kB", "12.3 kB", "1.0 MB", "20.0 GB", "3.0 TB"];
        assert_eq!(numbers.map(bytes), expected);
    }
}
