//! [`compare`]: what a spec makes of labels beside what `dataset.json` calls them.
//!
//! Does not know about files of cases.

use super::labels::LabelRule;
use crate::{base::Fault, spec::DatasetJson};

/// Warnings where the two differ, and faults where a difference would train on voxels that nobody
/// has labelled. `has_value` says whether any label map holds a value.
pub(super) fn compare(
    json: &DatasetJson,
    rule: &LabelRule,
    has_value: impl Fn(i32) -> bool,
) -> (Vec<String>, Vec<Fault>) {
    let (mut warnings, mut faults) = (Vec::new(), Vec::new());
    if let Some((value, class)) = json.ignore.and_then(|it| Some((it, rule.name_of(it)?)))
        && has_value(value)
    {
        let fault = Fault::new(format!("the spec makes the ignore label {value} a class"))
            .detail(format!("dataset.json  {value} is `ignore`: nobody has labelled these voxels"))
            .detail(format!("spec          {value} is `{class}`"));
        faults.push(fault.hint(
            "ignore labels are not supported yet: leave out the cases that hold it with \
             `data.exclude`",
        ));
    }
    if !json.regions.is_empty() {
        warnings.push(format!(
            "`dataset.json` names regions ({}): training by regions is not supported, each label \
             value is a class of its own",
            json.regions.join(", ")
        ));
    }
    if differs(json, rule) {
        let of_json: Vec<String> =
            json.labels.iter().map(|(value, name)| format!("{value} {name}")).collect();
        warnings.push(format!(
            "the spec names labels otherwise than `dataset.json` does: spec {}; dataset.json {}",
            rule.in_words().join(", "),
            of_json.join(", ")
        ));
    }
    (warnings, faults)
}

/// Whether a value has two names. With a `data.label-map` a new name is what the map is for: then
/// only a name that means another value counts.
fn differs(json: &DatasetJson, rule: &LabelRule) -> bool {
    json.labels.iter().filter(|(value, _)| **value != 0).any(|(value, name)| {
        let is_named = |class: &str| class.eq_ignore_ascii_case(name);
        match rule.name_of(*value) {
            Some(class) if is_named(class) => false,
            Some(_) => !rule.has_map() || rule.names().any(is_named),
            None => rule.names().any(is_named),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(labels: &[(i32, &str)], ignore: Option<i32>) -> DatasetJson {
        let labels = labels.iter().map(|(value, name)| (*value, (*name).to_owned())).collect();
        DatasetJson { labels, ignore, ..DatasetJson::default() }
    }

    fn rule(map: &[(i32, u8)]) -> LabelRule {
        let classes = ["background", "primary", "metastasis"].map(str::to_owned);
        LabelRule::of(&classes, map).unwrap()
    }

    #[test]
    fn swapped_names_are_warned_of_with_both_lists() {
        let swapped = json(&[(0, "background"), (1, "metastasis"), (2, "primary")], None);
        let (warnings, faults) = compare(&swapped, &rule(&[]), |_| true);
        assert_eq!(
            warnings,
            ["the spec names labels otherwise than `dataset.json` does: spec 0 background, 1 \
              primary, 2 metastasis; dataset.json 0 background, 1 metastasis, 2 primary"]
        );
        assert_eq!(faults, []);
        let map = rule(&[(1, 2), (2, 1)]);
        assert_eq!(compare(&swapped, &map, |_| true).0, Vec::<String>::new());
        let same = json(&[(0, "BG"), (1, "Primary"), (2, "metastasis")], None);
        assert_eq!(compare(&same, &rule(&[]), |_| true).0, Vec::<String>::new());
    }

    #[test]
    fn a_map_may_give_new_names_but_not_the_names_of_other_values() {
        let organs = json(&[(1, "left kidney"), (2, "right kidney")], None);
        assert_eq!(compare(&organs, &rule(&[(1, 1), (2, 1)]), |_| true).0, Vec::<String>::new());
        let taken = json(&[(1, "metastasis")], None);
        assert_eq!(compare(&taken, &rule(&[(1, 1)]), |_| true).0.len(), 1);
    }

    #[test]
    fn an_ignore_label_never_becomes_a_class() {
        let ignore = json(&[], Some(2));
        assert_eq!(compare(&ignore, &rule(&[]), |_| true).1.len(), 1);
        assert_eq!(compare(&ignore, &rule(&[]), |_| false).1, []);
        assert_eq!(compare(&ignore, &rule(&[(1, 1)]), |_| true).1, []);
    }
}
