//! What becomes of a cell when its process has ended.
//!
//! Knows nothing of how the next one is chosen.

use super::{
    Pulse,
    child::Exit,
    derive::smaller,
    item::Place,
    retry_policy::{Asked, End, Next, verdict},
    watchdog::hung,
    worker::{Seat, Worker},
};
use crate::{
    base::Result,
    record::{Failure, FailureClass, attempts, record_failure, was_short_of_memory},
    sweep::store::{CellStanding, CellState, Outcome, WorkerEvent},
};
use std::time::Duration;

impl Worker<'_> {
    /// Judges the end of a process, writes it down, and lets go of the cell.
    pub(super) fn conclude(&mut self, slot_idx: usize, mut seat: Seat, exit: &Exit) -> Result<()> {
        if seat.run_dir.is_none() {
            // It ended before anybody looked.
            let cell = &self.items[seat.item_idx].cell;
            seat.run_dir = CellStanding::of(&self.applied.folder, cell)?.run;
        }
        if let Some(dir) = &seat.run_dir {
            // The last lines, for the best score.
            let _ = seat.vigil.look(dir);
        }
        if let (Some(failure), Some(dir)) = (unsaid(&seat, exit), &seat.run_dir) {
            // Another process may have taken the run up meanwhile; then that one has the say.
            let _ = record_failure(dir, failure);
        }
        let Seat { item_idx, child, vigil, hung, claim, .. } = seat;
        let item = &mut self.items[item_idx];
        let standing = CellStanding::of(&self.applied.folder, &item.cell)?;
        let asked = match (child.stopped, hung) {
            (_, Some(_)) => Asked::Hung,
            (Some(_), None) => Asked::ToStop,
            (None, None) => Asked::No,
        };
        let was_asked = asked == Asked::ToStop;
        let is_elsewhere = standing.state == CellState::Running;
        let is_preempted = exit.is_preempted() && hung.is_none();
        if !(standing.state.is_over() || is_elsewhere || was_asked || is_preempted) {
            *self.failures.entry(item.cell.run_id.clone()).or_default() += 1;
        }
        let slot = &self.order.slots[slot_idx];
        let (next, note) =
            verdict(&End {
                state: &standing.state,
                exit,
                asked,
                n_failures: self.failures.get(&item.cell.run_id).copied().unwrap_or(0),
                has_other_device: self.order.slots.iter().any(|other| {
                    other.device != slot.device && !item.banned.contains(&other.device)
                }),
                can_shrink: standing.derived.is_none() && smaller(&item.experiment).is_some(),
            });
        let seconds = child.began.elapsed().as_secs_f64();
        let ended = WorkerEvent::Ended {
            cell: item.cell.number,
            run: item.cell.run_id.clone(),
            device: slot.device.to_string(),
            seconds,
            outcome: outcome(&standing, exit, vigil.pulse().best),
            note,
        };
        self.has_news = true;
        item.place = Place::Open;
        match next {
            Next::Over => {
                item.place = Place::Over;
                if standing.state == CellState::Finished && is_of_one_go(&standing) {
                    self.forecast.note(&item.time_key, seconds);
                }
            }
            Next::Later => item.rest(Duration::from_secs(1)),
            Next::Again => item.rest(Duration::from_millis(500)),
            Next::Elsewhere => item.banned.push(slot.device),
            Next::Pause => self.is_paused = true,
            // A smaller batch is seen to when the cell is picked.
            Next::Smaller => {}
            Next::GiveUp => item.give_up(),
        }
        self.log.write(&ended)?;
        self.watch.deed(Some(&item.cell), &ended);
        claim.release();
        Ok(())
    }
}

/// Whether one process did all of a cell, so that its time is that of the cell.
fn is_of_one_go(standing: &CellStanding) -> bool {
    let attempts = standing.run.as_ref().and_then(|dir| attempts(dir).ok());
    standing.derived.is_none() && attempts.is_some_and(|attempts| attempts.len() == 1)
}

/// Why a process ended that could not say so itself, as far as its worker knows.
fn unsaid(seat: &Seat, exit: &Exit) -> Option<Failure> {
    let dir = seat.run_dir.as_ref()?;
    if let Some((_, silent)) = seat.hung {
        return Some(hung(silent, seat.vigil.pulse(), dir));
    }
    let was_killed = exit.signal == Some(9) && was_short_of_memory(dir);
    let reason = match (was_killed, exit.is_out_of_memory) {
        (true, _) => "its process was killed while memory was short",
        (false, true) => "the machine's memory did not suffice",
        (false, false) => return None,
    };
    let Pulse { epoch, step, .. } = seat.vigil.pulse();
    let advice = "run fewer cells at once with `--jobs`, or take a smaller `train.batch` or \
                  `preprocess.grid`";
    Some(Failure {
        class: FailureClass::OutOfMemory,
        reason: reason.to_owned(),
        details: vec![format!("after epoch {epoch}, step {step}")],
        advice: vec![advice.to_owned()],
    })
}

fn outcome(standing: &CellStanding, exit: &Exit, best: Option<f64>) -> Outcome {
    match &standing.status {
        Some(status) => Outcome::of(&status.status, status.epoch, best),
        None => Outcome::refused(exit.told.clone().unwrap_or_else(|| exit.words())),
    }
}
