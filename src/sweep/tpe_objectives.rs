//! [`Objective`]: what the searches of `tpe_trials.rs` try to make small. Their optimum is 0.
//!
//! `tests/peers/tpe_optuna.py` has the same ones for Optuna.

use crate::spec::{Experiment, Settings, load_resolved};

/// A function of five parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Objective {
    /// A rate, a share, a depth, a width and a norm, each with its own optimum: 3e-3, 0.2, 5, 32
    /// and `instance`.
    Separate,
    /// The same optimum, but a deeper net wants a lower rate and a wider one more dropout.
    Joined,
    /// As `Joined`, with another optimum for every seed.
    Moved,
    /// Five numbers, two of them by factors; another optimum for every seed.
    Smooth,
    /// Two rates and three lists, one of which moves a rate; another optimum for every seed.
    Choices,
}

/// Powers of the root of `x^6 = x + 1`: multiples of them fill five dimensions evenly.
const EVEN: [f64; 5] = [
    0.856_674_883_854_502_9,
    0.733_891_856_627_126,
    0.628_706_721_037_808_7,
    0.538_597_257_223_610_1,
    0.461_396_777_427_054_5,
];

const NET_AXES: &str = "\"schedule.max-lr\" = { from = 1e-5, to = 1, log = true }\n\
    \"model.dropout\" = { from = 0, to = 0.9 }\n\
    \"train.batch\" = { from = 2, to = 8 }\n\
    \"model.squeeze-excitation\" = { from = 4, to = 512, log = true }\n\
    \"model.norm\" = ['batch', 'instance', 'group']\n";
const SMOOTH_AXES: &str = "\"schedule.max-lr\" = { from = 1e-5, to = 1e-1, log = true }\n\
    \"optimizer.weight-decay\" = { from = 1e-6, to = 1e-2, log = true }\n\
    \"model.dropout\" = { from = 0, to = 0.9 }\n\
    \"loss.dice.weight\" = { from = 0, to = 1 }\n\
    \"loss.cross-entropy.weight\" = { from = 0, to = 1 }\n";
const CHOICES_AXES: &str = "\"schedule.max-lr\" = { from = 1e-5, to = 1e-1, log = true }\n\
    \"optimizer.weight-decay\" = { from = 1e-6, to = 1e-2, log = true }\n\
    \"model.norm\" = ['batch', 'instance', 'group']\n\
    \"model.squeeze-excitation\" = [0, 4, 8, 16]\n\
    \"model.residual\" = [true, false]\n";

impl Objective {
    pub(super) const ALL: [Self; 5] =
        [Self::Separate, Self::Joined, Self::Moved, Self::Smooth, Self::Choices];

    /// A sweep over the axes of this objective.
    pub(super) fn experiment(self, kind: &str, trials: usize, seed: u64) -> Experiment {
        let axes = match self {
            Self::Separate | Self::Joined | Self::Moved => NET_AXES,
            Self::Smooth => SMOOTH_AXES,
            Self::Choices => CHOICES_AXES,
        };
        let text = format!(
            "name = 'a'\n[data]\nroot = 'd'\nclasses = ['b', 't']\n[train]\nmonitor = 'valid/loss'\n\
             [sweep]\nsampler = {{ kind = '{kind}', trials = {trials}, seed = {seed} }}\n\
             [sweep.axes]\n{axes}"
        );
        load_resolved(&text).unwrap()
    }

    pub(super) fn at(self, settings: &Settings, seed: u64) -> f64 {
        let u = EVEN.map(|step| (0.5 + (seed + 1) as f64 * step).fract());
        let fixed = ([3e-3_f64.log10(), 0.2, 5.0, 5.0], 1);
        match self {
            Self::Separate => net(settings, fixed, 0.0),
            Self::Joined => net(settings, fixed, 1.0),
            Self::Moved => {
                let depth = 2.0 + (7.0 * u[2]).floor();
                let best = [4.0 * u[0] - 4.5, 0.1 + 0.7 * u[1], depth, 2.5 + 6.0 * u[3]];
                net(settings, (best, part(3, u[4])), 1.0)
            }
            Self::Smooth => smooth(settings, u),
            Self::Choices => choices(settings, u),
        }
    }
}

fn number(settings: &Settings, key: &str) -> f64 {
    settings[key].as_f64().unwrap()
}

/// In which of `n` equal parts of 0..1 a place lies.
fn part(n: usize, place: f64) -> usize {
    (0..n).rev().find(|idx| place >= *idx as f64 / n as f64).unwrap_or(0)
}

/// Where a value stands in a list, counted round from the `turn`th.
fn rank(settings: &Settings, key: &str, values: &[&str], turn: usize) -> usize {
    let value = settings[key].to_string();
    let idx = values.iter().position(|it| *it == value).unwrap();
    (idx + turn) % values.len()
}

const NORMS: [&str; 3] = ["\"batch\"", "\"instance\"", "\"group\""];

fn net(settings: &Settings, (best, norm): ([f64; 4], usize), joined: f64) -> f64 {
    let deep = number(settings, "train.batch") - best[2];
    let wide = number(settings, "model.squeeze-excitation").log2() - best[3];
    let rate = number(settings, "schedule.max-lr").log10() - best[0] + 0.3 * joined * deep;
    let share = number(settings, "model.dropout") - best[1] - 0.06 * joined * wide;
    let other = rank(settings, "model.norm", &NORMS, 3 - norm);
    let norm = [0.0, 0.15, 0.3 + 0.1 * joined * rate.abs()][other];
    0.5 * rate.powi(2) + (share / 0.3).powi(2) + 0.1 * deep.powi(2) + 0.15 * wide.powi(2) + norm
}

fn smooth(settings: &Settings, u: [f64; 5]) -> f64 {
    let number = |key| number(settings, key);
    let at = [
        (number("schedule.max-lr").log10() + 5.0) / 4.0,
        (number("optimizer.weight-decay").log10() + 6.0) / 4.0,
        number("model.dropout") / 0.9,
        number("loss.dice.weight"),
        number("loss.cross-entropy.weight"),
    ];
    let mut off: [f64; 5] = std::array::from_fn(|idx| at[idx] - (0.1 + 0.8 * u[idx]));
    off[1] += 0.4 * off[0];
    off.iter().zip([6.0, 4.0, 4.0, 2.0, 1.0]).map(|(off, weight)| weight * off * off).sum()
}

fn choices(settings: &Settings, u: [f64; 5]) -> f64 {
    let norm = rank(settings, "model.norm", &NORMS, part(3, u[2]));
    let ratios = ["0", "4", "8", "16"];
    let reduction = rank(settings, "model.squeeze-excitation", &ratios, part(4, u[3]));
    let residual = rank(settings, "model.residual", &["true", "false"], part(2, u[4]));
    let rate = number(settings, "schedule.max-lr").log10() + 5.0;
    let rate = rate - (0.4 + 3.2 * u[0] + 0.4 * norm as f64);
    let decay = number(settings, "optimizer.weight-decay").log10() + 6.0 - (0.4 + 3.2 * u[1]);
    let lists = [0.0, 0.1, 0.2][norm] + [0.0, 0.08, 0.16, 0.3][reduction] + [0.0, 0.12][residual];
    0.4 * rate * rate + 0.2 * decay * decay + lists
}
