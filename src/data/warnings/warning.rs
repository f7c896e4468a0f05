//! [`Warning`]: a remark about some cases, or about a data set as a whole.
//!
//! Does not know what is remarkable.

use serde::Serialize;
use std::fmt;

/// Names that a message gives before it only counts.
const MOST_NAMES: usize = 5;

/// Something unusual that does not stop the use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Names of all cases it is about; empty when it is about the data set as a whole.
    pub cases: Vec<String>,
    /// What is so, and what to do.
    pub text: String,
}

impl Warning {
    /// About the data set as a whole.
    pub fn of_set(text: impl Into<String>) -> Self {
        Self { cases: Vec::new(), text: text.into() }
    }

    /// About one case, which the text names itself.
    pub fn of_case(case: &str, text: impl Into<String>) -> Self {
        Self { cases: vec![case.to_owned()], text: text.into() }
    }

    /// `what` is so in these cases, whose names follow it; then what to do.
    pub(in crate::data) fn of_cases(what: &str, cases: &[&str], action: &str) -> Self {
        let text = format!("{what}: {}; {action}", named(cases));
        Self { cases: cases.iter().map(ToString::to_string).collect(), text }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq<&str> for Warning {
    fn eq(&self, text: &&str) -> bool {
        self.text == *text
    }
}

/// A few names, and how many more there are.
pub(in crate::data) fn named(names: &[&str]) -> String {
    // One more name is as short as its count.
    let n_shown = if names.len() == MOST_NAMES + 1 { names.len() } else { MOST_NAMES };
    let shown: Vec<String> = names.iter().take(n_shown).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(n_shown) {
        0 => shown.join(", "),
        n_more => format!("{} and {n_more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_names_are_told_and_the_rest_counted() {
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        assert_eq!(named(&names[..1]), "`a`");
        assert_eq!(named(&names[..6]), "`a`, `b`, `c`, `d`, `e`, `f`");
        assert_eq!(named(&names), "`a`, `b`, `c`, `d`, `e` and 2 more");
        let warning = Warning::of_cases("no air", &names, "look at them");
        assert_eq!(warning, "no air: `a`, `b`, `c`, `d`, `e` and 2 more; look at them");
        assert_eq!(warning.cases.len(), 7);
    }
}
