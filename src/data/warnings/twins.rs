//! Cases with the same image on two sides of a split.
//!
//! Cases of one patient need no such look: [`plan`](crate::data::split::plan) keeps them together,
//! and refuses lists that do not.
//!
//! Does not know how a split is drawn.

use super::warning::{Warning, named};
use crate::data::{dataset::Case, split::Parts};
use std::collections::BTreeMap;

/// A warning for every group of cases with the same image of which some train and others validate or test, or
/// some validate and others test.
pub(super) fn across(cases: &[Case], parts: &Parts) -> Vec<Warning> {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for case in cases {
        groups.entry(&case.twin).or_default().push(&case.id);
    }
    let lists = [("train", &parts.train), ("validate", &parts.valid), ("test", &parts.test)];
    let mut warnings = Vec::new();
    for group in groups.into_values().filter(|group| group.len() > 1) {
        let sides: Vec<String> = lists
            .iter()
            .filter_map(|(verb, list)| {
                let own = |id: &&str| list.iter().any(|name| name == id);
                let own: Vec<&str> = group.iter().copied().filter(own).collect();
                (!own.is_empty()).then(|| format!("{verb} {}", named(&own)))
            })
            .collect();
        if sides.len() > 1 {
            let text = format!(
                "cases with the same image are on different sides of the split ({}), so that a \
                 score rewards remembering: keep one of them and leave the others out with \
                 `data.exclude`, or make them one patient with `data.patient`",
                sides.join(", ")
            );
            warnings.push(Warning { cases: group.iter().map(ToString::to_string).collect(), text });
        }
    }
    // By name, whatever the images are.
    warnings.sort_by(|a, b| a.cases.cmp(&b.cases));
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::warnings::made_up::case;

    #[test]
    fn twins_are_told_only_across_the_split() {
        let twin = |id: &str, of: &str| Case { twin: of.to_owned(), ..case(id) };
        let cases =
            [twin("a", "1"), twin("b", "1"), twin("c", "2"), twin("d", "2"), twin("e", "3")];
        let names = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        let parts =
            Parts { train: names(&["a", "b", "c"]), valid: names(&["d"]), test: names(&["e"]) };
        let warnings = across(&cases, &parts);
        assert_eq!(warnings.len(), 1);
        assert_eq!(
            warnings[0],
            "cases with the same image are on different sides of the split (train `c`, validate \
             `d`), so that a score rewards remembering: keep one of them and leave the others out \
             with `data.exclude`, or make them one patient with `data.patient`"
        );
        assert_eq!(warnings[0].cases, ["c", "d"]);
    }
}
