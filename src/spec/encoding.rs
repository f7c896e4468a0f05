//! [`decode`]: the bytes of a spec file as text, also of one that is not UTF-8.
//!
//! A file in another encoding is a fault, but its keys are read all the same, so that whatever else
//! is wrong is told with it.
//!
//! Does not know what the text means.

use crate::base::{Fault, Place};
use std::path::Path;

/// What some editors write in front of UTF-8.
pub(super) const UTF_8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The text of a file, and what is wrong with its encoding. A mark at its start that says it is
/// UTF-8 is left out.
pub(super) fn decode(path: &Path, bytes: Vec<u8>) -> (String, Option<Fault>) {
    let name = path.display();
    if let Some((order, text)) = utf_16(&bytes) {
        let fault = Fault::new(format!("`{name}` is not UTF-8: it looks like UTF-16 ({order})"))
            .hint(format!(
                "save it as UTF-8, or convert it: `iconv -f UTF-16{} -t UTF-8 OLD > NEW`",
                order_of(&bytes, order)
            ));
        return (text, Some(fault.at(Place::file(path))));
    }
    // The mark is no letter of any encoding of one byte a letter.
    let bytes = match bytes.strip_prefix(UTF_8_MARK) {
        Some(unmarked) => unmarked.to_vec(),
        None => bytes,
    };
    let (text, fault) = match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let start = error.utf8_error().valid_up_to();
            let (text, fault) = one_byte_a_letter(path, error.as_bytes(), start);
            (text, Some(fault))
        }
    };
    let text = with_one_nul_at_its_end(text);
    if text.contains('\r') && !text.contains('\n') {
        let fault = Fault::new(format!("the lines of `{name}` end as on old Macs (CR)")).hint(
            "save it with line ends of Unix (LF), or convert it: `tr '\\r' '\\n' < OLD > NEW`",
        );
        return (text.replace('\r', "\n"), Some(fault.at(Place::file(path))));
    }
    (text, fault)
}

/// A text whose end a crash left as NUL bytes, often thousands: one of them tells it, and does not
/// fill the screen.
fn with_one_nul_at_its_end(mut text: String) -> String {
    let length = text.trim_end_matches('\0').len();
    if length + 1 < text.len() {
        text.truncate(length + 1);
    }
    text
}

/// A file in Latin-1 or one of its kin, with the place of the first byte that shows it.
fn one_byte_a_letter(path: &Path, bytes: &[u8], start: usize) -> (String, Fault) {
    let is_windows = bytes.iter().any(|byte| (0x80..0xa0).contains(byte));
    let encoding = if is_windows { "WINDOWS-1252" } else { "LATIN1" };
    let shown = if is_windows { "Windows-1252" } else { "Latin-1 (ISO 8859-1)" };
    let text: String = bytes.iter().copied().map(char::from).collect();
    // In the text, each letter beyond ASCII takes two bytes.
    let start = bytes[..start].iter().map(|byte| char::from(*byte).len_utf8()).sum();
    let name = path.display().to_string();
    let fault = Fault::new(format!("`{name}` is not UTF-8: it looks like {shown}"))
        .at(Place::in_text(&name, &text, &(start..start + 2)))
        .hint(format!("save it as UTF-8, or convert it: `iconv -f {encoding} -t UTF-8 OLD > NEW`"));
    (text, fault)
}

/// The text of a file in UTF-16, and its byte order in words.
fn utf_16(bytes: &[u8]) -> Option<(&'static str, String)> {
    let zeros = |parity: usize| bytes.iter().skip(parity).step_by(2).filter(|it| **it == 0).count();
    // Most letters of a spec are ASCII, and have one zero byte in UTF-16. Zeros in both places are no
    // letters: a crash leaves them at the end of a file that was not written whole.
    let is_mostly = |parity: usize| {
        let n_zeros = zeros(parity);
        n_zeros > bytes.len() / 4 && 16 * zeros(1 - parity) < n_zeros
    };
    let is_little = match bytes {
        [0xff, 0xfe, ..] => true,
        [0xfe, 0xff, ..] => false,
        _ if is_mostly(1) => true,
        _ if is_mostly(0) => false,
        _ => return None,
    };
    let pair = |pair: &[u8]| {
        let pair = [pair[0], pair[1]];
        if is_little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
    };
    let units: Vec<u16> = bytes.chunks_exact(2).map(pair).collect();
    let text = String::from_utf16_lossy(&units);
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Some((if is_little { "little-endian" } else { "big-endian" }, text))
}

