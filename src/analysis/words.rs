//! [`counted`]: a number with its noun.
//!
//! Knows nothing of what is counted.

/// `1 run`, `3 runs`.
pub fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}
