//! [`Quantity`]: what is compared, its unit and over which cases; numbers with a sign.
//!
//! Does not know about figures.

use crate::report::text::significant;

/// What a figure compares.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct Quantity {
    /// Its name: `Dice`, `HD95`.
    pub name: String,
    pub unit: Option<String>,
    /// Over what: `the test cases`.
    pub of: String,
}

impl Quantity {
    /// Name and unit: `HD95, mm`.
    pub(super) fn with_unit(&self) -> String {
        match &self.unit {
            Some(unit) => format!("{}, {unit}", self.name),
            None => self.name.clone(),
        }
    }

    /// A difference with its sign: shares with three decimals, others with three digits.
    pub(super) fn difference(&self, value: f64) -> String {
        let text = if self.unit.is_none() {
            format!("{:.3}", value.abs())
        } else {
            significant(value.abs())
        };
        // What rounds to nothing has no sign.
        let is_nothing = !text.contains(|letter: char| ('1'..='9').contains(&letter));
        match (is_nothing, value < 0.0) {
            (true, _) => text,
            (false, true) => format!("-{text}"),
            (false, false) => format!("+{text}"),
        }
    }
}

/// `n 12`, or `n 12 × 3` of several seeds.
pub(super) fn n_by_seeds(n_cases: usize, n_seeds: usize) -> String {
    if n_seeds > 1 { format!("n {n_cases} × {n_seeds}") } else { format!("n {n_cases}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_have_a_sign() {
        let dice = Quantity { name: "Dice".into(), ..Quantity::default() };
        let shown = [0.0123, -0.0123, -0.0001, 0.0].map(|value| dice.difference(value));
        assert_eq!(shown, ["+0.012", "-0.012", "0.000", "0.000"]);
        let distance = Quantity { unit: Some("mm".into()), name: "HD95".into(), of: String::new() };
        assert_eq!([12.34, -1.234].map(|value| distance.difference(value)), ["+12.3", "-1.23"]);
        assert_eq!((dice.with_unit(), distance.with_unit()), ("Dice".into(), "HD95, mm".into()));
    }

    #[test]
    fn seeds_are_said_when_there_are_several() {
        assert_eq!((n_by_seeds(5, 1), n_by_seeds(5, 3)), ("n 5".into(), "n 5 × 3".into()));
    }
}