/// What `iconv` must be told of the byte order: nothing where the file says it.
fn order_of(bytes: &[u8], order: &str) -> &'static str {
    match (bytes, order) {
        ([0xff, 0xfe, ..] | [0xfe, 0xff, ..], _) => "",
        (_, "little-endian") => "LE",
        _ => "BE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (String, String) {
        let (text, fault) = decode(Path::new("a.toml"), bytes.to_vec());
        (text, fault.map(|fault| fault.to_string()).unwrap_or_default())
    }

    #[test]
    fn utf_8_is_taken_with_or_without_its_mark() {
        assert_eq!(read("a = 'ü'\r\n".as_bytes()), ("a = 'ü'\r\n".into(), String::new()));
        assert_eq!(read(b"\xef\xbb\xbfa = 1"), ("a = 1".into(), String::new()));
        assert_eq!(read(b""), (String::new(), String::new()));
    }

    #[test]
    fn zeros_at_the_end_of_a_file_are_not_utf_16() {
        for n_zeros in [1, 2, 7, 8, 4096] {
            let bytes = [b"a = 1\n".as_slice(), &vec![0; n_zeros]].concat();
            assert_eq!(read(&bytes), ("a = 1\n\0".into(), String::new()), "{n_zeros}");
        }
        assert_eq!(read(b"\0\0\0\0"), ("\0".into(), String::new()));
    }

    #[test]
    fn utf_16_is_told_and_read() {
        let units = |text: &str| -> Vec<u16> { text.encode_utf16().collect() };
        let little = |text: &str| units(text).iter().flat_map(|it| it.to_le_bytes()).collect();
        let big = |text: &str| units(text).iter().flat_map(|it| it.to_be_bytes()).collect();
        let told = |order: &str, end: &str| {
            format!(
                "error: `a.toml` is not UTF-8: it looks like UTF-16 ({order})\n  --> a.toml\n\
                 hint: save it as UTF-8, or convert it: `iconv -f UTF-16{end} -t UTF-8 OLD > NEW`"
            )
        };
        let text = "a = 'ü'\n";
        let cases: [(Vec<u8>, &str, &str); 4] = [
            (little(&format!("\u{feff}{text}")), "little-endian", ""),
            (big(&format!("\u{feff}{text}")), "big-endian", ""),
            (little(text), "little-endian", "LE"),
            (big(text), "big-endian", "BE"),
        ];
        for (bytes, order, end) in cases {
            assert_eq!(read(&bytes), (text.to_owned(), told(order, end)));
        }
    }

    #[test]
    fn latin_1_is_told_at_its_first_letter_and_read() {
        let (text, told) = read(b"a = 1\nb = '\xfc\xdf'\n");
        assert_eq!(text, "a = 1\nb = 'üß'\n");
        let expected = "error: `a.toml` is not UTF-8: it looks like Latin-1 (ISO 8859-1)
  --> a.toml:2:6
  |
2 | b = 'üß'
  |      ^
hint: save it as UTF-8, or convert it: `iconv -f LATIN1 -t UTF-8 OLD > NEW`";
        assert_eq!(told, expected);
        assert_eq!(read(b"\xef\xbb\xbfa = 1\nb = '\xfc\xdf'\n"), (text, told));
        assert!(read(b"a = '\x93x\x94'").1.contains("it looks like Windows-1252"));
    }

    #[test]
    fn line_ends_of_old_macs_are_told() {
        let (text, told) = read(b"a = 1\rb = 2\r");
        assert_eq!(text, "a = 1\nb = 2\n");
        assert!(told.starts_with("error: the lines of `a.toml` end as on old Macs (CR)"), "{told}");
    }
}
