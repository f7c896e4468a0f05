//! Classes that a network cannot learn: in no training case, in no case at all, or without contrast
//! once the intensity rule has clipped the HU.
//!
//! Does not know how a split is drawn.

use super::{hu::is_constant, warning::Warning};
use crate::{
    base::text::counted,
    data::{dataset::Case, split::Parts},
    spec::Intensity,
};

/// Cases without foreground, and classes without a voxel in the cases that train (in any, where
/// there is no split).
pub(super) fn foreground(
    cases: &[Case],
    classes: &[String],
    parts: Option<&Parts>,
) -> Vec<Warning> {
    let has_foreground = |case: &&Case| case.class_voxels.iter().skip(1).any(|n| *n > 0);
    let empty: Vec<&str> =
        cases.iter().filter(|case| !has_foreground(case)).map(|case| case.id.as_str()).collect();
    if cases.is_empty() {
        return Vec::new();
    }
    if empty.len() == cases.len() {
        return vec![Warning::of_set(format!(
            "no foreground class has a voxel in any case ({} looked at): check `data.classes` and \
             `data.label-map`, or whether the label maps are the right files",
            counted(cases.len(), "case")
        ))];
    }
    let mut warnings = Vec::new();
    if !empty.is_empty() {
        warnings.push(Warning::of_cases(
            "no foreground",
            &empty,
            "right where nothing was to be found; if not, look at the label maps",
        ));
    }
    warnings.extend(absent(cases, classes, parts));
    warnings
}

fn absent(cases: &[Case], classes: &[String], parts: Option<&Parts>) -> Vec<Warning> {
    let trains = |case: &Case| parts.is_none_or(|parts| parts.train.contains(&case.id));
    let mut warnings = Vec::new();
    for (class, name) in classes.iter().enumerate().skip(1) {
        let has_it = |case: &&Case| case.class_voxels.get(class).is_some_and(|n| *n > 0);
        if cases.iter().filter(|case| trains(case)).any(|case| has_it(&case)) {
            continue;
        }
        let others: Vec<&str> = cases.iter().filter(has_it).map(|case| case.id.as_str()).collect();
        warnings.push(if others.is_empty() {
            Warning::of_set(format!(
                "no case has a voxel of class `{name}`, so that it cannot be learned: add a case \
                 that has it, or take it out of `data.classes`"
            ))
        } else {
            Warning::of_cases(
                &format!(
                    "class `{name}` is in no training case, so that it cannot be learned, but in \
                     others"
                ),
                &others,
                "change `[split]` so that one of them trains",
            )
        });
    }
    warnings
}

