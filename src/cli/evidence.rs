//! [`gather`]: the runs that a question is about, with what is known of their cases.
//!
//! Does not know about questions.

use crate::{
    analysis::{Evidence, EvidenceOptions, Overlays, RunRow, Tables, evidence, load, load_runs},
    base::Result,
    record,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Rows of the runs, and what they say.
pub(super) struct Gathered {
    pub(super) tables: Tables,
    pub(super) evidence: Evidence,
}

/// The runs of some experiments; without any, those of the baseline and of all that extend it,
/// directly or not; without a baseline, all.
pub(super) fn gather(
    runs: &Path,
    experiments: &[String],
    asked: EvidenceOptions,
    overlays: Overlays,
) -> Result<Gathered> {
    let experiments = match &asked.baseline {
        Some(baseline) if experiments.is_empty() => family(&load_runs(runs, &[])?, baseline),
        _ if experiments.is_empty() => all(runs)?,
        _ => known(runs, experiments, asked.baseline.is_some())?,
    };
    let tables = if experiments.is_empty() {
        Tables::default()
    } else {
        load(runs, &experiments, overlays)?
    };
    let evidence = evidence(&tables, asked);
    Ok(Gathered { tables, evidence })
}

/// Names of all experiments that have runs.
fn all(runs: &Path) -> Result<Vec<String>> {
    let runs = record::inventory(runs)?.runs;
    let found: BTreeSet<String> = runs.into_iter().map(|place| place.experiment).collect();
    Ok(found.into_iter().collect())
}

/// Those of the named experiments that there are. A discussion may name some that are still to be
/// run; a name on the command line must exist.
fn known(runs: &Path, named: &[String], may_be_absent: bool) -> Result<Vec<String>> {
    if !may_be_absent {
        return Ok(named.to_vec());
    }
    Ok(all(runs)?.into_iter().filter(|name| named.contains(name)).collect())
}

/// The baseline and every experiment whose chain of `extends` leads to it.
fn family(runs: &[RunRow], baseline: &str) -> Vec<String> {
    let mut extends: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for run in runs {
        // A damaged run says nothing of what its experiment extends.
        let known = extends.entry(&run.experiment).or_default();
        known.extend(run.chain().into_iter().map(|(name, _)| name));
    }
    let leads_there = |name: &&str| {
        let mut seen = BTreeSet::new();
        let mut next = vec![*name];
        while let Some(name) = next.pop() {
            if name == baseline {
                return true;
            }
            if seen.insert(name) {
                next.extend(extends.get(name).into_iter().flatten());
            }
        }
        false
    };
    extends.keys().copied().filter(leads_there).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::BaseSpec;

    #[test]
    fn a_family_is_the_baseline_and_whatever_leads_to_it() {
        let run = |experiment: &str, extends: Option<&str>| RunRow {
            experiment: experiment.into(),
            extends: extends.map(str::to_owned),
            ..RunRow::default()
        };
        let bases = ["never-run", "base"].map(|name| BaseSpec { name: name.into(), setting: None });
        let through = RunRow { bases: bases.into(), ..run("through", Some("never-run")) };
        let runs = [
            through,
            run("base", None),
            run("child", Some("base")),
            run("grandchild", Some("child")),
            run("stranger", None),
            run("loop", Some("loop")),
        ];
        assert_eq!(family(&runs, "base"), ["base", "child", "grandchild", "through"]);
        assert!(family(&runs, "absent").is_empty());
    }
}
