//! [`check_rules`]: every rule between keys, on an experiment whose every key is right by itself.

use super::{broken::BrokenRules, data, learning, sweep};
use crate::{
    base::{Fault, Place},
    spec::{Data, Experiment, Origins},
};
use std::collections::BTreeSet;

/// Every rule that is broken.
///
/// A rule that reads a key of `faulty` says nothing: that key does not hold what the user meant.
/// The data are not checked again where they are the `known` ones, as in the cells of a sweep.
pub(in crate::spec) fn check_rules(
    experiment: &Experiment,
    origins: &Origins,
    faulty: &BTreeSet<String>,
    file: &Place,
    known: Option<&Data>,
) -> Vec<Fault> {
    let mut broken = BrokenRules { origins, faulty, file, faults: Vec::new() };
    data::name(experiment, &mut broken);
    if known != Some(&experiment.data) {
        data::check(experiment, &mut broken);
    }
    data::split(experiment, &mut broken);
    data::grid(experiment, &mut broken);
    learning::check(experiment, &mut broken);
    sweep::check(experiment, &mut broken);
    broken.faults
}