/// Classes of which nine voxels in ten or more are clipped to one end of the window: what is left
/// of the class is one grey value.
pub(super) fn clipped(cases: &[Case], classes: &[String], intensity: &Intensity) -> Vec<Warning> {
    let Intensity::Window { lower, upper } = *intensity else { return Vec::new() };
    let is_above = |[low, _]: [f32; 2]| f64::from(low) >= upper;
    let is_below = |[_, high]: [f32; 2]| f64::from(high) <= lower;
    let mut warnings = Vec::new();
    for (class, name) in classes.iter().enumerate().skip(1) {
        let of = |is_clipped: &dyn Fn([f32; 2]) -> bool| -> Vec<&str> {
            let hu = |case: &Case| case.class_hu.get(class).copied().flatten();
            let found = cases.iter().filter(|case| !is_constant(case));
            let found = found.filter(|case| hu(case).is_some_and(is_clipped));
            found.map(|case| case.id.as_str()).collect()
        };
        for (cases, side, end) in [(of(&is_above), "above", upper), (of(&is_below), "below", lower)]
        {
            if cases.is_empty() {
                continue;
            }
            let what = format!(
                "class `{name}` is one grey value to the network, since at least 90 % of its \
                 voxels lie {side} the end of the window {lower} to {upper} HU ({end})"
            );
            let action = "widen `preprocess.intensity`, and check that these CTs are in HU";
            warnings.push(Warning::of_cases(&what, &cases, action));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::warnings::made_up::case;

    const WINDOW: Intensity = Intensity::Window { lower: -160.0, upper: 240.0 };

    fn classes() -> Vec<String> {
        ["background", "primary", "metastasis"].map(str::to_owned).to_vec()
    }

    fn with(id: &str, class_voxels: [u64; 3]) -> Case {
        Case { class_voxels: class_voxels.to_vec(), ..case(id) }
    }

    fn parts(train: &[&str], valid: &[&str]) -> Parts {
        let names = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        Parts { train: names(train), valid: names(valid), test: Vec::new() }
    }

    fn texts(warnings: &[Warning]) -> Vec<&str> {
        warnings.iter().map(|it| it.text.as_str()).collect()
    }

    #[test]
    fn a_class_must_be_in_a_training_case() {
        let cases = [with("a", [9, 1, 0]), with("b", [9, 1, 1]), with("c", [9, 1, 0])];
        assert_eq!(foreground(&cases, &classes(), Some(&parts(&["a", "b"], &["c"]))), [""; 0]);
        assert_eq!(foreground(&cases, &classes(), None), [""; 0]);
        let warnings = foreground(&cases, &classes(), Some(&parts(&["a", "c"], &["b"])));
        assert_eq!(
            texts(&warnings),
            ["class `metastasis` is in no training case, so that it cannot be learned, but in \
              others: `b`; change `[split]` so that one of them trains"]
        );
        let none = [with("a", [9, 1, 0]), with("b", [9, 1, 0])];
        let warnings = foreground(&none, &classes(), None);
        assert_eq!(
            texts(&warnings),
            [
                "no case has a voxel of class `metastasis`, so that it cannot be learned: add a case \
              that has it, or take it out of `data.classes`"
            ]
        );
    }

    #[test]
    fn a_case_or_a_set_without_foreground_is_told_once() {
        let cases = [with("a", [9, 1, 1]), with("b", [9, 0, 0])];
        let warnings = foreground(&cases, &classes(), None);
        assert_eq!(
            texts(&warnings),
            ["no foreground: `b`; right where nothing was to be found; if not, look at the label \
              maps"]
        );
        assert_eq!(warnings[0].cases, ["b"]);
        let cases = [with("a", [9, 0, 0]), with("b", [9, 0, 0])];
        let warnings = foreground(&cases, &classes(), Some(&parts(&["a"], &["b"])));
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].text.contains("in any case (2 cases looked at)"), "{warnings:?}");
        assert_eq!(foreground(&[], &classes(), None), [""; 0]);
    }

    #[test]
    fn a_class_beyond_the_window_is_told() {
        let hu = |id: &str, class_hu: [f32; 2]| Case {
            class_hu: vec![None, Some(class_hu), None],
            ..case(id)
        };
        // As stored without the offset; a lesion of which a part is visible; a lung.
        let cases = [hu("a", [1030.0, 1090.0]), hu("b", [200.0, 400.0]), hu("c", [-900.0, -160.0])];
        let warnings = clipped(&cases, &classes(), &WINDOW);
        assert_eq!(
            texts(&warnings),
            [
                "class `primary` is one grey value to the network, since at least 90 % of its \
                 voxels lie above the end of the window -160 to 240 HU (240): `a`; widen \
                 `preprocess.intensity`, and check that these CTs are in HU",
                "class `primary` is one grey value to the network, since at least 90 % of its \
                 voxels lie below the end of the window -160 to 240 HU (-160): `c`; widen \
                 `preprocess.intensity`, and check that these CTs are in HU",
            ]
        );
        let percentile = Intensity::Percentile { lower: 1.0, upper: 99.0 };
        assert_eq!(clipped(&cases, &classes(), &percentile), [""; 0]);
        // A constant CT has its own warning.
        let constant = Case { hu: [1024.0; 2], ..hu("a", [1024.0; 2]) };
        assert_eq!(clipped(&[constant], &classes(), &WINDOW), [""; 0]);
    }
}
