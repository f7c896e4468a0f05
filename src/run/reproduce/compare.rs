//! [`compare`]: the learning curve and the scores of two runs, number by number.
//!
//! Does not know where the runs come from; times are not compared.

use crate::{
    event::Event,
    record::{Entry, RunFiles},
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Keys that say how long something took.
const TIMES: [&str; 2] = ["seconds", "time"];

/// How a second run compares with a first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Epochs of the first run, all of which were looked for in the second.
    pub n_epochs: usize,
    /// Rows of its scores, likewise.
    pub n_rows: usize,
    /// Columns that are not the same everywhere, in order of their names.
    pub differences: Vec<Difference>,
    /// Epochs and rows that only one run has, in words.
    pub unmatched: Vec<String>,
}

impl Comparison {
    /// Whether every number is the same, bit for bit.
    pub fn is_exact(&self) -> bool {
        self.differences.is_empty() && self.unmatched.is_empty()
    }
}

/// One column in which two runs differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// `train_loss`, `dice[1]`, ...
    pub column: String,
    /// Where the runs part: the first epoch or row, in the order of the first run.
    pub first: String,
    /// Places where they differ.
    pub n: usize,
    /// Largest distance; `None` where one of the values is no number.
    pub largest: Option<f64>,
}

/// Compares every epoch and every row that the first run has with the second. What only the second
/// has counts when the first had come to its end.
pub fn compare(first: &RunFiles, second: &RunFiles) -> Comparison {
    let is_whole = first.status.status.is_answered();
    let epochs = [epochs(&first.events), epochs(&second.events)];
    let rows = [rows(first), rows(second)];
    let mut found = Differences::default();
    found.compare(&epochs, is_whole);
    found.compare(&rows, is_whole);
    Comparison {
        n_epochs: epochs[0].len(),
        n_rows: rows[0].len(),
        differences: found.differences.into_values().collect(),
        unmatched: found.unmatched,
    }
}

/// An epoch or a row by its name, with its numbers by column.
type Places = Vec<(String, BTreeMap<String, Value>)>;

fn epochs(events: &[Entry]) -> Places {
    // An epoch may be there twice; the later one counts.
    let mut epochs = BTreeMap::new();
    for entry in events {
        if let Event::Epoch { epoch, .. } = &entry.event {
            epochs.insert(*epoch, columns(&entry.event));
        }
    }
    epochs.into_iter().map(|(epoch, columns)| (format!("epoch {epoch}"), columns)).collect()
}

fn rows(run: &RunFiles) -> Places {
    let rows = run.cases.iter().map(|row| {
        let place = format!("case `{}`, {}, epoch {}", row.case, row.class_name, row.epoch);
        (place, columns(row))
    });
    rows.collect()
}

/// The fields of a record, those of lists with their index.
fn columns(record: &impl Serialize) -> BTreeMap<String, Value> {
    let mut columns = BTreeMap::new();
    // What was read from JSON can be put into it.
    if let Ok(Value::Object(fields)) = serde_json::to_value(record) {
        for (name, value) in fields.into_iter().filter(|(name, _)| !TIMES.contains(&name.as_str()))
        {
            flatten(name, value, &mut columns);
        }
    }
    columns
}

fn flatten(name: String, value: Value, columns: &mut BTreeMap<String, Value>) {
    if let Value::Array(items) = value {
        for (idx, item) in items.into_iter().enumerate() {
            flatten(format!("{name}[{idx}]"), item, columns);
        }
    } else {
        columns.insert(name, value);
    }
}

#[derive(Default)]
struct Differences {
    differences: BTreeMap<String, Difference>,
    unmatched: Vec<String>,
}

impl Differences {
    fn compare(&mut self, [first, second]: &[Places; 2], is_whole: bool) {
        let by_place: BTreeMap<&String, &BTreeMap<String, Value>> =
            second.iter().map(|(place, columns)| (place, columns)).collect();
        for (place, columns) in first {
            let Some(other) = by_place.get(place) else {
                self.unmatched.push(format!("{place} is missing in the second run"));
                continue;
            };
            let mut names: Vec<&String> = columns.keys().chain(other.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let values = [columns.get(name), other.get(name)];
                if values[0] != values[1] {
                    self.note(name, place, values);
                }
            }
        }
        if is_whole {
            let known: Vec<&String> = first.iter().map(|(place, _)| place).collect();
            let extra = second.iter().filter(|(place, _)| !known.contains(&place));
            self.unmatched
                .extend(extra.map(|(place, _)| format!("{place} is only in the second run")));
        }
    }

    fn note(&mut self, column: &str, place: &str, values: [Option<&Value>; 2]) {
        let [first, second] = values.map(|value| value.and_then(Value::as_f64));
        let distance = first.zip(second).map(|(first, second)| (first - second).abs());
        let difference = self.differences.entry(column.to_owned()).or_insert_with(|| Difference {
            column: column.to_owned(),
            first: place.to_owned(),
            n: 0,
            largest: Some(0.0),
        });
        difference.n += 1;
        difference.largest = difference.largest.zip(distance).map(|(a, b)| a.max(b));
    }
}
