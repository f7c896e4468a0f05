//! Tests, effects and intervals against scipy, and against counts of every sign pattern.

use crate::support::golden::{close, json, numbers};
use seglab::statistics::{
    Interval, Scores, cliffs_delta, cohen_dz, compare, equivalence, friedman, holm, mean,
    over_cases, signed_rank, spearman, standard_deviation, t_interval, t_test, wins_ties_losses,
};
use serde_json::Value;
use std::collections::BTreeMap;

const VALUE: f64 = 1e-9;
const P: f64 = 1e-8;

/// One seed, a case for each number.
fn scores(values: &[f64]) -> Scores {
    let by_case: BTreeMap<String, f64> =
        values.iter().enumerate().map(|(idx, value)| (format!("case {idx:02}"), *value)).collect();
    Scores::new(&BTreeMap::from([(1, by_case)]))
}

#[track_caller]
fn same(found: f64, expected: &Value, tolerance: f64, what: &str) {
    close(found, expected.as_f64().unwrap(), tolerance, what);
}

#[track_caller]
fn same_interval(found: Option<Interval>, expected: &Value, what: &str) {
    let Interval { low, high } = found.unwrap();
    same(low, &expected[0], VALUE, what);
    same(high, &expected[1], VALUE, what);
}

fn samples(golden: &Value) -> impl Iterator<Item = (&String, &Value, Vec<f64>)> {
    let samples = golden["paired"].as_object().unwrap().iter();
    samples.map(|(name, sample)| (name, sample, numbers(&sample["differences"])))
}

#[test]
fn signed_ranks_are_counted_when_few_and_approximated_when_many() {
    let golden = json("stats.json");
    let mut n_exact = 0;
    for (name, sample, differences) in samples(&golden) {
        let (found, expected) = (signed_rank(&differences).unwrap(), &sample["wilcoxon"]);
        n_exact += usize::from(found.is_exact);
        let which =
            if found.is_exact { "wilcox_exact_conditional" } else { "wilcox_asymptotic_corrected" };
        same(found.p, &expected[which]["p"], P, name);
        same(found.statistic, &expected["wilcox_exact_scipy"]["statistic"], VALUE, name);
        let n_zero = sample["zeros"].as_u64().unwrap() as usize;
        assert_eq!(found.n_nonzero, differences.len() - n_zero, "{name}");
    }
    assert_eq!(n_exact, 7, "all but 30 differences without a zero");
    for (name, sample) in golden["degenerate"].as_object().unwrap() {
        let found = signed_rank(&numbers(&sample["differences"])).unwrap();
        same(found.p, &sample["exact_conditional_p"], P, name);
    }
}

#[test]
fn means_tests_and_effects_are_those_of_scipy() {
    for (name, sample, differences) in samples(&json("stats.json")) {
        let (a, b) = (numbers(&sample["a"]), numbers(&sample["b"]));
        same(mean(&differences).unwrap(), &sample["mean"], VALUE, name);
        same(standard_deviation(&differences).unwrap(), &sample["sd"], VALUE, name);
        let (test, expected) = (t_test(&differences).unwrap(), &sample["t"]);
        same(test.t, &expected["t"], VALUE, name);
        same(test.p, &expected["p"], P, name);
        assert_eq!(test.degrees_of_freedom as u64, expected["df"].as_u64().unwrap());
        same_interval(t_interval(&differences, 0.95), &expected["ci95"], name);
        same_interval(t_interval(&differences, 0.9), &expected["ci90"], name);
        let margin = sample["tost"]["margin"].as_f64().unwrap();
        let tost = equivalence(&differences, margin).unwrap();
        same(tost.p, &sample["tost"]["p"], P, name);
        same_interval(Some(tost.interval90), &expected["ci90"], name);
        same(cohen_dz(&differences).unwrap(), &sample["cohen_dz"], VALUE, name);
        same(cliffs_delta(&a, &b).unwrap(), &sample["cliffs_delta"], VALUE, name);
        let counts: Vec<f64> = wins_ties_losses(&differences).map(|n| n as f64).to_vec();
        assert_eq!(counts, numbers(&sample["wins_ties_losses"]), "{name}");
        let found = spearman(&a, &b).unwrap();
        same(found.rho, &sample["spearman"]["rho"], VALUE, name);
        let which = if found.is_exact { "p_exact_permutation" } else { "p" };
        same(found.p, &sample["spearman"][which], P, name);
    }
}

