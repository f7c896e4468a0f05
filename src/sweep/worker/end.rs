//! What a worker does when the process of a cell has ended.
//!
//! Does not know how the next one is chosen.

use super::{
    TrainingProgress,
    child::Exit,
    derive::smaller,
    item::ItemState,
    retry_policy::{Action, CellEnd, StopReason, after_end},
    watchdog::hung,
    worker::{Seat, Worker},
};
use crate::{
    base::Result,
    record::{Failure, FailureClass, RunState, attempts, record_failure, was_low_on_memory},
    sweep::store::{CellStatus, Outcome, WorkerEvent},
};
use std::time::Duration;

impl Worker<'_> {
    /// Decides what follows, writes the event, and releases the cell.
    pub(super) fn conclude(&mut self, slot_idx: usize, mut seat: Seat, exit: &Exit) -> Result<()> {
        if seat.run_dir.is_none() {
            // It ended before the first check.
            let cell = &self.items[seat.item_idx].cell;
            seat.run_dir = CellStatus::of(&self.applied.folder, cell)?.run;
        }
        if let Some(dir) = &seat.run_dir {
            // The last lines, for the best score.
            let _ = seat.watchdog.look(dir);
        }
        if let (Some(failure), Some(dir)) = (unsaid(&seat, exit), &seat.run_dir) {
            // If another process has taken over the run meanwhile, its word counts.
            let _ = record_failure(dir, failure);
        }
        let Seat { item_idx, child, watchdog, hung, claim, .. } = seat;
        let item = &mut self.items[item_idx];
        let status = CellStatus::of(&self.applied.folder, &item.cell)?;
        let stop = match (child.stopped, hung) {
            (_, Some(_)) => StopReason::Hung,
            (Some(_), None) => StopReason::WorkerStops,
            (None, None) => StopReason::NotAsked,
        };
        let was_asked = stop == StopReason::WorkerStops;
        let is_elsewhere = status.state == RunState::Running;
        let is_preempted = exit.is_preempted() && hung.is_none();
        if !(status.state.is_over() || is_elsewhere || was_asked || is_preempted) {
            *self.failures.entry(item.cell.run_id.clone()).or_default() += 1;
        }
        let slot = &self.options.slots[slot_idx];
        let (action, note) =
            after_end(&CellEnd {
                cell: &status,
                exit,
                stop,
                n_failures: self.failures.get(&item.cell.run_id).copied().unwrap_or(0),
                has_other_device: self.options.slots.iter().any(|other| {
                    other.device != slot.device && !item.banned.contains(&other.device)
                }),
                can_shrink: status.derived.is_none() && smaller(&item.experiment).is_some(),
            });
        let seconds = child.began.elapsed().as_secs_f64();
        let ended = WorkerEvent::Ended {
            cell: item.cell.number,
            run: item.cell.run_id.clone(),
            device: slot.device.to_string(),
            seconds,
            outcome: outcome(&status, exit, watchdog.progress().best),
            note,
        };
        self.has_ended_cells = true;
        item.state = ItemState::Open;
        match action {
            Action::Done => {
                item.state = ItemState::Over;
                if status.state == RunState::Finished && is_of_one_go(&status) {
                    self.forecast.add(&item.kind, seconds);
                }
            }
            Action::Later => item.rest(Duration::from_secs(1)),
            Action::Retry => item.rest(Duration::from_millis(500)),
            Action::RetryElsewhere => item.banned.push(slot.device),
            Action::Pause => self.is_paused = true,
            // The batch is made smaller when the cell starts again.
            Action::RetrySmaller => {}
            Action::GiveUp => item.give_up(),
        }
        self.log.write(&ended)?;
        self.watch.event(Some(&item.cell), &ended);
        claim.release();
        Ok(())
    }
}

/// Whether a single process ran the whole cell, so that its time is that of the cell.
fn is_of_one_go(cell: &CellStatus) -> bool {
    let attempts = cell.run.as_ref().and_then(|dir| attempts(dir).ok());
    cell.derived.is_none() && attempts.is_some_and(|attempts| attempts.len() == 1)
}

/// The failure of a process that could not record it itself, as far as its worker knows.
fn unsaid(seat: &Seat, exit: &Exit) -> Option<Failure> {
    let dir = seat.run_dir.as_ref()?;
    if let Some((_, silent)) = seat.hung {
        return Some(hung(silent, seat.watchdog.progress(), dir));
    }
    let was_killed = exit.signal == Some(9) && was_low_on_memory(dir);
    let reason = match (was_killed, exit.is_out_of_memory) {
        (true, _) => "process was killed, probably out of memory",
        (false, true) => "process ran out of memory",
        (false, false) => return None,
    };
    let TrainingProgress { epoch, step, .. } = seat.watchdog.progress();
    let advice = "run fewer cells at once with `--jobs`, or use a smaller `train.batch` or \
                  `preprocess.grid`";
    Some(Failure {
        class: FailureClass::OutOfMemory,
        reason: reason.to_owned(),
        details: vec![format!("after epoch {epoch}, step {step}")],
        advice: vec![advice.to_owned()],
    })
}

fn outcome(cell: &CellStatus, exit: &Exit, best: Option<f64>) -> Outcome {
    match &cell.status {
        Some(status) => Outcome::of(&status.status, status.epoch, best),
        None => Outcome::refused(exit.error.clone().unwrap_or_else(|| exit.words())),
    }
}
