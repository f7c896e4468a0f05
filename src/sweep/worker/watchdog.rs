//! [`Watchdog`]: reads the growing log of a cell: how far it is, and whether it hangs.
//!
//! Does not know about processes.

use crate::{
    base::{Result, text::duration},
    event::{Event, Follower},
    record,
};
use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Steps that the median is taken over.
const N_STEPS: usize = 101;
/// A cell hangs when it logs nothing for so many times the usual interval.
const FACTOR: f64 = 5.0;
/// What has no usual interval yet (reading data, compiling kernels, the first validation, the first
/// evaluated case) may take so many times the shortest silence that counts as a hang.
const FIRST: u32 = 15;

/// The progress of a cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrainingProgress {
    /// Epochs done.
    pub epoch: usize,
    /// Epochs planned; 0 before it is known.
    pub epochs: usize,
    /// Optimizer steps done.
    pub step: usize,
    /// Optimizer steps in an epoch; 0 before it is known.
    pub steps_per_epoch: usize,
    /// The monitored score of the latest epoch.
    pub score: Option<f64>,
    /// The best monitored score.
    pub best: Option<f64>,
    /// Cases evaluated.
    pub n_evaluated: usize,
}

/// Watches one cell.
#[derive(Debug)]
pub(super) struct Watchdog {
    follower: Option<Follower>,
    progress: TrainingProgress,
    /// Seconds of the latest steps.
    steps: VecDeque<f64>,
    /// Longest validation and longest evaluation of a case, in seconds, once there was one.
    validation: Option<f64>,
    evaluation: Option<f64>,
    /// Whether this process has made a step, or evaluated.
    is_under_way: bool,
    /// Whether an epoch has ended and no step of the next was made.
    may_evaluate: bool,
    last_sign: Instant,
    /// The shortest silence that counts as a hang.
    shortest: Duration,
}

impl Watchdog {
    /// For a cell whose process has just started.
    pub(super) fn new(shortest: Duration) -> Self {
        Self {
            follower: None,
            progress: TrainingProgress::default(),
            steps: VecDeque::new(),
            validation: None,
            evaluation: None,
            is_under_way: false,
            may_evaluate: false,
            last_sign: Instant::now(),
            shortest,
        }
    }

    /// Reads the new lines of the log.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn look(&mut self, run_dir: &Path) -> Result<()> {
        let is_first = self.follower.is_none();
        let follower = self.follower.get_or_insert_with(|| record::follow(run_dir));
        let events = follower.read()?;
        let now = Instant::now();
        if !events.is_empty() {
            for event in &events {
                self.note(event, now);
            }
            if is_first {
                self.forget_pace();
            } else {
                self.last_sign = now;
            }
        }
        Ok(())
    }

    /// The first look reads the lines of earlier attempts. They say nothing about this process: it
    /// reads its data again, and may use another device.
    fn forget_pace(&mut self) {
        self.steps.clear();
        (self.validation, self.evaluation) = (None, None);
        (self.is_under_way, self.may_evaluate) = (false, false);
        self.progress.n_evaluated = 0;
    }

    fn note(&mut self, event: &Event, now: Instant) {
        let progress = &mut self.progress;
        match event {
            Event::Started { epochs, steps_per_epoch, .. } => {
                (progress.epochs, progress.steps_per_epoch) = (*epochs, *steps_per_epoch);
                (self.is_under_way, self.may_evaluate) = (false, false);
            }
            Event::Step { epoch, step, seconds, .. } => {
                (progress.epoch, progress.step) = (epoch.saturating_sub(1), *step);
                (self.is_under_way, self.may_evaluate) = (true, false);
                self.steps.push_back(*seconds);
                if self.steps.len() > N_STEPS {
                    self.steps.pop_front();
                }
            }
            Event::Epoch { epoch, monitored, is_best, seconds, .. } => {
                (progress.epoch, progress.score) = (*epoch, *monitored);
                if *is_best {
                    progress.best = *monitored;
                }
                self.validation = Some(self.validation.unwrap_or(0.0).max(seconds[1]));
                // It may have been the last one: training stops early where nothing gets better.
                self.may_evaluate = true;
            }
            Event::CaseScored { .. } => {
                progress.n_evaluated += 1;
                let took = now.duration_since(self.last_sign).as_secs_f64();
                self.evaluation = Some(self.evaluation.unwrap_or(0.0).max(took));
                (self.is_under_way, self.may_evaluate) = (true, true);
            }
            Event::Checkpoint { .. }
            | Event::Memory { .. }
            | Event::Note { .. }
            | Event::Warning { .. } => {}
        }
    }

    /// Its progress.
    pub(super) fn progress(&self) -> &TrainingProgress {
        &self.progress
    }

    /// How long it may log nothing now.
    fn allowed(&self) -> Duration {
        let first = self.shortest * FIRST;
        let TrainingProgress { epoch, step, steps_per_epoch, .. } = self.progress;
        let is_validating = steps_per_epoch > 0 && step >= (epoch + 1) * steps_per_epoch;
        let usual = match (self.may_evaluate, is_validating) {
            _ if !self.is_under_way => None,
            (true, _) => self.evaluation,
            (false, true) => self.validation,
            (false, false) => self.median_step(),
        };
        usual.map_or(first, |usual| {
            Duration::try_from_secs_f64(usual * FACTOR).unwrap_or(first).max(self.shortest)
        })
    }

    fn median_step(&self) -> Option<f64> {
        let mut steps: Vec<f64> = self.steps.iter().copied().collect();
        steps.sort_by(f64::total_cmp);
        steps.get(steps.len() / 2).copied()
    }

    /// How long it has logged nothing, when that is too long.
    pub(super) fn hangs(&self) -> Option<Duration> {
        let silent = self.last_sign.elapsed();
        (silent > self.allowed()).then_some(silent)
    }
}