/// The differences come rounded as the reference rounds them, and the intervals from more
/// resamples than it has, so that they are near and not the same; the same resamples are compared
/// in the unit tests.
#[test]
fn a_comparison_has_them_all() {
    for (name, sample, differences) in samples(&json("stats.json")) {
        let (a, b) = (scores(&numbers(&sample["a"])), scores(&numbers(&sample["b"])));
        let found = compare(&a, &b, Some(0.05)).unwrap();
        assert_eq!(found.wilcoxon, signed_rank(&differences), "{name}");
        assert_eq!(found.equivalence, equivalence(&differences, 0.05), "{name}");
        assert_eq!(found.over_cases, over_cases(&differences).unwrap(), "{name}");
        same(found.difference.mean, &sample["mean"], VALUE, name);
        same(found.dz.unwrap(), &sample["cohen_dz"], VALUE, name);
        same(found.cliffs_delta.unwrap(), &sample["cliffs_delta"], VALUE, name);
        let expected = &sample["bootstrap_mean"];
        let error = expected["standard_error"].as_f64().unwrap();
        for (found, which) in
            [(found.difference.interval, "percentile_ci95"), (found.over_cases, "bca_ci95")]
        {
            let ends = numbers(&expected[which]);
            // A quantile of 1000 means has an error of 0.08 standard errors, and far out more.
            let near = |found: f64, expected: f64| (found - expected).abs() < 0.6 * error;
            assert!(near(found.low, ends[0]) && near(found.high, ends[1]), "{name}: {found:?}");
        }
    }
}

#[test]
fn families_are_adjusted_as_by_closed_testing() {
    for family in json("stats.json")["holm"].as_array().unwrap() {
        let adjusted = holm(&numbers(&family["p"]));
        let expected = numbers(&family["adjusted"]);
        assert_eq!(adjusted.len(), expected.len());
        for (found, expected) in adjusted.into_iter().zip(expected) {
            close(found, expected, VALUE, "holm");
        }
    }
}

#[test]
fn friedman_is_that_of_scipy_with_ties() {
    for (name, sample) in json("stats.json")["friedman"].as_object().unwrap() {
        let rows: Vec<Vec<f64>> =
            sample["scores"].as_array().unwrap().iter().map(numbers).collect();
        let column = |idx: usize| rows.iter().map(|row| row[idx]).collect::<Vec<f64>>();
        let of: Vec<Scores> = (0..4).map(|idx| scores(&column(idx))).collect();
        let found = friedman(&of).unwrap();
        // The reference ranks the smallest score first.
        let turned: Vec<f64> = found.mean_ranks.iter().map(|rank| 5.0 - rank).collect();
        for (found, expected) in turned.into_iter().zip(numbers(&sample["mean_ranks"])) {
            close(found, expected, VALUE, name);
        }
        same(found.chi2, &sample["chi2"], VALUE, name);
        same(found.p, &sample["p"], P, name);
        let ratio = found.iman_davenport.unwrap();
        same(ratio.f, &sample["iman_davenport_f"], VALUE, name);
        same(ratio.p, &sample["iman_davenport_p"], P, name);
        let degrees = ratio.degrees_of_freedom.map(|it| it as u64);
        let expected = [&sample["df1"], &sample["df2"]].map(|it| it.as_u64().unwrap());
        assert_eq!((degrees, found.n_cases), (expected, rows.len()), "{name}");
    }
}
