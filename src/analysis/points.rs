//! What a run logged as [`Columns`]: a row an epoch, a row a step.
//!
//! Does not know about files.

use super::{EpochRow, columns::Columns};
use crate::{
    base::{Error, Fault, Result},
    event::Event,
    record::{Entry, RunFiles},
};

/// Name of the Dice column of a class.
fn dice_of(class: &str) -> String {
    format!("dice.{class}")
}

/// Beginning of the names of the columns of cases.
pub(super) const BY_CASE: &str = "by_case.";

/// Every epoch that counts, with all that its event says.
///
/// # Errors
/// When an epoch has not one Dice a class.
pub(super) fn epochs(files: &RunFiles) -> Result<Columns> {
    let classes = &files.experiment.data.classes;
    let mut keys: [Vec<u64>; 4] = Default::default();
    let mut numbers: [Vec<Option<f64>>; 7] = Default::default();
    let mut best = Vec::new();
    let mut dice_by_class = vec![Vec::new(); classes.len()];
    let mut counts_by_class = vec![Vec::new(); classes.len()];
    for entry in &files.events {
        let Event::Epoch {
            epoch,
            step,
            train_loss,
            valid_loss,
            lr,
            dice,
            n_dice,
            dice_foreground,
            monitored,
            by_case: _,
            is_best,
            seconds: [train_seconds, valid_seconds],
        } = &entry.event
        else {
            continue;
        };
        if dice.len() != classes.len() || n_dice.len() != classes.len() {
            return Err(Error::run(
                Fault::new(format!("epoch {epoch} has not one Dice for each class"))
                    .detail(format!("expected {}, found {}", classes.len(), dice.len())),
            ));
        }
        push(&mut keys, keys_of(entry, *epoch, *step));
        push(
            &mut numbers,
            [
                Some(*train_loss),
                *valid_loss,
                Some(*lr),
                *dice_foreground,
                *monitored,
                Some(*train_seconds),
                Some(*valid_seconds),
            ],
        );
        best.push(*is_best);
        for (values, value) in dice_by_class.iter_mut().zip(dice) {
            values.push(*value);
        }
        for (values, value) in counts_by_class.iter_mut().zip(n_dice) {
            values.push(*value as u64);
        }
    }
    let names = [
        "train_loss",
        "valid_loss",
        "lr",
        "dice_foreground",
        "monitored",
        "train_seconds",
        "valid_seconds",
    ];
    let mut columns = with_keys(keys).flags("is_best", best);
    for (name, values) in names.into_iter().zip(numbers) {
        columns = columns.floats(name, values);
    }
    for (class, values) in classes.iter().zip(dice_by_class) {
        columns = columns.floats(&dice_of(class), values);
    }
    for (class, values) in classes.iter().zip(counts_by_class) {
        columns = columns.counts(&format!("n_dice.{class}"), values);
    }
    Ok(with_cases(columns, files))
}

/// A column for each validation case, called by its place among their names; none for logs that
/// say nothing of cases.
fn with_cases(columns: Columns, files: &RunFiles) -> Columns {
    let scores: Vec<&[Option<f64>]> = files
        .events
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Epoch { by_case, .. } => Some(by_case.as_slice()),
            _ => None,
        })
        .collect();
    let n_cases = scores.iter().map(|scores| scores.len()).max().unwrap_or(0);
    (0..n_cases).fold(columns, |columns, case_idx| {
        let values = scores.iter().map(|scores| scores.get(case_idx).copied().flatten());
        columns.floats(&format!("{BY_CASE}{case_idx}"), values.collect())
    })
}

/// Every step that counts, with all that its event says.
pub(super) fn steps(files: &RunFiles) -> Columns {
    let mut keys: [Vec<u64>; 4] = Default::default();
    let mut numbers: [Vec<Option<f64>>; 5] = Default::default();
    for entry in &files.events {
        if let Event::Step { epoch, step, loss, lr, beta1, grad_norm, seconds } = &entry.event {
            push(&mut keys, keys_of(entry, *epoch, *step));
            push(&mut numbers, [loss, lr, beta1, grad_norm, seconds].map(|value| Some(*value)));
        }
    }
    let names = ["loss", "lr", "beta1", "grad_norm", "seconds"];
    names
        .into_iter()
        .zip(numbers)
        .fold(with_keys(keys), |columns, (name, values)| columns.floats(name, values))
}

/// Rows for those who draw; `None` when the columns are not those of a run with these classes.
pub(super) fn epoch_rows(
    run: &str,
    classes: &[String],
    columns: &Columns,
) -> Option<Vec<EpochRow>> {
    let (epochs, steps) = (columns.count("epoch")?, columns.count("step")?);
    let (train_loss, valid_loss) = (columns.float("train_loss")?, columns.float("valid_loss")?);
    let (lr, best) = (columns.float("lr")?, columns.flag("is_best")?);
    let foreground = columns.float("dice_foreground")?;
    let dice: Option<Vec<&[Option<f64>]>> =
        classes.iter().map(|class| columns.float(&dice_of(class))).collect();
    let dice = dice?;
    let row = |idx: usize| {
        Some(EpochRow {
            run: run.to_owned(),
            epoch: usize::try_from(epochs[idx]).ok()?,
            step: usize::try_from(steps[idx]).ok()?,
            train_loss: train_loss[idx]?,
            valid_loss: valid_loss[idx],
            lr: lr[idx]?,
            dice: dice.iter().map(|values| values[idx]).collect(),
            dice_foreground: foreground[idx],
            is_best: best[idx],
        })
    };
    (0..columns.n_rows()).map(row).collect()
}

fn keys_of(entry: &Entry, epoch: usize, step: usize) -> [u64; 4] {
    let milliseconds = u64::try_from(entry.time.timestamp_millis()).unwrap_or_default();
    [u64::from(entry.attempt), milliseconds, epoch as u64, step as u64]
}

fn with_keys([attempts, times, epochs, steps]: [Vec<u64>; 4]) -> Columns {
    Columns::default()
        .counts("attempt", attempts)
        .counts("unix_ms", times)
        .counts("epoch", epochs)
        .counts("step", steps)
}

fn push<T, const N: usize>(columns: &mut [Vec<T>; N], row: [T; N]) {
    for (column, value) in columns.iter_mut().zip(row) {
        column.push(value);
    }
}
