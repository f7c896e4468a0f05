//! [`Made`]: a sweep's learning curves, with the truth that only their maker knows.

use seglab::base::random::{Draw, Stream};

/// A kind of curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// An exponential approach, each cell with its own rate.
    Exponential,
    /// A power law: fast first, then long gains.
    Power,
    /// The better a cell ends, the slower it starts.
    Crossing,
    /// Scores are held down while the learning rate is high, most of all in good cells, and rise
    /// as it falls: the shape of `one-cycle`.
    OneCycle,
    /// Some cells stay at the bottom for up to a third of their epochs, some end in NaN, some
    /// stop early, some miss scores.
    Rough,
    /// All cells end within the noise of seeds.
    Ties,
}

impl Family {
    pub(crate) const ALL: [Self; 6] =
        [Self::Exponential, Self::Power, Self::Crossing, Self::OneCycle, Self::Rough, Self::Ties];
}

/// One cell as it would go, were it never given up.
#[derive(Debug)]
pub(crate) struct MadeCell {
    pub(crate) name: String,
    /// Where its setting ends in the mean over seeds and over all cases there could be; where it
    /// stood when the cell broke or lost patience.
    pub(crate) truth: f64,
    /// Monitored score by epoch.
    pub(crate) scores: Vec<Option<f64>>,
    /// Score by epoch and case.
    pub(crate) cases: Vec<Vec<Option<f64>>>,
    /// Time of an epoch.
    pub(crate) cost: f64,
}

/// A sweep.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) cells: Vec<MadeCell>,
    pub(crate) epochs: usize,
    pub(crate) n_jobs: usize,
}

/// A whole number between the two, small ones as likely as large ones on a log scale.
fn log_between(draws: &mut Stream, from: f64, to: f64) -> usize {
    draws.range(from.ln(), (to + 1.0).ln()).exp().floor() as usize
}

impl Made {
    /// Makes the sweep with this number: 8 to 64 cells, 20 to 100 epochs, 3 to 50 cases, 1 to 8
    /// of them at a time.
    pub(crate) fn new(family: Family, seed: u64) -> Self {
        let draws = &mut Draw { seed, epoch: 0, case: "" }.stream("sweep");
        let n_cells = log_between(draws, 8.0, 64.0);
        let epochs = log_between(draws, 20.0, 100.0);
        let n_cases = log_between(draws, 3.0, 50.0);
        let n_jobs = [1, 2, 4, 8][draws.below(4)];
        let spread = if family == Family::Ties { 0.003 } else { 0.05 };
        let truths: Vec<f64> = (0..n_cells).map(|_| 0.75 + spread * draws.normal()).collect();
        // A hard case lags behind the mean, an easy one runs ahead of it.
        let mut lags: Vec<f64> = (0..n_cases).map(|_| draws.range(-0.5, 0.5)).collect();
        let mean = lags.iter().sum::<f64>() / n_cases as f64;
        for lag in &mut lags {
            *lag -= mean;
        }
        let cells = truths
            .iter()
            .enumerate()
            .map(|(idx, &truth)| {
                let worse = truths.iter().filter(|other| **other < truth).count();
                let rank = worse as f64 / (n_cells - 1) as f64;
                Maker { family, epochs, lags: &lags, draws }.cell(idx, truth, rank)
            })
            .collect();
        Self { cells, epochs, n_jobs }
    }

    /// The cell whose setting ends best.
    pub(crate) fn best(&self) -> usize {
        let truth = |idx: &usize| self.cells[*idx].truth;
        (0..self.cells.len()).max_by(|a, b| truth(a).total_cmp(&truth(b))).unwrap()
    }
}

struct Maker<'a> {
    family: Family,
    epochs: usize,
    lags: &'a [f64],
    draws: &'a mut Stream,
}

