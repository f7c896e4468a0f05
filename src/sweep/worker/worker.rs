//! [`work`]: one worker, from the first free slot to the last cell.
//!
//! One thread checks every few milliseconds its children, requests to stop, and free slots.
//! Everything that must outlive it is on disk: other workers see that the claims of a dead worker
//! are dead, and take over its cells.
//!
//! Does not know how a cell is chosen ([`super::claim`]) or its end judged ([`super::end`]).

use super::{
    Applied, TrainingProgress, WorkerOptions,
    child::Child,
    item::{Item, ItemState},
    trials::Trials,
    watchdog::Watchdog,
};
use crate::{
    base::Result,
    event::Stop,
    record::{RunLock, RunState},
    run::StopFlags,
    sweep::{
        Cell,
        forecast::Forecast,
        slot::Slot,
        store::{CellStatus, StopAsked, WorkerEvent, WorkerLog},
    },
};
use chrono::Utc;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

/// Interval of the loop.
const TICK: Duration = Duration::from_millis(20);
/// Interval of checks of the children's progress.
const PULSE: Duration = Duration::from_millis(500);
/// Time that a child which hangs has to end by itself before it is killed.
const LAST_CHANCE: Duration = Duration::from_secs(10);

/// How a worker ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkerEnd {
    /// Nothing is left to do.
    Done,
    /// Only cells that failed are left.
    Failed(usize),
    /// Cells are left that did not fit before the time limit.
    Left(usize),
    /// It was asked to stop.
    Stopped(Stop),
    /// The disk is full; the sweep can continue when there is space.
    Paused,
}

/// A running cell.
#[derive(Debug, Clone, Copy)]
pub struct RunningCell<'a> {
    /// The cell.
    pub cell: &'a Cell,
    /// Where it runs.
    pub slot: &'a Slot,
    /// Its progress.
    pub progress: &'a TrainingProgress,
}

