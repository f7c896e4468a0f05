//! [`Forecast`]: how long a cell will take, from how long its like have taken, or else from what was
//! predicted.
//!
//! Knows nothing of clocks.

use crate::data::median;
use std::collections::BTreeMap;

/// Seconds that cells take, by what their time depends on: [`time_key`](super::time_key).
#[derive(Debug, Clone, Default)]
pub struct Forecast {
    taken: BTreeMap<String, Vec<f64>>,
    predicted: BTreeMap<String, f64>,
}

impl Forecast {
    /// Notes that a cell took so long, all in all.
    pub fn note(&mut self, key: &str, seconds: f64) {
        self.taken.entry(key.to_owned()).or_default().push(seconds);
    }

    /// Notes what was predicted before any of its like had finished.
    pub fn foresee(&mut self, key: String, seconds: f64) {
        self.predicted.insert(key, seconds);
    }

    /// How long a cell will take from its start: the median of its like, or what was predicted as
    /// long as none has finished; `None` when nobody knows.
    pub fn seconds(&self, key: &str) -> Option<f64> {
        let taken = self.taken.get(key).map(|taken| median(taken));
        taken.or_else(|| self.predicted.get(key).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        spec::{Experiment, load_resolved},
        sweep::worker::time_key,
    };

    fn experiment(more: &str) -> Experiment {
        let text = "name = 'a'\n[data]\nroot = 'd'\nclasses = ['b', 't']\n";
        load_resolved(&(text.to_owned() + more)).unwrap()
    }

    fn key(experiment: &Experiment) -> String {
        time_key(experiment, "")
    }

    #[test]
    fn cells_of_other_rates_and_seeds_are_alike_and_of_other_widths_are_not() {
        let mut forecast = Forecast::default();
        let plain = key(&experiment(""));
        assert_eq!(forecast.seconds(&plain), None);
        forecast.foresee(plain.clone(), 99.0);
        assert_eq!(forecast.seconds(&plain), Some(99.0));
        for seconds in [10.0, 30.0, 20.0] {
            forecast.note(&plain, seconds);
        }
        let other = key(&experiment("[schedule]\nkind = 'one-cycle'\nmax-lr = 0.5"));
        assert_eq!(forecast.seconds(&other), Some(20.0));
        let seed = key(&Experiment { seed: 7, ..experiment("") });
        assert_eq!(forecast.seconds(&seed), Some(20.0));
        assert_eq!(forecast.seconds(&key(&experiment("[model]\nwidths = [2, 4]"))), None);
    }
}