impl Maker<'_> {
    /// A cell; `rank` is 0 for the worst setting and 1 for the best.
    fn cell(&mut self, idx: usize, truth: f64, rank: f64) -> MadeCell {
        let draws = &mut *self.draws;
        // The seed shifts the whole run, the cases shift each its score, a few of them much.
        let end = truth + 0.004 * draws.normal();
        let shifts: Vec<f64> = (0..self.lags.len())
            .map(|_| draws.normal() * if draws.chance(0.1) { 0.06 } else { 0.02 })
            .collect();
        let start = draws.range(0.05, 0.3);
        let (delay, broken) = match self.family {
            Family::Rough => (
                if draws.chance(0.3) { draws.range(0.0, 0.33) } else { 0.0 },
                if draws.chance(0.1) { draws.uniform() } else { 1.0 },
            ),
            _ => (0.0, 1.0),
        };
        let patience = if self.family == Family::Rough { 0.3 } else { 2.0 };
        let shape = self.shape(rank);
        let draws = &mut *self.draws;
        let cost = draws.range(0.7, 1.4);
        let (mut noise, mut best, mut best_epoch) = (0.0, f64::NEG_INFINITY, 0);
        let mut last_gap = 0.0;
        let (mut scores, mut cases) = (Vec::new(), Vec::new());
        for epoch in 1..=self.epochs {
            let time = epoch as f64 / self.epochs as f64;
            let late = ((time - delay) / (1.0 - delay)).max(0.0);
            let lr = if self.family == Family::OneCycle { cycle(time) } else { 0.0 };
            noise = 0.5 * noise + (0.003 + 0.006 * (1.0 - time) + 0.01 * lr) * draws.normal();
            let gap = (end - start) * shape.deficit(late) + shape.held * lr;
            let is_nan = time > broken;
            if !is_nan {
                last_gap = gap;
            }
            let row: Vec<f64> = (self.lags.iter().zip(&shifts))
                .map(|(lag, shift)| {
                    end + shift - gap * (1.0 + lag) + noise + draws.range(-0.04, 0.04)
                })
                .collect();
            let mean = row.iter().sum::<f64>() / row.len() as f64;
            let is_missing = self.family == Family::Rough && draws.chance(0.05);
            let keep = |score: f64| if is_nan { Some(f64::NAN) } else { Some(score) };
            scores.push(if is_missing { None } else { keep(mean) });
            cases.push(row.into_iter().map(keep).collect());
            if mean > best {
                (best, best_epoch) = (mean, epoch);
            }
            if (epoch - best_epoch) as f64 > patience * self.epochs as f64 {
                break;
            }
        }
        MadeCell { name: format!("cell-{idx:02}"), truth: truth - last_gap, scores, cases, cost }
    }

    fn shape(&mut self, rank: f64) -> Shape {
        let draws = &mut *self.draws;
        let (slow, fast) = (3.0_f64, 20.0_f64);
        let mixed = (rank + 0.15 * draws.normal()).clamp(0.0, 1.0);
        match self.family {
            Family::Power => Shape { power: Some(draws.range(0.4, 1.5)), rate: 40.0, held: 0.0 },
            Family::Crossing => {
                let rate = fast * (slow / fast).powf(mixed);
                Shape { power: None, rate, held: 0.0 }
            }
            Family::OneCycle => {
                let rate = draws.range(slow.ln(), fast.ln()).exp();
                let mixed = (rank + 0.3 * draws.normal()).clamp(0.0, 1.0);
                Shape { power: None, rate, held: 0.05 + 0.25 * mixed }
            }
            _ => {
                let rate = draws.range(slow.ln(), fast.ln()).exp();
                Shape { power: None, rate, held: 0.0 }
            }
        }
    }
}

/// How a curve comes up.
struct Shape {
    /// Exponent of a power law; `None` for an exponential.
    power: Option<f64>,
    /// Time constants in all epochs.
    rate: f64,
    /// What the highest learning rate takes away.
    held: f64,
}

impl Shape {
    /// Share of the way that is still to go: 1 at the start, 0 at the end.
    fn deficit(&self, time: f64) -> f64 {
        let raw = |time: f64| match self.power {
            Some(power) => (1.0 + self.rate * time).powf(-power),
            None => (-self.rate * time).exp(),
        };
        (raw(time) - raw(1.0)) / (1.0 - raw(1.0))
    }
}

/// The learning rate of `one-cycle` over its peak.
fn cycle(time: f64) -> f64 {
    let cosine = |share: f64| (1.0 - (std::f64::consts::PI * share).cos()) / 2.0;
    if time < 0.3 { cosine(time / 0.3) } else { 1.0 - cosine((time - 0.3) / 0.7) }
}
