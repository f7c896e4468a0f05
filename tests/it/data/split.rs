//! Splits against scikit-learn's.

use crate::support::golden;
use seglab::{
    data::split::{Parts, plan},
    spec::SplitRule,
};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Set {
    n: usize,
    prefix: String,
    holdout_seed: u64,
    kfold_seed: u64,
    train: Vec<String>,
    test: Vec<String>,
    kfold_val: Vec<Vec<String>>,
}

#[test]
fn splits_equal_scikit_learns() {
    let sets: BTreeMap<String, Set> =
        serde_json::from_value(golden::json("splits.json")["sets"].clone()).unwrap();
    assert_eq!(sets.len(), 3);
    for Set { n, prefix, holdout_seed, kfold_seed, mut train, mut test, kfold_val } in
        sets.into_values()
    {
        let ids: Vec<String> = (1..=n).map(|idx| format!("{prefix}{idx:03}.nii.gz")).collect();
        // Given in reverse, because the order of the files must not matter.
        let cases: Vec<_> = ids.iter().rev().map(|id| (id.clone(), id.clone())).collect();
        let rule = SplitRule::Holdout { valid: 0.2, test: 0.0, seed: None };
        train.sort();
        test.sort();
        let expected = Parts { train, valid: test, test: vec![] };
        assert_eq!(plan(&rule, &cases, holdout_seed).unwrap(), expected);
        for (fold, valid) in kfold_val.into_iter().enumerate() {
            let rule = SplitRule::KFold { folds: 5, fold, seed: None };
            assert_eq!(plan(&rule, &cases, kfold_seed).unwrap().valid, valid);
        }
    }
}
