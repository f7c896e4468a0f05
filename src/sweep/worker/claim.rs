//! Which cell a free slot gets: the first in the plan that may start, that fits before the time
//! limit, and that no other worker has.
//!
//! Does not know what happens to it then.

use super::{
    child::{Child, StartMode},
    derive::smaller,
    item::{Decision, Item, ItemState, decide},
    promote::promote,
    propose::propose,
    queue::{Fit, Until},
    watchdog::Watchdog,
    worker::{Seat, Worker},
};
use crate::{
    base::{Error, ErrorCode, Result, fs},
    record::RunLock,
    spec::{Experiment, RunId},
    sweep::{
        Cell,
        store::{
            CellStatus, Derived, RetryAsked, SweepFolder, WorkerEvent, cell_statuses, worker_events,
        },
    },
};
use chrono::{DateTime, Utc};
use std::{collections::BTreeMap, time::Duration};

/// Interval after which a cell of another process is checked again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Interval of checks for a requested retry.
const LOOK_AT_RETRIES: Duration = Duration::from_secs(2);

impl Worker<'_> {
    /// Enters every cell with its state.
    pub(super) fn read_cells(&mut self) -> Result<()> {
        self.count_failures()?;
        self.enter_cells()?;
        let cells = cell_statuses(&self.applied.folder, &self.applied.plan)?;
        for (item, cell) in self.items.iter_mut().zip(&cells) {
            if cell.state.is_over() {
                item.state = ItemState::Over;
            }
        }
        Ok(())
    }

    /// Counts the failures of all workers since the sweep was applied, or since a retry was requested.
    fn count_failures(&mut self) -> Result<()> {
        let (folder, since) = (&self.applied.folder, self.applied.plan.applied);
        self.failures.clear();
        let mut retries: BTreeMap<String, Option<DateTime<Utc>>> = BTreeMap::new();
        for logged in worker_events(folder)?.into_iter().filter(|logged| logged.time >= since) {
            let WorkerEvent::Ended { run, outcome, .. } = logged.event else { continue };
            if !outcome.is_failure() {
                continue;
            }
            if !retries.contains_key(&run) {
                let asked = RetryAsked::of(folder, &run)?.map(|retry| retry.asked);
                retries.insert(run.clone(), asked);
            }
            if retries[&run].is_none_or(|asked| logged.time > asked) {
                *self.failures.entry(run).or_default() += 1;
            }
        }
        Ok(())
    }

    /// Enters the cells of the plan that are new.
    pub(super) fn enter_cells(&mut self) -> Result<()> {
        for cell_idx in self.items.len()..self.applied.plan.cells.len() {
            let cell = self.applied.plan.cells[cell_idx].clone();
            let experiment = self.applied.experiment(&cell)?;
            let round = self.round_of(&cell);
            let kind = self.applied.kind(&experiment)?;
            self.items.push(Item::new(cell, experiment, kind, round));
        }
        Ok(())
    }

    /// The round of a cell: that of the first one with its seed and fold.
    fn round_of(&self, cell: &Cell) -> usize {
        let same = self.items.iter().find(|item| item.cell.round() == cell.round());
        same.map_or_else(
            || self.items.iter().map(|item| item.round + 1).max().unwrap_or(0),
            |item| item.round,
        )
    }

    /// Gives every free slot a cell, while there are cells. Returns whether one was given.
    pub(super) fn fill_slots(&mut self) -> Result<bool> {
        let mut any = false;
        for slot_idx in 0..self.seats.len() {
            if self.seats[slot_idx].is_none() {
                any |= self.fill(slot_idx)?;
            }
        }
        Ok(any)
    }

    fn fill(&mut self, slot_idx: usize) -> Result<bool> {
        loop {
            if self.begin_next(slot_idx)? {
                return Ok(true);
            }
            if !propose(self)? && !promote(self) {
                return Ok(false);
            }
        }
    }

    fn begin_next(&mut self, slot_idx: usize) -> Result<bool> {
        let device = self.options.slots[slot_idx].device;
        let left = self
            .options
            .until
            .map(|until| (until - Utc::now()).to_std().map_or(0.0, |left| left.as_secs_f64()));
        let mut until = left.map(Until::new);
        for item_idx in 0..self.items.len() {
            if self.items[item_idx].banned.contains(&device) || !self.is_open(item_idx)? {
                continue;
            }
            let item = &mut self.items[item_idx];
            // Cells that rest count too: a cell that they leave no time for must not start.
            let seconds = self.forecast.seconds(&item.kind);
            match until.as_mut().map_or(Fit::Yes, |until| until.fits(item.round, seconds)) {
                Fit::No { reason } => self.leave_out(item_idx, reason)?,
                Fit::Yes => {
                    item.left_out = None;
                    if item.has_rested() && self.try_cell(slot_idx, item_idx)? {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Whether a cell may start, as far as is known. A cell that another process has or that was
    /// given up is checked from time to time.
    fn is_open(&mut self, item_idx: usize) -> Result<bool> {
        let item = &mut self.items[item_idx];
        match item.state {
            ItemState::Open => return Ok(true),
            ItemState::Here | ItemState::Over => return Ok(false),
            ItemState::Elsewhere | ItemState::GivenUp if !item.has_rested() => return Ok(false),
            ItemState::Elsewhere => {
                if self.look(item_idx)?.is_some() {
                    // The other process may have failed with it.
                    self.count_failures()?;
                    self.look(item_idx)?;
                }
            }
            ItemState::GivenUp => {
                item.rest(LOOK_AT_RETRIES);
                let asked = RetryAsked::of(&self.applied.folder, &item.cell.run_id)?;
                if asked.map(|retry| retry.asked) > item.given_up {
                    self.count_failures()?;
                    self.look(item_idx)?;
                }
            }
        }
        Ok(self.items[item_idx].state == ItemState::Open)
    }

    fn leave_out(&mut self, item_idx: usize, reason: String) -> Result<()> {
        let item = &mut self.items[item_idx];
        if item.left_out.is_none() {
            item.left_out = Some(reason.clone());
            let (cell, run) = (item.cell.number, item.cell.run_id.clone());
            let event = WorkerEvent::LeftOut { cell, run, reason };
            self.log.write(&event)?;
            self.watch.event(Some(&item.cell), &event);
        }
        Ok(())
    }

    /// Checks a cell, claims it, checks it again, and starts it. Returns whether it was started.
    fn try_cell(&mut self, slot_idx: usize, item_idx: usize) -> Result<bool> {
        if self.look(item_idx)?.is_none() {
            return Ok(false);
        }
        let run_id = self.items[item_idx].cell.run_id.clone();
        let path = self.applied.folder.claim(&run_id);
        fs::create_folder(&path)?;
        let claim = match RunLock::take(&path) {
            Ok(claim) => claim,
            Err(Error { code: ErrorCode::InUse, .. }) => {
                let item = &mut self.items[item_idx];
                item.state = ItemState::Elsewhere;
                item.rest(LOOK_AGAIN);
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        // The other process may have ended between the check and the claim.
        let Some(mode) = self.look(item_idx)? else {
            claim.release();
            return Ok(false);
        };
        self.start(slot_idx, item_idx, mode, claim).map(|()| true)
    }

    /// How to start a cell; `None` when it should not start.
    fn look(&mut self, item_idx: usize) -> Result<Option<StartMode>> {
        let item = &mut self.items[item_idx];
        let cell = CellStatus::of(&self.applied.folder, &item.cell)?;
        let n_failures = self.failures.get(&item.cell.run_id).copied().unwrap_or(0);
        let (state, mode) = match decide(&cell, n_failures, item.is_promoted) {
            Decision::Start(mode) => (ItemState::Open, Some(mode)),
            Decision::Wait => {
                item.rest(LOOK_AGAIN);
                (ItemState::Elsewhere, None)
            }
            Decision::Done => (ItemState::Over, None),
            Decision::Shrink if cell.derived.is_none() && self.shrink(item_idx, &cell)? => {
                (ItemState::Open, Some(StartMode::Continue))
            }
            Decision::Shrink | Decision::GiveUp => (ItemState::GivenUp, None),
        };
        let item = &mut self.items[item_idx];
        item.state = state;
        if state == ItemState::GivenUp {
            item.give_up();
        }
        // The rule decides again before another promotion.
        item.is_promoted &= mode == Some(StartMode::Promote);
        Ok(mode)
    }

    /// Replaces the run of a cell that ran out of memory by one with a smaller batch.
    fn shrink(&mut self, item_idx: usize, cell: &CellStatus) -> Result<bool> {
        let item = &self.items[item_idx];
        let Some((experiment, changes)) = smaller(&item.experiment) else { return Ok(false) };
        let Some(because) = cell.failure().cloned() else { return Ok(false) };
        let digest = self.applied.digest(&experiment)?;
        let (fold, seed) = (item.cell.fold, item.cell.seed);
        let run_id = RunId::new(&experiment, fold, seed, &digest).to_string();
        let from = item.cell.run_id.clone();
        Derived { from, run_id, digest, changes, because }.keep(&self.applied.folder)?;
        Ok(true)
    }

    fn start(
        &mut self,
        slot_idx: usize,
        item_idx: usize,
        mode: StartMode,
        claim: RunLock,
    ) -> Result<()> {
        let (item, slot) = (&mut self.items[item_idx], &self.options.slots[slot_idx]);
        let folder = &self.applied.folder;
        let derived = Derived::of(folder, &item.cell.run_id)?;
        let (run_id, experiment) = match &derived {
            Some(derived) => {
                let smaller = smaller(&item.experiment).map(|(smaller, _)| smaller);
                (derived.run_id.clone(), smaller.unwrap_or_else(|| item.experiment.clone()))
            }
            None => (item.cell.run_id.clone(), item.experiment.clone()),
        };
        freeze(folder, &run_id, &experiment)?;
        let reports = &self.options.reports;
        let child = Child::start(folder, reports, &item.cell, &run_id, slot, mode)?;
        let started = WorkerEvent::Started {
            cell: item.cell.number,
            run: item.cell.run_id.clone(),
            device: slot.device.to_string(),
            idle: self.free_since[slot_idx].elapsed().as_secs_f64(),
        };
        (item.state, item.left_out) = (ItemState::Here, None);
        let watchdog = Watchdog::new(self.options.shortest_hang);
        let (run_dir, hung) = (None, None);
        self.seats[slot_idx] = Some(Seat { item_idx, child, watchdog, run_dir, hung, claim });
        self.log.write(&started)?;
        self.watch.event(Some(&self.items[item_idx].cell), &started);
        Ok(())
    }
}

/// Writes the spec of a cell beside the plan: the user may edit the spec file meanwhile.
fn freeze(folder: &SweepFolder, run_id: &str, experiment: &Experiment) -> Result<()> {
    let path = folder.cell(run_id);
    let text = experiment.to_toml();
    if fs::read_text(&path).is_ok_and(|known| known == text) {
        return Ok(());
    }
    fs::create_folder(path.parent().unwrap_or(folder.root()))?;
    fs::write_atomic(&path, text.as_bytes())
}
