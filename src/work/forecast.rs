//! [`Forecast`]: how long a cell will take, from how long its like have taken, or else from what was
//! predicted.
//!
//! Knows nothing of clocks.

use crate::{
    data::median,
    spec::{Experiment, digest},
};
use std::collections::BTreeMap;

/// Seconds that cells take, by what their time depends on.
#[derive(Debug, Clone, Default)]
pub struct Forecast {
    taken: BTreeMap<String, Vec<f64>>,
    predicted: BTreeMap<String, f64>,
}

impl Forecast {
    /// Notes that a cell took so long, all in all.
    pub fn note(&mut self, kind: &str, seconds: f64) {
        self.taken.entry(kind.to_owned()).or_default().push(seconds);
    }

    /// Notes what was predicted before any of its like had finished.
    pub fn expect(&mut self, kind: String, seconds: f64) {
        self.predicted.insert(kind, seconds);
    }

    /// How long a cell will take from its start: the median of its like, or what was predicted as
    /// long as none has finished; `None` when nobody knows.
    pub fn seconds(&self, kind: &str) -> Option<f64> {
        let taken = self.taken.get(kind).map(|taken| median(taken));
        taken.or_else(|| self.predicted.get(kind).copied())
    }
}

/// What the time of a cell depends on: everything but what changes numbers alone.
pub fn kind(experiment: &Experiment) -> String {
    let mut like = experiment.clone();
    like.seed = 0;
    (like.loss, like.optimizer, like.schedule) = Default::default();
    digest(&like, "", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::load_resolved;

    fn experiment(more: &str) -> Experiment {
        let text = "name = 'a'\n[data]\nroot = 'd'\nclasses = ['b', 't']\n";
        load_resolved(&(text.to_owned() + more)).unwrap()
    }

    #[test]
    fn cells_of_other_rates_and_seeds_are_alike_and_of_other_widths_are_not() {
        let mut forecast = Forecast::default();
        let plain = kind(&experiment(""));
        assert_eq!(forecast.seconds(&plain), None);
        forecast.expect(plain.clone(), 99.0);
        assert_eq!(forecast.seconds(&plain), Some(99.0));
        for seconds in [10.0, 30.0, 20.0] {
            forecast.note(&plain, seconds);
        }
        let other = kind(&experiment("[schedule]\nkind = 'one-cycle'\nmax-lr = 0.5"));
        assert_eq!(forecast.seconds(&other), Some(20.0));
        let seed = kind(&Experiment { seed: 7, ..experiment("") });
        assert_eq!(forecast.seconds(&seed), Some(20.0));
        assert_eq!(forecast.seconds(&kind(&experiment("[model]\nwidths = [2, 4]"))), None);
    }
}
