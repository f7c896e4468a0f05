//! [`plan`]: which cases train, validate and test.
//!
//! Patients are split, not cases, so that no patient is seen on both sides. `holdout` and
//! `k-fold` draw as scikit-learn's `train_test_split` and `KFold(shuffle=True)` do on sorted
//! patients.
//!
//! Does not know about files or voxels.

use crate::{
    base::{Error, Fault, Result, suggest::did_you_mean},
    data::random_state::RandomState,
    spec::SplitRule,
};
use std::collections::{BTreeMap, BTreeSet};

/// Case ids by the part they play, each list sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// Change the weights.
    pub train: Vec<String>,
    /// Choose the checkpoint.
    pub valid: Vec<String>,
    /// Are seen once, at the end.
    pub test: Vec<String>,
}

impl Parts {
    fn lists(&self) -> [(&'static str, &[String]); 3] {
        [("train", &self.train), ("valid", &self.valid), ("test", &self.test)]
    }
}

/// Splits `cases`, given as id and patient; `seed` draws where the rule has no seed of its own.
///
/// # Errors
/// * An explicit list names a case that is not there or that is named before.
/// * An explicit split puts cases of one patient into several parts.
/// * A fold is not below the number of folds, or there are more folds than patients.
/// * No case trains or none validates.
pub fn plan(rule: &SplitRule, cases: &[(String, String)], seed: u64) -> Result<Parts> {
    let mut parts = match rule {
        SplitRule::Holdout { valid, test, seed: own } => {
            holdout(*valid, *test, cases, own.unwrap_or(seed))
        }
        SplitRule::KFold { folds, fold, seed: own } => {
            k_fold(*folds, *fold, cases, own.unwrap_or(seed))?
        }
        SplitRule::Explicit { train, valid, test } => explicit(
            Parts { train: train.clone(), valid: valid.clone(), test: test.clone() },
            cases,
        )?,
    };
    for list in [&mut parts.train, &mut parts.valid, &mut parts.test] {
        list.sort();
    }
    let empty = [("training", &parts.train), ("validation", &parts.valid)]
        .into_iter()
        .filter(|(_, list)| list.is_empty())
        .map(|(name, _)| {
            Fault::new(format!("the split leaves no {name} case"))
                .detail(format!("{} cases of {} patients", cases.len(), patients(cases).len()))
                .hint("add cases, or change `[split]`")
        });
    Error::unless_empty(empty.collect())?;
    Ok(parts)
}

/// Hash of a split in 16 hexadecimal digits: equal for equal parts.
pub fn fingerprint(parts: &Parts) -> String {
    let mut hasher = blake3::Hasher::new();
    for (_, list) in parts.lists() {
        hasher.update(&(list.len() as u64).to_le_bytes());
        for id in list {
            hasher.update(&(id.len() as u64).to_le_bytes());
            hasher.update(id.as_bytes());
        }
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Patients in name order.
fn patients(cases: &[(String, String)]) -> Vec<&str> {
    let unique: BTreeSet<&str> = cases.iter().map(|(_, patient)| patient.as_str()).collect();
    unique.into_iter().collect()
}

/// Gives each case the part of its patient's position among the sorted patients.
fn by_patient(cases: &[(String, String)], part_of: &[Part]) -> Parts {
    let part_of: BTreeMap<&str, Part> =
        patients(cases).into_iter().zip(part_of.iter().copied()).collect();
    let mut parts = Parts::default();
    for (id, patient) in cases {
        match part_of.get(patient.as_str()) {
            Some(Part::Valid) => parts.valid.push(id.clone()),
            Some(Part::Test) => parts.test.push(id.clone()),
            Some(Part::Train) | None => parts.train.push(id.clone()),
        }
    }
    parts
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Train,
    Valid,
    Test,
}

fn holdout(valid: f64, test: f64, cases: &[(String, String)], seed: u64) -> Parts {
    let n = patients(cases).len();
    let (n_valid, n_test) = (share(valid, n), share(test, n));
    let mut part_of = vec![Part::Train; n];
    for (rank, patient_idx) in RandomState::new(seed).permutation(n).into_iter().enumerate() {
        if rank < n_valid {
            part_of[patient_idx] = Part::Valid;
        } else if rank < n_valid + n_test {
            part_of[patient_idx] = Part::Test;
        }
    }
    by_patient(cases, &part_of)
}

/// The smallest number that is at least `share` of `n`, as scikit-learn rounds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count lies between 0 and the count"
)]
fn share(share: f64, n: usize) -> usize {
    (share * n as f64).ceil() as usize
}

fn k_fold(folds: usize, fold: usize, cases: &[(String, String)], seed: u64) -> Result<Parts> {
    let n = patients(cases).len();
    if fold >= folds {
        return Err(Fault::new(format!("`split.fold` is {fold}, but there are {folds} folds"))
            .hint(format!("folds are numbered 0 to {}", folds.saturating_sub(1)))
            .into());
    }
    if folds > n {
        return Err(Fault::new(format!("cannot make {folds} folds of {n} patients"))
            .hint("lower `split.folds`")
            .into());
    }
    // The first `n % folds` folds have one patient more.
    let start = |fold: usize| fold * (n / folds) + fold.min(n % folds);
    let mut part_of = vec![Part::Train; n];
    for patient_idx in &RandomState::new(seed).permutation(n)[start(fold)..start(fold + 1)] {
        part_of[*patient_idx] = Part::Valid;
    }
    Ok(by_patient(cases, &part_of))
}

fn explicit(mut parts: Parts, cases: &[(String, String)]) -> Result<Parts> {
    let patient_of: BTreeMap<&str, &str> =
        cases.iter().map(|(id, patient)| (id.as_str(), patient.as_str())).collect();
    let mut faults = Vec::new();
    let mut seen = BTreeMap::new();
    for (part, list) in parts.lists() {
        for id in list {
            if !patient_of.contains_key(id.as_str()) {
                faults.push(unknown_case(part, id, cases));
            } else if let Some(before) = seen.insert(id.clone(), part) {
                faults.push(
                    Fault::new(format!("`split.{part}` names case `{id}` again"))
                        .detail(format!("`split.{before}` already has it"))
                        .hint("name each case once"),
                );
            }
        }
    }
    if parts.train.is_empty() {
        let others = cases.iter().map(|(id, _)| id).filter(|&id| !seen.contains_key(id));
        parts.train = others.cloned().collect();
        seen.extend(parts.train.iter().map(|id| (id.clone(), "train")));
    }
    faults.extend(divided_patients(&seen, &patient_of));
    Error::unless_empty(faults)?;
    Ok(parts)
}

fn unknown_case(part: &str, id: &str, cases: &[(String, String)]) -> Fault {
    let fault = Fault::new(format!("`split.{part}` names case `{id}`, which does not exist"));
    let meant = did_you_mean(id, cases.iter().map(|(id, _)| id.as_str()));
    fault.hint(meant.unwrap_or_else(|| "use the file name of a case without its extension".into()))
}

fn divided_patients(
    part_of_case: &BTreeMap<String, &str>,
    patient_of: &BTreeMap<&str, &str>,
) -> Vec<Fault> {
    let mut part_of = BTreeMap::new();
    let mut faults = BTreeMap::new();
    for (id, &part) in part_of_case {
        let Some(&patient) = patient_of.get(id.as_str()) else { continue };
        let first = *part_of.entry(patient).or_insert(part);
        if first != part {
            faults.entry(patient).or_insert_with(|| {
                Fault::new(format!(
                    "cases of patient `{patient}` are in more than one part of the split"
                ))
                .detail(format!("in `split.{first}` and in `split.{part}`"))
                .hint("put all cases of a patient into one part")
            });
        }
    }
    faults.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(n: usize) -> Vec<(String, String)> {
        (1..=n).map(|idx| (format!("case_{idx:03}"), format!("case_{idx:03}"))).collect()
    }

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn test_cases_follow_the_validation_cases() {
        let without =
            plan(&SplitRule::Holdout { valid: 0.2, test: 0.0, seed: None }, &cases(10), 42)
                .unwrap();
        let with = plan(&SplitRule::Holdout { valid: 0.2, test: 0.3, seed: None }, &cases(10), 42)
            .unwrap();
        assert_eq!(without.valid, with.valid);
        assert_eq!((with.train.len(), with.valid.len(), with.test.len()), (5, 2, 3));
        assert_ne!(fingerprint(&without), fingerprint(&with));
    }

    #[test]
    fn folds_are_disjoint_and_cover_all() {
        let mut seen = Vec::new();
        for fold in 0..5 {
            let parts =
                plan(&SplitRule::KFold { folds: 5, fold, seed: None }, &cases(13), 1).unwrap();
            assert_eq!(parts.train.len() + parts.valid.len(), 13);
            seen.extend(parts.valid);
        }
        seen.sort();
        assert_eq!(seen, cases(13).into_iter().map(|(id, _)| id).collect::<Vec<_>>());
    }

    #[test]
    fn no_patient_crosses_a_split() {
        let cases: Vec<_> =
            (0..20).map(|idx| (format!("c{idx:02}"), format!("p{}", idx / 3))).collect();
        let parts =
            plan(&SplitRule::Holdout { valid: 0.4, test: 0.2, seed: None }, &cases, 5).unwrap();
        let patient_of = |list: &[String]| -> BTreeSet<String> {
            list.iter().map(|id| cases[id[1..].parse::<usize>().unwrap()].1.clone()).collect()
        };
        let [train, valid, test] = [&parts.train, &parts.valid, &parts.test].map(|l| patient_of(l));
        assert_eq!((train.len(), valid.len(), test.len()), (2, 3, 2));
        assert!(train.is_disjoint(&valid) && train.is_disjoint(&test) && valid.is_disjoint(&test));
    }

    #[test]
    fn an_explicit_split_trains_on_the_rest() {
        let rule = SplitRule::Explicit {
            train: vec![],
            valid: names(&["case_002"]),
            test: names(&["case_001"]),
        };
        let parts = plan(&rule, &cases(4), 0).unwrap();
        assert_eq!(parts.train, names(&["case_003", "case_004"]));
        assert_eq!(fingerprint(&parts).len(), 16);
    }

    #[test]
    fn every_wrong_name_is_told() {
        let rule = SplitRule::Explicit {
            train: names(&["case_001", "case_0O2"]),
            valid: names(&["case_001", "xyz"]),
            test: vec![],
        };
        assert_eq!(
            plan(&rule, &cases(4), 0).unwrap_err().to_string(),
            "error: `split.train` names case `case_0O2`, which does not exist\n\
             hint: did you mean `case_002`?\n\n\
             error: `split.valid` names case `case_001` again\n  \
             `split.train` already has it\n\
             hint: name each case once\n\n\
             error: `split.valid` names case `xyz`, which does not exist\n\
             hint: use the file name of a case without its extension\n\n\
             3 faults"
        );
    }

    #[test]
    fn an_explicit_split_may_not_divide_a_patient() {
        let cases = [("a_1", "a"), ("a_2", "a"), ("b_1", "b")]
            .map(|(id, patient)| (id.into(), patient.into()));
        let rule = SplitRule::Explicit { train: vec![], valid: names(&["a_2"]), test: vec![] };
        assert_eq!(
            plan(&rule, &cases, 0).unwrap_err().to_string(),
            "error: cases of patient `a` are in more than one part of the split\n  \
             in `split.train` and in `split.valid`\n\
             hint: put all cases of a patient into one part"
        );
    }

    #[test]
    fn a_split_needs_both_sides() {
        let message = |rule: &SplitRule, n| plan(rule, &cases(n), 0).unwrap_err().to_string();
        assert_eq!(
            message(&SplitRule::Holdout { valid: 0.2, test: 0.0, seed: None }, 1),
            "error: the split leaves no training case\n  1 cases of 1 patients\n\
             hint: add cases, or change `[split]`"
        );
        let none = message(&SplitRule::Holdout { valid: 0.0, test: 0.0, seed: None }, 3);
        assert!(none.starts_with("error: the split leaves no validation case"), "{none}");
        assert_eq!(
            message(&SplitRule::KFold { folds: 5, fold: 5, seed: None }, 9),
            "error: `split.fold` is 5, but there are 5 folds\nhint: folds are numbered 0 to 4"
        );
        assert_eq!(
            message(&SplitRule::KFold { folds: 5, fold: 0, seed: None }, 3),
            "error: cannot make 5 folds of 3 patients\nhint: lower `split.folds`"
        );
    }
}
