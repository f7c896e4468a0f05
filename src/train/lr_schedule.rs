//! [`LrSchedule`]: learning rate and first-moment decay (beta1) at every optimizer step.
//!
//! Both are pure functions of the step, so that a resumed run follows the same schedule.
//!
//! Does not know about weights.

use crate::spec::{Advance, OnExtend, Schedule};
use burn::optim::lr_scheduler::{LrScheduler, LrSchedulerRecord};
use std::f64::consts::PI;

const LOWEST_MOMENTUM: f64 = 0.85;
const HIGHEST_MOMENTUM: f64 = 0.95;

/// Where burn puts the step of a [`LrStepper`] in the scheduler's record.
pub(super) const STEP_KEY: &str = "0.step";

/// The schedule of a run of known length.
#[derive(Debug, Clone, PartialEq)]
pub struct LrSchedule {
    schedule: Schedule,
    beta1: f64,
    steps_per_epoch: usize,
    /// Steps of the cycle before the extension; 0 without one.
    n_before: usize,
    /// Steps of the cycle after that.
    n_steps: usize,
}

/// Rates of one optimizer step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepRates {
    /// Learning rate.
    pub lr: f64,
    /// First-moment decay of AdamW.
    pub beta1: f64,
}

impl LrSchedule {
    /// `beta1` is used where the schedule does not cycle it.
    pub fn new(schedule: &Schedule, beta1: f64, steps_per_epoch: usize, epochs: usize) -> Self {
        let n_steps = steps_per_epoch * epochs;
        Self { schedule: schedule.clone(), beta1, steps_per_epoch, n_before: 0, n_steps }
    }

    /// The schedule of a run of `epochs_total` that continues a run of `epochs_before`. Steps that
    /// are done keep their values. For the steps after them
    ///
    /// * [`OnExtend::Restart`] makes a new cycle over the added epochs, which rises again from
    ///   the first learning rate;
    /// * [`OnExtend::Stretch`] makes one cycle over all epochs together and enters it at the
    ///   run's step. The learning rate jumps there, from the end of the short cycle to the middle
    ///   of the long one.
    ///
    /// A constant schedule is the same either way.
    pub fn extended(
        schedule: &Schedule,
        beta1: f64,
        steps_per_epoch: usize,
        epochs_before: usize,
        epochs_total: usize,
        on_extend: OnExtend,
    ) -> Self {
        let whole = Self::new(schedule, beta1, steps_per_epoch, epochs_total);
        match on_extend {
            OnExtend::Restart => {
                let n_before = (steps_per_epoch * epochs_before).min(whole.n_steps);
                Self { n_before, n_steps: whole.n_steps - n_before, ..whole }
            }
            OnExtend::Stretch => whole,
        }
    }

    /// The rates of a step, counted from 0 over all epochs; past the end, those of the last step.
    pub fn at(&self, step: usize) -> StepRates {
        match step.checked_sub(self.n_before) {
            Some(step) => self.within(step, self.n_steps),
            None => self.within(step, self.n_before),
        }
    }

    /// The rates of a step of a cycle of `n_steps`.
    fn within(&self, step: usize, n_steps: usize) -> StepRates {
        let last = n_steps.saturating_sub(1);
        let step = step.min(last);
        let done = if last == 0 { 0.0 } else { step as f64 / last as f64 };
        let beta1 = self.beta1;
        match self.schedule {
            Schedule::OneCycle { .. } => self.one_cycle(step, n_steps),
            Schedule::Constant { max_lr } => StepRates { lr: max_lr, beta1 },
            Schedule::Poly { max_lr, power } => {
                let left = 1.0 - step as f64 / n_steps.max(1) as f64;
                StepRates { lr: max_lr * left.powf(power), beta1 }
            }
            Schedule::Cosine { max_lr, min_lr, warmup } => {
                let lr = if done < warmup {
                    // The first step is not wasted on a learning rate of 0.
                    max_lr * (step + 1) as f64 / (warmup * last as f64 + 1.0)
                } else {
                    cosine(max_lr, min_lr, (done - warmup) / (1.0 - warmup))
                };
                StepRates { lr, beta1 }
            }
        }
    }

    /// # Source
    /// PyTorch's `OneCycleLR` with `anneal_strategy="cos"`; the rise ends at
    /// `pct_start * steps - 1`.
    fn one_cycle(&self, step: usize, n_steps: usize) -> StepRates {
        let Schedule::OneCycle {
            max_lr,
            pct_start,
            div_factor,
            final_div_factor,
            cycle_momentum,
            advance,
            on_extend: _,
        } = self.schedule
        else {
            return StepRates { lr: 0.0, beta1: self.beta1 };
        };
        let position = match advance {
            Advance::Step => step,
            Advance::Epoch => step / self.steps_per_epoch.max(1),
        } as f64;
        let rise_end = pct_start * n_steps as f64 - 1.0;
        let end = n_steps as f64 - 1.0;
        let first = max_lr / div_factor;
        let (lr, momentum) = if position <= rise_end {
            // A rise of a single step starts at its end; PyTorch divides by zero there.
            let share = if rise_end > 0.0 { position / rise_end } else { 1.0 };
            (cosine(first, max_lr, share), cosine(HIGHEST_MOMENTUM, LOWEST_MOMENTUM, share))
        } else {
            // A run of one or two steps has no rise and starts with the fall.
            let share = ((position - rise_end) / (end - rise_end)).clamp(0.0, 1.0);
            let last = first / final_div_factor;
            (cosine(max_lr, last, share), cosine(LOWEST_MOMENTUM, HIGHEST_MOMENTUM, share))
        };
        StepRates { lr, beta1: if cycle_momentum { momentum } else { self.beta1 } }
    }
}