/// The failure of a cell that hung.
pub(super) fn hung(silent: Duration, progress: &TrainingProgress, run: &Path) -> record::Failure {
    let silent = duration(silent.as_secs_f64());
    let advice = format!(
        "see its log, then `seglab sweep retry {}`: it continues from its last checkpoint",
        record::experiment_of(&PathBuf::from(run))
    );
    record::Failure {
        class: record::FailureClass::Hang,
        reason: format!("no sign of life for {silent}; its process was ended"),
        details: vec![format!("after epoch {}, step {}", progress.epoch, progress.step)],
        advice: vec![advice],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORTEST: Duration = Duration::from_mins(2);

    fn step(epoch: usize, step: usize, seconds: f64) -> Event {
        let (loss, lr, beta1, grad_norm) = (0.5, 1e-3, 0.9, 1.0);
        Event::Step { epoch, step, loss, lr, beta1, grad_norm, seconds }
    }

    fn watchdog(events: &[Event]) -> Watchdog {
        let mut watchdog = Watchdog::new(SHORTEST);
        let started = Event::Started {
            n_cases: [2, 1, 0],
            n_parameters: 10,
            epochs: 2,
            steps_per_epoch: 2,
            device: String::new(),
        };
        for event in std::iter::once(&started).chain(events) {
            watchdog.note(event, Instant::now());
        }
        watchdog
    }

    #[test]
    fn a_step_may_take_five_times_the_median_and_at_least_the_shortest() {
        assert_eq!(watchdog(&[]).allowed(), SHORTEST * FIRST, "kernels are compiled");
        assert_eq!(watchdog(&[step(1, 1, 0.2)]).allowed(), SHORTEST);
        assert_eq!(watchdog(&[step(1, 1, 100.0)]).allowed(), Duration::from_secs(500));
        let slow_once = [step(1, 1, 60.0), step(2, 3, 60.0), step(2, 3, 900.0)];
        assert_eq!(watchdog(&slow_once).allowed(), Duration::from_mins(5));
    }

    #[test]
    fn the_first_validation_has_no_usual_time_yet() {
        let mut events = vec![step(1, 1, 0.2), step(1, 2, 0.2)];
        assert_eq!(watchdog(&events).allowed(), SHORTEST * FIRST);
        events.push(Event::Epoch {
            epoch: 1,
            step: 2,
            train_loss: 0.5,
            valid_loss: None,
            lr: 1e-3,
            dice: vec![],
            n_dice: vec![],
            dice_foreground: Some(0.25),
            monitored: Some(0.25),
            is_best: true,
            by_case: vec![],
            seconds: [0.4, 90.0],
        });
        let watchdog = watchdog(&events);
        assert_eq!(watchdog.allowed(), SHORTEST * FIRST, "it may be evaluated next");
        assert_eq!(watchdog.progress().best, Some(0.25));
        events.push(step(2, 3, 0.2));
        assert_eq!(self::watchdog(&events).allowed(), SHORTEST, "it trains again");
        events.push(step(2, 4, 0.2));
        assert_eq!(self::watchdog(&events).allowed(), Duration::from_secs(450));
    }

    #[test]
    fn what_earlier_attempts_did_is_no_measure_of_a_process_that_has_just_begun() {
        let mut watchdog = watchdog(&[step(1, 1, 0.2)]);
        watchdog.forget_pace();
        assert_eq!(watchdog.allowed(), SHORTEST * FIRST);
        assert_eq!(watchdog.progress().step, 1, "but it shows how far the cell is");
    }

    #[test]
    fn silence_is_judged_by_the_clock() {
        let mut watchdog = watchdog(&[step(1, 1, 0.2)]);
        assert_eq!(watchdog.hangs(), None);
        watchdog.last_sign = Instant::now().checked_sub(SHORTEST * 2).unwrap();
        assert!(watchdog.hangs().unwrap() >= SHORTEST * 2);
    }
}
