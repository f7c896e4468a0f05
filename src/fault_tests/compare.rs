//! [`compare`]: how the results of two runs of one plan differ.
//!
//! It compares the best and the last checkpoint, every valid step, epoch and case of the event log,
//! the rows of the evaluation, and the status. It leaves out what belongs to an attempt: times,
//! seconds, attempt numbers, and the events of attempts (`started`, `checkpoint`, `warning`, `note`).
//!
//! Does not know how the runs were made.

use crate::{
    base::{Error, Result, fs},
    event::{CaseRow, Event},
    record::{
        RunFiles,
        checkpoint::{Position, best, last},
        format::MANIFEST,
        read_run,
    },
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Values of results by name, such as `step 12`.
pub(super) type Results = BTreeMap<String, Value>;

/// How equal two runs must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tolerance {
    /// Bit for bit, the files of checkpoints too.
    Exact,
    /// Numbers may differ by this share of the larger one, or of 1 when both are smaller. Which
    /// epoch is the best may then change, so neither that nor the bytes of checkpoints
    /// are compared.
    Relative(f64),
}

/// How the run in `found` differs from the one in `expected`, as messages; empty when it does not.
///
/// # Errors
/// When either run cannot be read.
pub fn compare(expected: &Path, found: &Path, tolerance: Tolerance) -> Result<Vec<String>> {
    let [left, right] = [read_run(expected)?, read_run(found)?];
    let mut differences = Vec::new();
    let places = [&left, &right].map(|run| {
        let status = &run.status;
        format!("{}, epoch {}, step {}", status.status.name(), status.epoch, status.step)
    });
    if places[0] != places[1] {
        differences.push(format!("status: {} instead of {}", places[1], places[0]));
    }
    differences.extend(unequal("event", &results(&left)?, &results(&right)?, tolerance));
    differences.extend(unequal("score", &scores(&left)?, &scores(&right)?, tolerance));
    if tolerance == Tolerance::Exact {
        for (name, find) in [("best", best as FindCheckpoint), ("last", last as FindCheckpoint)] {
            differences.extend(checkpoints(name, [find(expected), find(found)])?);
        }
    }
    Ok(differences)
}

type FindCheckpoint = fn(&Path) -> Result<(PathBuf, Position)>;

/// The events that are results. A repeated one has a longer key.
///
/// # Errors
/// When an event cannot be serialised.
pub(super) fn results(run: &RunFiles) -> Result<Results> {
    let events = run.events.iter().filter_map(|entry| Some((key(&entry.event)?, &entry.event)));
    keyed(events)
}

/// The rows of the evaluation.
///
/// # Errors
/// When a row cannot be serialised.
pub(super) fn scores(run: &RunFiles) -> Result<Results> {
    let key = |row: &CaseRow| format!("case {} class {}", row.case, row.class);
    keyed(run.cases.iter().map(|row| (key(row), row)))
}

/// Suffix of the key of a repeated result.
pub(super) const TWICE: &str = " again";

fn keyed<T: serde::Serialize>(records: impl Iterator<Item = (String, T)>) -> Result<Results> {
    let mut results = Results::new();
    for (mut key, record) in records {
        let mut value = serde_json::to_value(record).map_err(|error| unwritable(&error))?;
        strip(&mut value);
        while results.contains_key(&key) {
            key.push_str(TWICE);
        }
        results.insert(key, value);
    }
    Ok(results)
}

fn key(event: &Event) -> Option<String> {
    match event {
        Event::Step { step, .. } => Some(format!("step {step}")),
        Event::Epoch { epoch, .. } => Some(format!("epoch {epoch}")),
        Event::CaseScored { case, .. } => Some(format!("case {case}")),
        Event::Started { .. }
        | Event::Checkpoint { .. }
        | Event::Memory { .. }
        | Event::Warning { .. }
        | Event::Note { .. } => None,
    }
}

/// Removes durations.
fn strip(value: &mut Value) {
    match value {
        Value::Object(keys) => {
            keys.retain(|key, _| !key.contains("seconds"));
            keys.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

/// Whether two values are equal enough.
fn is_near(a: &Value, b: &Value, tolerance: Tolerance) -> bool {
    let Tolerance::Relative(share) = tolerance else { return a == b };
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= share * a.abs().max(b.abs()).max(1.0),
            _ => a == b,
        },
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_near(a, b, tolerance))
        }
        (Value::Object(a), Value::Object(b)) => {
            // Which epoch is the best may change.
            let is_free = |key: &str| key == "is_best";
            a.len() == b.len()
                && a.iter().all(|(key, a)| {
                    is_free(key) || b.get(key).is_some_and(|b| is_near(a, b, tolerance))
                })
        }
        _ => a == b,
    }
}