/// Hears what a worker does. It cannot fail the work.
pub trait WorkerListener {
    /// Called for every event, with the cell that it is about.
    fn event(&mut self, cell: Option<&Cell>, event: &WorkerEvent);
    /// Called twice a second with the running cells.
    fn busy(&mut self, cells: &[RunningCell<'_>]);
}

/// A slot with a cell in it.
pub(super) struct Seat {
    pub(super) item_idx: usize,
    pub(super) child: Child,
    pub(super) watchdog: Watchdog,
    pub(super) run_dir: Option<PathBuf>,
    /// Since when it hangs, and how long it had logged nothing then.
    pub(super) hung: Option<(Instant, Duration)>,
    /// Kept for its heartbeat.
    pub(super) claim: RunLock,
}

/// One worker.
pub(super) struct Worker<'a> {
    pub(super) options: &'a WorkerOptions,
    pub(super) applied: &'a mut Applied,
    pub(super) flags: &'a StopFlags,
    pub(super) watch: &'a mut dyn WorkerListener,
    pub(super) log: WorkerLog,
    pub(super) items: Vec<Item>,
    pub(super) seats: Vec<Option<Seat>>,
    /// Since when each slot has been free.
    pub(super) free_since: Vec<Instant>,
    pub(super) forecast: Forecast,
    /// Failures by run id, of all workers since the sweep was applied.
    pub(super) failures: BTreeMap<String, usize>,
    pub(super) trials: Trials,
    /// Whether a cell has ended since the last check for promotions.
    pub(super) has_ended_cells: bool,
    pub(super) is_paused: bool,
}

/// Works on an applied sweep until nothing is left to do or it is asked to stop.
///
/// # Errors
/// * when the sweep's folder or the runs cannot be read or written
/// * when a cell cannot be started for a reason outside of the cell
pub fn work(
    options: &WorkerOptions,
    applied: &mut Applied,
    flags: &StopFlags,
    watch: &mut dyn WorkerListener,
) -> Result<WorkerEnd> {
    let mut log = WorkerLog::enter(&applied.folder)?;
    let slots = options.slots.iter().map(|slot| slot.device.to_string()).collect();
    let began = WorkerEvent::Began { slots, until: options.until };
    log.write(&began)?;
    watch.event(None, &began);
    let n_slots = options.slots.len();
    let mut worker = Worker {
        options,
        applied,
        flags,
        watch,
        log,
        items: Vec::new(),
        seats: (0..n_slots).map(|_| None).collect(),
        free_since: vec![Instant::now(); n_slots],
        forecast: options.forecast.clone(),
        failures: BTreeMap::new(),
        trials: Trials::new(),
        has_ended_cells: true,
        is_paused: false,
    };
    let ending = worker.read_cells().and_then(|()| worker.run_loop());
    if ending.is_err() {
        // Children must not outlive the process that claimed their cells.
        worker.stop_children();
        while worker.reap().is_ok() && worker.is_busy() {
            thread::sleep(TICK);
        }
    }
    let ending = ending?;
    let over = WorkerEvent::Over { reason: ending.words() };
    worker.log.write(&over)?;
    worker.watch.event(None, &over);
    Ok(ending)
}

impl WorkerEnd {
    /// In words.
    fn words(&self) -> String {
        match self {
            Self::Done => "nothing is left to do".to_owned(),
            Self::Failed(n) => format!("nothing is left to do; {n} failed"),
            Self::Left(n) => format!("{n} are left"),
            Self::Stopped(stop) => format!("stopped by {}", stop.name()),
            Self::Paused => "the disk is full".to_owned(),
        }
    }
}

impl Worker<'_> {
    fn run_loop(&mut self) -> Result<WorkerEnd> {
        let mut next_pulse = Instant::now();
        loop {
            self.reap()?;
            let stop = self.stop_asked();
            if stop.is_some() || self.is_paused {
                self.stop_children();
                if !self.is_busy() {
                    let is_left =
                        |item: &Item| !matches!(item.state, ItemState::Over | ItemState::GivenUp);
                    if !self.items.iter().any(is_left) {
                        return Ok(self.ending());
                    }
                    return Ok(stop.map_or(WorkerEnd::Paused, WorkerEnd::Stopped));
                }
            } else if !self.fill_slots()? && !self.is_busy() && !self.may_have_work_later() {
                return Ok(self.ending());
            }
            if Instant::now() >= next_pulse {
                next_pulse = Instant::now() + PULSE;
                self.look_after_children()?;
            }
            thread::sleep(TICK);
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.seats.iter().any(Option::is_some)
    }

    /// Who asked the worker to stop.
    fn stop_asked(&self) -> Option<Stop> {
        let is_late = || self.options.until.is_some_and(|until| Utc::now() >= until);
        let is_told = || StopAsked::is_asked(&self.applied.folder);
        self.flags
            .asked()
            .or_else(|| is_late().then_some(Stop::Walltime))
            .or_else(|| is_told().then_some(Stop::Signal))
    }

    fn stop_children(&mut self) {
        for seat in self.seats.iter_mut().flatten() {
            seat.child.ask_to_stop();
        }
    }

    /// Whether there may be something to do later: a cell that rests, or one of another worker.
    fn may_have_work_later(&self) -> bool {
        self.items.iter().any(|item| match item.state {
            ItemState::Open => item.left_out.is_none() && item.may_run_on(&self.options.slots),
            ItemState::Elsewhere => self.options.waits_for_others,
            ItemState::Here | ItemState::Over | ItemState::GivenUp => false,
        })
    }

    fn ending(&self) -> WorkerEnd {
        let count = |state| self.items.iter().filter(|item| item.state == state).count();
        match (count(ItemState::Open), count(ItemState::GivenUp)) {
            (0, 0) => WorkerEnd::Done,
            (0, n_failed) => WorkerEnd::Failed(n_failed),
            (n_left, _) => WorkerEnd::Left(n_left),
        }
    }

    /// Checks the progress of the children, and whether one hangs.
    fn look_after_children(&mut self) -> Result<()> {
        let folder = &self.applied.folder;
        for seat in self.seats.iter_mut().flatten() {
            if seat.run_dir.is_none() {
                let cell = CellStatus::of(folder, &self.items[seat.item_idx].cell)?;
                let is_begun = cell.state == RunState::Running;
                seat.run_dir = cell.run.filter(|_| is_begun);
            }
            if let Some(dir) = &seat.run_dir {
                // A log that cannot be read now may be readable next time.
                let _ = seat.watchdog.look(dir);
            }
            match seat.hung {
                Some((since, _)) if since.elapsed() > LAST_CHANCE => seat.child.kill(),
                None => {
                    seat.hung = seat.watchdog.hangs().map(|silent| (Instant::now(), silent));
                    if seat.hung.is_some() {
                        seat.child.ask_to_stop();
                    }
                }
                Some(_) => {}
            }
        }
        let slots = &self.options.slots;
        let busy: Vec<RunningCell<'_>> = self
            .seats
            .iter()
            .zip(slots)
            .filter_map(|(seat, slot)| {
                let seat = seat.as_ref()?;
                let cell = &self.items[seat.item_idx].cell;
                Some(RunningCell { cell, slot, progress: seat.watchdog.progress() })
            })
            .collect();
        self.watch.busy(&busy);
        Ok(())
    }

    /// Handles the children that have ended.
    pub(super) fn reap(&mut self) -> Result<()> {
        for slot_idx in 0..self.seats.len() {
            let Some(seat) = &mut self.seats[slot_idx] else { continue };
            let log = self.applied.folder.log(&self.items[seat.item_idx].cell.run_id);
            let Some(exit) = seat.child.ended(&log)? else { continue };
            if let Some(seat) = self.seats[slot_idx].take() {
                self.free_since[slot_idx] = Instant::now();
                self.conclude(slot_idx, seat, &exit)?;
            }
        }
        Ok(())
    }
}