/// Half a cosine from `from` to `to` as `share` goes from 0 to 1.
fn cosine(from: f64, to: f64, share: f64) -> f64 {
    to + (from - to) / 2.0 * (1.0 + (PI * share).cos())
}

/// Gives burn's learner the learning rates of an [`LrSchedule`], one step per call.
#[derive(Debug, Clone)]
pub struct LrStepper {
    schedule: LrSchedule,
    step: usize,
}

impl LrStepper {
    /// At the first step of `schedule`.
    pub fn new(schedule: LrSchedule) -> Self {
        Self { schedule, step: 0 }
    }
}

impl LrScheduler for LrStepper {
    fn step(&mut self) -> f64 {
        let rates = self.schedule.at(self.step);
        self.step += 1;
        rates.lr
    }

    fn to_record(&self) -> LrSchedulerRecord {
        LrSchedulerRecord::new().with_scalar("step", self.step)
    }

    fn load_record(&mut self, record: LrSchedulerRecord) {
        if let Some(step) = record.scalar::<usize>("step") {
            self.step = step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_schedules_begin_and_end_where_they_say() {
        let curve = |schedule: &Schedule| LrSchedule::new(schedule, 0.9, 10, 10);
        let poly = curve(&Schedule::Poly { max_lr: 0.01, power: 0.9 });
        assert!((poly.at(0).lr - 0.01).abs() < 1e-15);
        assert!((poly.at(50).lr - 0.01 * 0.5_f64.powf(0.9)).abs() < 1e-15);
        let cosine = curve(&Schedule::Cosine { max_lr: 0.01, min_lr: 1e-4, warmup: 0.1 });
        assert!(cosine.at(0).lr > 0.0 && cosine.at(0).lr < cosine.at(5).lr);
        assert!((cosine.at(99).lr - 1e-4).abs() < 1e-15);
        assert_eq!(
            curve(&Schedule::Constant { max_lr: 0.5 }).at(77),
            StepRates { lr: 0.5, beta1: 0.9 }
        );
    }

    fn one_cycle_rising(pct_start: f64) -> Schedule {
        Schedule::OneCycle {
            max_lr: 1e-3,
            pct_start,
            div_factor: 25.0,
            final_div_factor: 1000.0,
            cycle_momentum: true,
            advance: Advance::Step,
            on_extend: None,
        }
    }

    #[test]
    fn an_extended_cycle_begins_anew_or_is_entered_where_the_run_stands() {
        let schedule = one_cycle_rising(0.3);
        let extended = |on_extend| LrSchedule::extended(&schedule, 0.9, 4, 5, 15, on_extend);
        let (short, long) =
            (LrSchedule::new(&schedule, 0.9, 4, 5), LrSchedule::new(&schedule, 0.9, 4, 15));
        let (restarted, stretched) = (extended(OnExtend::Restart), extended(OnExtend::Stretch));
        let added = LrSchedule::new(&schedule, 0.9, 4, 10);
        for step in 0..60 {
            let expected = if step < 20 { short.at(step) } else { added.at(step - 20) };
            assert_eq!(restarted.at(step), expected, "step {step}");
            assert_eq!(stretched.at(step), long.at(step), "step {step}");
        }
        assert_eq!(restarted.at(20), short.at(0));
        assert!(stretched.at(20).lr > 1000.0 * short.at(19).lr);
        let constant = Schedule::Constant { max_lr: 0.5 };
        for on_extend in [OnExtend::Restart, OnExtend::Stretch] {
            let curve = LrSchedule::extended(&constant, 0.9, 4, 5, 15, on_extend);
            assert!((0..60).all(|step| curve.at(step) == StepRates { lr: 0.5, beta1: 0.9 }));
        }
    }

    /// Also where `pct_start x steps` is exactly 1, so that the rise has no length.
    #[test]
    fn short_runs_have_finite_learning_rates() {
        let shares = [0.05, 0.1, 0.25, 0.3, 0.5];
        for (epochs, share) in (1..=20).flat_map(|n| shares.map(|share| (n, share))) {
            let schedule = one_cycle_rising(share);
            let curve = LrSchedule::new(&schedule, 0.9, 1, epochs);
            for step in 0..epochs {
                let point = curve.at(step);
                assert!(point.lr.is_finite() && point.lr >= 0.0, "{epochs} epochs: {point:?}");
                assert!((0.85..=0.95).contains(&point.beta1));
            }
        }
    }
}