fn unequal(what: &str, left: &Results, right: &Results, tolerance: Tolerance) -> Vec<String> {
    let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let differences = keys.into_iter().filter_map(|key| match (left.get(key), right.get(key)) {
        (Some(a), Some(b)) if is_near(a, b, tolerance) => None,
        (Some(a), Some(b)) => Some(format!("{what} {key}: {b} instead of {a}")),
        (Some(_), None) => Some(format!("{what} {key} is missing")),
        (None, _) => Some(format!("{what} {key} is unexpected")),
    });
    differences.collect()
}

/// Differences of two checkpoints; none when neither run has one.
fn checkpoints(name: &str, found: [Result<(PathBuf, Position)>; 2]) -> Result<Vec<String>> {
    let [(left, left_mark), (right, right_mark)] = match found {
        [Ok(left), Ok(right)] => [left, right],
        [Err(_), Err(_)] => return Ok(Vec::new()),
        [Err(error), Ok(_)] => return Ok(vec![one_sided(name, "the expected run", &error)]),
        [Ok(_), Err(error)] => return Ok(vec![one_sided(name, "the run", &error)]),
    };
    let mut differences = Vec::new();
    if left_mark != right_mark {
        differences.push(format!("{name} checkpoint: {right_mark:?} instead of {left_mark:?}"));
    }
    let names = |folder: &Path| -> Result<BTreeSet<String>> {
        let files = fs::list(folder)?;
        Ok(files.iter().filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    };
    let (left_names, right_names) = (names(&left)?, names(&right)?);
    if left_names != right_names {
        differences
            .push(format!("{name} checkpoint: files {right_names:?} instead of {left_names:?}"));
    }
    // The manifest holds the attempt and the lengths of the logs, which hold the attempts.
    for file in left_names.intersection(&right_names).filter(|file| *file != MANIFEST) {
        if !is_same_file(&left.join(file), &right.join(file))? {
            differences.push(format!("{name} checkpoint: `{file}` has other bytes"));
        }
    }
    Ok(differences)
}

fn one_sided(name: &str, whose: &str, error: &Error) -> String {
    let reason = error.faults.first().map_or("", |fault| fault.message.as_str());
    format!("{whose} has no {name} checkpoint: {reason}")
}

/// Whether two files have the same content; JSON without its seconds.
fn is_same_file(left: &Path, right: &Path) -> Result<bool> {
    let (a, b) = (fs::read(left)?, fs::read(right)?);
    if a == b {
        return Ok(true);
    }
    if left.extension().is_none_or(|end| end != "json") {
        return Ok(false);
    }
    let parse = |bytes: &[u8]| -> Option<Value> {
        let mut value = serde_json::from_slice(bytes).ok()?;
        strip(&mut value);
        Some(value)
    };
    Ok(parse(&a).is_some_and(|a| Some(a) == parse(&b)))
}

fn unwritable(error: &serde_json::Error) -> Error {
    Error::run(crate::base::Fault::new("cannot serialise an event").caused_by(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn seconds_are_left_out_and_nothing_else() {
        let mut value = json!({ "loss": 0.5, "seconds": 1.0, "a": [{ "seconds_so_far": 2 }] });
        strip(&mut value);
        assert_eq!(value, json!({ "loss": 0.5, "a": [{}] }));
    }

    #[test]
    fn what_differs_is_missing_or_too_much_is_told() {
        let step = |step, loss: f64| (format!("step {step}"), json!({ "loss": loss }));
        let left: Results = [step(1, 0.5), step(2, 0.25)].into();
        let right: Results = [step(1, 0.5), step(2, 0.250_000_000_000_000_06)].into();
        let exact = |a: &Results, b: &Results| unequal("event", a, b, Tolerance::Exact);
        assert!(exact(&left, &left).is_empty());
        assert_eq!(exact(&left, &right).len(), 1);
        assert!(unequal("event", &left, &right, Tolerance::Relative(1e-6)).is_empty());
        let short: Results = [step(1, 0.5)].into();
        assert_eq!(exact(&left, &short), ["event step 2 is missing"]);
        assert_eq!(exact(&short, &left), ["event step 2 is unexpected"]);
    }

    #[test]
    fn a_tolerance_is_a_share_of_the_number_and_holds_in_lists() {
        let near = |a: Value, b: Value| is_near(&a, &b, Tolerance::Relative(0.01));
        assert!(near(json!([1000.0, null]), json!([1009.0, null])));
        assert!(!near(json!([1000.0]), json!([1011.0])));
        assert!(!near(json!([1.0, 2.0]), json!([1.0])));
        assert!(near(
            json!({ "dice": 0.500, "is_best": true }),
            json!({ "dice": 0.509, "is_best": false })
        ));
        assert!(!near(json!({ "dice": 0.5 }), json!({ "dice": null })));
        assert!(!near(json!({ "dice": 0.5 }), json!({ "loss": 0.5 })));
    }

    #[test]
    fn a_result_that_comes_twice_is_seen_twice() {
        let records = [("step 1".to_owned(), 1), ("step 1".to_owned(), 1)];
        let keys: Vec<String> = keyed(records.into_iter()).unwrap().into_keys().collect();
        assert_eq!(keys, ["step 1", "step 1 again"]);
    }
}
