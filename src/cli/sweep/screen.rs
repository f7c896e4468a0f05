//! [`Screen`]: shows a worker on stderr: a line for each running cell in a terminal, a line for each
//! event elsewhere.
//!
//! It never stops the work: a closed stderr is no error.

use super::super::print::duration;
use crate::sweep::{
    Cell,
    store::WorkerEvent,
    worker::{Applied, RunningCell, TrainingProgress, WorkerListener},
};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write};

/// Shows a worker on stderr.
#[derive(Debug)]
pub(super) struct Screen {
    all: MultiProgress,
    bars: Vec<ProgressBar>,
    n_cells: usize,
}

impl Screen {
    /// For a worker with so many slots.
    pub(super) fn new(applied: &Applied, n_slots: usize) -> Self {
        let all = MultiProgress::new();
        if !io::stderr().is_terminal() {
            all.set_draw_target(ProgressDrawTarget::hidden());
        }
        let bar = |_| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
                bar.set_style(style);
            }
            all.add(bar)
        };
        let bars = (0..n_slots).map(bar).collect();
        Self { all, bars, n_cells: applied.plan.cells.len() }
    }

    /// A line that stays.
    pub(super) fn say(&self, line: &str) {
        self.all.suspend(|| {
            // A closed stderr is no error.
            let _ = writeln!(io::stderr(), "{line}");
        });
    }

    /// Removes the lines of running cells.
    pub(super) fn clear(&self) {
        let _ = self.all.clear();
    }
}

impl WorkerListener for Screen {
    fn event(&mut self, cell: Option<&Cell>, event: &WorkerEvent) {
        let Some(cell) = cell else { return };
        self.n_cells = self.n_cells.max(cell.number + 1);
        let head = format!("cell {}/{}  {}", cell.number + 1, self.n_cells, cell.what);
        let line = match event {
            WorkerEvent::Started { device, .. } => format!("{head}  started on {device}"),
            WorkerEvent::Ended { seconds, outcome, note, .. } => {
                let score =
                    outcome.score.map_or(String::new(), |score| format!("  best {score:.3}"));
                let note = note.as_ref().map_or(String::new(), |note| format!(": {note}"));
                format!("{head}  {} after {}{score}{note}", outcome.name(), duration(*seconds))
            }
            WorkerEvent::LeftOut { reason, .. } => format!("{head}  left out: {reason}"),
            WorkerEvent::Began { .. } | WorkerEvent::Over { .. } => return,
        };
        self.say(&line);
    }

    fn busy(&mut self, cells: &[RunningCell<'_>]) {
        for (bar, busy) in self.bars.iter().zip(cells) {
            let (cell, slot) = (busy.cell, busy.slot);
            let what = how_far(busy.progress);
            bar.set_message(format!("{}  {what}  {}", cell.what, slot.device));
        }
        for bar in self.bars.iter().skip(cells.len()) {
            bar.set_message("");
        }
    }
}

/// The progress of a cell as text.
pub(super) fn how_far(progress: &TrainingProgress) -> String {
    let TrainingProgress { epoch, epochs, step, steps_per_epoch, best, n_evaluated, .. } =
        *progress;
    if epochs == 0 {
        return "begins".to_owned();
    }
    if epoch >= epochs {
        return format!("evaluated {n_evaluated} cases");
    }
    let in_epoch = step.saturating_sub(epoch * steps_per_epoch);
    let best = best.map_or(String::new(), |best| format!("  best {best:.3}"));
    format!("epoch {}/{epochs}  step {in_epoch}/{steps_per_epoch}{best}", epoch + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_a_cell_is_is_said_from_its_first_line_to_its_last() {
        let mut progress = TrainingProgress::default();
        assert_eq!(how_far(&progress), "begins");
        progress =
            TrainingProgress { epochs: 3, steps_per_epoch: 4, epoch: 1, step: 6, ..progress };
        assert_eq!(how_far(&progress), "epoch 2/3  step 2/4");
        progress.best = Some(0.51234);
        assert_eq!(how_far(&progress), "epoch 2/3  step 2/4  best 0.512");
        progress = TrainingProgress { epoch: 3, n_evaluated: 2, ..progress };
        assert_eq!(how_far(&progress), "evaluated 2 cases");
    }
}
