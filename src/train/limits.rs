//! [`Limits`]: how far one attempt may go, and [`LongestTimes`], what its parts took so far.
//!
//! Does not know what is computed, or who asks for a stop.

use std::time::{Duration, Instant};

/// Until a checkpoint was timed, it is expected to take this and two steps.
const UNKNOWN_CHECKPOINT: Duration = Duration::from_secs(1);

/// How far one attempt may go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// When the last checkpoint must be written.
    pub deadline: Option<Instant>,
    /// Optimizer steps, over all attempts, after which this attempt stops.
    pub step_limit: Option<usize>,
}

/// The longest of each part of training so far, and when the last checkpoint was made.
#[derive(Debug)]
pub(super) struct LongestTimes {
    step: Duration,
    checkpoint: Option<Duration>,
    scored_case: Duration,
    validation: Option<Duration>,
    last_checkpoint: Instant,
}

impl LongestTimes {
    pub(super) fn new() -> Self {
        Self {
            step: Duration::ZERO,
            checkpoint: None,
            scored_case: Duration::ZERO,
            validation: None,
            last_checkpoint: Instant::now(),
        }
    }

    pub(super) fn stepped(&mut self, took: Duration) {
        self.step = self.step.max(took);
    }

    pub(super) fn scored_case(&mut self, took: Duration) {
        self.scored_case = self.scored_case.max(took);
    }

    pub(super) fn validated(&mut self, took: Duration) {
        self.validation = self.validation.max(Some(took));
    }

    pub(super) fn committed(&mut self, took: Duration) {
        self.checkpoint = self.checkpoint.max(Some(took));
        self.last_checkpoint = Instant::now();
    }

    /// What one more step is expected to take.
    pub(super) fn of_step(&self) -> Duration {
        self.step
    }

    /// What one more validation case is expected to take.
    pub(super) fn of_scored_case(&self) -> Duration {
        self.scored_case
    }

    /// What validation of `n_cases` is expected to take: before the first one, a training step per
    /// case.
    pub(super) fn of_validation(&self, n_cases: usize) -> Duration {
        let n_cases = u32::try_from(n_cases).unwrap_or(u32::MAX);
        self.validation.unwrap_or_else(|| self.step.saturating_mul(n_cases))
    }

    /// Whether `next` and a checkpoint after it may end after `deadline`. A tenth is added to both,
    /// since later parts may take longer than the longest so far.
    pub(super) fn is_over(&self, deadline: Instant, next: Duration) -> bool {
        let unknown = || self.step.saturating_mul(2) + UNKNOWN_CHECKPOINT;
        let needed = next.saturating_add(self.checkpoint.unwrap_or_else(unknown));
        let needed = needed.saturating_add(needed / 10);
        deadline.saturating_duration_since(Instant::now()) <= needed
    }

    /// Whether this many minutes have passed since the last checkpoint, or since the beginning.
    pub(super) fn is_checkpoint_due(&self, every_minutes: Option<f64>) -> bool {
        every_minutes
            .is_some_and(|minutes| self.last_checkpoint.elapsed().as_secs_f64() >= minutes * 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(n: u64) -> Duration {
        Duration::from_hours(n)
    }

    #[test]
    fn a_stop_comes_early_enough_for_the_next_part_and_a_checkpoint() {
        let mut times = LongestTimes::new();
        let deadline = Instant::now() + hours(10);
        // Nothing is known: the first step begins.
        assert!(!times.is_over(deadline, times.of_step()));
        times.stepped(hours(4));
        times.stepped(hours(1));
        // A step of 4 h and a checkpoint that is thought to take 8 h do not fit.
        assert!(times.is_over(deadline, times.of_step()));
        // With one of 2 h and the tenth they take 6.6 h.
        times.committed(hours(2));
        assert!(!times.is_over(deadline, times.of_step()));
        // So does one validation case of 4 h at most; two and the checkpoint take 11 h.
        assert!(!times.is_over(deadline, times.of_validation(1)));
        assert!(times.is_over(deadline, times.of_validation(2)));
        times.validated(hours(1));
        assert!(!times.is_over(deadline, times.of_validation(2)));
        assert!(times.is_over(Instant::now(), Duration::ZERO));
    }

    #[test]
    fn minutes_count_from_the_last_checkpoint() {
        let mut times = LongestTimes::new();
        assert!(!times.is_checkpoint_due(None));
        assert!(!times.is_checkpoint_due(Some(60.0)));
        assert!(times.is_checkpoint_due(Some(0.0)));
        if let Some(long_ago) = Instant::now().checked_sub(hours(2)) {
            times.last_checkpoint = long_ago;
            assert!(times.is_checkpoint_due(Some(60.0)));
            times.committed(Duration::ZERO);
            assert!(!times.is_checkpoint_due(Some(60.0)));
        }
    }
}
