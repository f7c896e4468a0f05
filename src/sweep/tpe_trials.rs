//! How many trials the search needs for a known optimum, beside Optuna's.

use super::{Search, Trial, tpe_objectives::Objective};
use crate::spec::load_resolved;

const BUDGET: usize = 200;
/// Enough that chance does not decide: a median of 20 seeds is uncertain by 6 trials either way.
const SEEDS: u64 = 100;

/// Medians of `tests/peers/tpe_optuna.py 300 200`: Optuna 5.0.0, seeds 0 to 299.
fn optuna(objective: Objective) -> f64 {
    match objective {
        Objective::Separate | Objective::Joined => 69.5,
        Objective::Moved => 65.5,
        Objective::Smooth => 28.0,
        Objective::Choices => 29.0,
    }
}

fn needed(seed: u64, objective: Objective) -> usize {
    let search = Search::new(&objective.experiment("tpe", BUDGET, seed)).unwrap();
    let mut history = Vec::new();
    for number in 0..BUDGET {
        let settings = search.propose(number, &history).unwrap();
        let score = objective.at(&settings, seed);
        if score < 0.1 {
            return number + 1;
        }
        history.push(Trial { number, settings, score: Some(score) });
    }
    BUDGET + 1
}

fn median(mut numbers: Vec<usize>) -> f64 {
    numbers.sort_unstable();
    let n = numbers.len();
    f64::midpoint(numbers[(n - 1) / 2] as f64, numbers[n / 2] as f64)
}

#[test]
fn tpe_needs_no_more_trials_than_optuna() {
    for objective in Objective::ALL {
        let needed: Vec<usize> = (0..SEEDS).map(|seed| needed(seed, objective)).collect();
        let first = median(needed[..20].to_vec());
        let (ours, optuna) = (median(needed), optuna(objective));
        let words = format!("{objective:?}: {ours} trials, the first 20 seeds {first}");
        assert!(ours <= optuna, "{words}, Optuna {optuna}");
    }
}

/// Whatever is remembered has to come from the history.
#[test]
fn a_search_started_anew_for_every_trial_proposes_the_same() {
    for kind in ["random", "sobol", "tpe"] {
        let experiment = Objective::Joined.experiment(kind, BUDGET, 7);
        let search = Search::new(&experiment).unwrap();
        let mut on_disk = String::from("[]");
        for number in 0..40 {
            let mut history: Vec<Trial> = serde_json::from_str(&on_disk).unwrap();
            let again = Search::new(&experiment).unwrap();
            let settings = again.propose(number, &history).unwrap();
            assert_eq!(search.propose(number, &history), Some(settings.clone()), "{kind} {number}");
            // Trials end in any order, and one that fails has no score.
            let score = (number % 7 != 3).then(|| Objective::Joined.at(&settings, 7));
            history.insert(number / 2, Trial { number, settings: settings.clone(), score });
            assert_eq!(again.propose(number, &history), Some(settings), "{kind} {number}");
            on_disk = serde_json::to_string(&history).unwrap();
        }
    }
}

#[test]
fn no_setting_is_tried_twice_and_an_exhausted_space_ends_the_search() {
    for kind in ["random", "sobol", "tpe"] {
        let text = format!(
            "name = 'a'\n[data]\nroot = 'd'\nclasses = ['b', 't']\n[sweep]\n\
             sampler = {{ kind = '{kind}', trials = 50 }}\n\
             exclude = [{{ \"model.norm\" = 'batch', \"train.batch\" = 2 }}]\n[sweep.axes]\n\
             \"model.norm\" = ['batch', 'instance', 'group']\n\
             \"train.batch\" = {{ from = 1, to = 8, steps = 4, log = true }}\n"
        );
        let search = Search::new(&load_resolved(&text).unwrap()).unwrap();
        let mut history: Vec<Trial> = Vec::new();
        while let Some(settings) = search.propose(history.len(), &history) {
            assert!(history.iter().all(|trial| trial.settings != settings), "{kind}");
            let score = settings["train.batch"].as_f64();
            history.push(Trial { number: history.len(), settings, score });
        }
        assert_eq!(history.len(), 3 * 4 - 1, "{kind}");
    }
}
