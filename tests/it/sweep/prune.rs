//! Verdicts on small sets of curves that can be judged by eye.

use seglab::{
    base::random::permutation,
    record::RunState,
    spec::{Prune, PruneKind},
    sweep::prune::{Better, Curve, Decision, decide, looks, promotions, rungs},
};

/// A cell whose score by epoch and by case is given.
struct Cell {
    name: String,
    state: RunState,
    scores: Vec<Option<f64>>,
    cases: Vec<Vec<Option<f64>>>,
}

impl Cell {
    fn new(name: &str, state: RunState, scores: &[f64]) -> Self {
        let scores = scores.iter().copied().map(Some).collect();
        Self { name: name.into(), state, scores, cases: vec![] }
    }

    /// Scores on cases `spread` around the mean, equally in all cells.
    fn with_cases(mut self, n_cases: usize) -> Self {
        let shift = |case: usize| 0.3 * (case as f64 / (n_cases - 1) as f64 - 0.5);
        let row = |score: &Option<f64>| {
            (0..n_cases).map(|case| score.map(|score| score + shift(case))).collect()
        };
        self.cases = self.scores.iter().map(row).collect();
        self
    }

    fn curve(&self) -> Curve<'_> {
        Curve {
            cell: &self.name,
            epochs: 9,
            scores: &self.scores,
            cases: &self.cases,
            state: self.state,
        }
    }
}

fn curves(cells: &[Cell]) -> Vec<Curve<'_>> {
    cells.iter().map(Cell::curve).collect()
}

fn is_pruned(rule: &Prune, better: Better, mine: &Cell, others: &[Cell]) -> bool {
    decide(rule, better, &mine.curve(), &curves(others)) != Decision::Keep
}

/// Halving as in the textbook, with rungs after epochs 1, 2, 4 and 8.
fn textbook() -> Prune {
    Prune {
        kind: PruneKind::Asha,
        min_epochs: 1,
        min_share: 0.0,
        min_cells: 0,
        reduction: 2.0,
        optimism: 0.0,
        ..Prune::default()
    }
}

/// Three finished cells that gain 0.1, 0.15 and 0.2 after epoch 4; the best ends at 0.8.
fn finished() -> Vec<Cell> {
    [(0.6, 0.7), (0.65, 0.8), (0.5, 0.7)]
        .iter()
        .enumerate()
        .map(|(idx, (then, end))| {
            let scores = [0.1, 0.2, 0.3, *then, *then, *then, *then, *end, *end];
            Cell::new(&format!("done-{idx}"), RunState::Finished, &scores).with_cases(12)
        })
        .collect()
}

#[test]
fn the_upper_half_goes_on_and_ties_with_it() {
    let others = [0.4, 0.5, 0.6, 0.7].map(|s| Cell::new(&s.to_string(), RunState::Running, &[s]));
    let judge = |score: f64| {
        let mine = Cell::new("mine", RunState::Running, &[score]);
        is_pruned(&textbook(), Better::Greater, &mine, &others)
    };
    // Five at the rung, three go on; at 0.5 two are above it, at 0.49 three.
    assert!(judge(0.3) && judge(0.49));
    assert!(!judge(0.5) && !judge(0.6) && !judge(0.9));
}

#[test]
fn less_is_better_for_a_loss() {
    let others = [0.2, 0.3].map(|s| Cell::new(&s.to_string(), RunState::Running, &[s]));
    let (low, high) =
        (Cell::new("low", RunState::Running, &[0.1]), Cell::new("high", RunState::Running, &[0.9]));
    assert!(is_pruned(&textbook(), Better::Smaller, &high, &others));
    assert!(!is_pruned(&textbook(), Better::Smaller, &low, &others));
    assert!(is_pruned(&textbook(), Better::Greater, &low, &others));
}

#[test]
fn nan_is_worst_and_unmeasured_epochs_are_ignored() {
    let others = [0.2, 0.3].map(|s| Cell::new(&s.to_string(), RunState::Running, &[s]));
    let nan = Cell::new("nan", RunState::Running, &[f64::NAN]);
    let unmeasured =
        Cell { scores: vec![None], ..Cell::new("unmeasured", RunState::Running, &[0.0]) };
    for better in [Better::Greater, Better::Smaller] {
        assert!(is_pruned(&textbook(), better, &nan, &others));
        assert!(!is_pruned(&textbook(), better, &unmeasured, &others));
    }
    // Nor does it fill the rung: of one, two or three unmeasured peers none takes a place.
    let low = Cell::new("low", RunState::Running, &[0.1]);
    let peers = |n: usize| -> Vec<Cell> {
        let peer = |idx: usize| Cell::new(&format!("peer-{idx}"), RunState::Running, &[]);
        (0..n).map(|idx| Cell { scores: vec![None], ..peer(idx) }).collect()
    };
    assert!((1..4).all(|n| !is_pruned(&textbook(), Better::Greater, &low, &peers(n))));
    // The best so far counts: one NaN after a good score does no harm.
    let dented = Cell::new("dented", RunState::Running, &[0.9, f64::NAN]);
    let others = [0.2, 0.3].map(|s| Cell::new(&s.to_string(), RunState::Running, &[s, s]));
    assert!(!is_pruned(&textbook(), Better::Greater, &dented, &others));
}

#[test]
fn only_an_epoch_of_a_rung_is_judged_and_only_against_the_same_plan() {
    let scores = [0.9; 3];
    let others = ["a", "b", "c"].map(|name| Cell::new(name, RunState::Running, &scores));
    let poor = Cell::new("poor", RunState::Running, &[0.1; 3]);
    assert_eq!(rungs(&textbook(), 9), [1, 2, 4, 8]);
    assert!(!is_pruned(&textbook(), Better::Greater, &poor, &others));
    let poor = Cell::new("poor", RunState::Running, &[0.1; 2]);
    assert!(is_pruned(&textbook(), Better::Greater, &poor, &others));
    let longer: Vec<_> = others.iter().map(|other| Curve { epochs: 10, ..other.curve() }).collect();
    assert_eq!(decide(&textbook(), Better::Greater, &poor.curve(), &longer), Decision::Keep);
    let none = Prune { kind: PruneKind::None, ..textbook() };
    assert!(!is_pruned(&none, Better::Greater, &poor, &others));
}

/// Whoever comes first goes on, but once all have come and promotions are done, the same cells
/// have passed: those that are in the upper half of all.
#[test]
fn with_promotions_the_order_of_arrival_does_not_change_the_upper_half() {
    let n_cells = 12;
    for seed in 0..200 {
        let mut cells: Vec<Cell> = Vec::new();
        for idx in permutation(seed, 1, n_cells) {
            let score = 0.3 + 0.05 * idx as f64;
            let mut cell = Cell::new(&format!("{idx:02}"), RunState::Running, &[score]);
            if is_pruned(&textbook(), Better::Greater, &cell, &cells) {
                cell.state = RunState::Pruned;
            }
            cells.push(cell);
        }
        let back: Vec<String> = promotions(&textbook(), Better::Greater, &curves(&cells))
            .into_iter()
            .map(str::to_owned)
            .collect();
        assert!(back.is_sorted_by(|a, b| a > b), "best first: {back:?}");
        let is_through =
            |cell: &&Cell| cell.state == RunState::Running || back.contains(&cell.name);
        let upper = cells.iter().filter(|cell| cell.name.as_str() >= "06");
        assert!(upper.clone().all(|cell| is_through(&cell)), "seed {seed}");
        // And a promoted one was not in the upper half by then.
        assert!(back.iter().all(|name| name.as_str() >= "06"), "seed {seed}: {back:?}");
    }
}

#[test]
fn a_cell_is_granted_the_largest_gain_of_those_that_finished() {
    let others = finished();
    let rule = Prune { min_cells: 3, optimism: 0.0, ..textbook() };
    // The largest gain after epoch 4 is 0.2, and 0.8 is to be reached.
    let judge = |rule: &Prune, score: f64| {
        let mine = Cell::new("mine", RunState::Running, &[0.1, 0.1, 0.1, score]);
        is_pruned(rule, Better::Greater, &mine, &others)
    };
    // 0.59 is third of four, and two continue.
    assert!(judge(&rule, 0.59) && !judge(&rule, 0.605));
    assert!(!judge(&Prune { optimism: 3.0, ..rule.clone() }, 0.59));
    assert!(!judge(&Prune { min_cells: 4, ..rule }, 0.59));
}

#[test]
fn a_race_is_lost_on_the_cases_and_not_with_few_of_them() {
    let rule = Prune {
        kind: PruneKind::Race,
        min_epochs: 3,
        min_share: 0.0,
        min_cells: 3,
        optimism: 0.0,
        ..Prune::default()
    };
    assert!(looks(&rule, 9).contains(&4));
    let others = finished();
    let mine = |score: f64, n_cases: usize| {
        Cell::new("mine", RunState::Running, &[0.1, 0.1, 0.1, score]).with_cases(n_cases)
    };
    let judge = |cell: &Cell, others: &[Cell]| match decide(
        &rule,
        Better::Greater,
        &cell.curve(),
        &curves(others),
    ) {
        Decision::Keep => None,
        Decision::Prune(reason) => Some(reason.to_string()),
    };
    let reason = judge(&mine(0.5, 12), &others).unwrap();
    assert!(
        reason.contains("a gain of 0.2000") && reason.contains("`done-1` by 0.1000"),
        "{reason}"
    );
    assert_eq!(judge(&mine(0.61, 12), &others), None);
    // A case that the cell alone masters outweighs the rest in the mean.
    let mut master = mine(0.58, 12);
    master.cases[3][0] = Some(1.0 + 0.5);
    assert_eq!(judge(&master, &others), None);
    let few: Vec<Cell> = finished().into_iter().map(|cell| cell.with_cases(6)).collect();
    assert_eq!(judge(&mine(0.1, 6), &few), None);
    // Without cases, or with other ones, there is nothing to compare.
    assert_eq!(judge(&mine(0.1, 5), &others), None);
    assert_eq!(judge(&Cell::new("mine", RunState::Running, &[0.1; 4]), &others), None);
}

/// With a checkpoint whose cases are as good as the incumbent's, whatever each one's spread, and
/// the same noise carried from look to look, at most one in twenty is ever given up.
#[test]
fn equal_checkpoints_are_given_up_no_more_often_than_the_confidence_says() {
    let rule = Prune {
        kind: PruneKind::Race,
        min_epochs: 1,
        min_share: 0.0,
        min_cells: 1,
        optimism: 0.0,
        confidence: 0.95,
        ..Prune::default()
    };
    let (n_trials, n_cases) = (2000, 20);
    let mut n_pruned = 0;
    for seed in 0..n_trials {
        let draws = &mut seglab::base::random::Draw { seed, epoch: 0, case: "" }.stream("null");
        let mut incumbent = Cell::new("incumbent", RunState::Finished, &[0.5; 9]);
        incumbent.cases = vec![vec![Some(0.5); n_cases]; 9];
        // A later epoch is a new best by a hair, so that each look has cases of its own.
        let scores: Vec<f64> = (0..9).map(|epoch| 0.4 + 0.001 * f64::from(epoch)).collect();
        let mut mine = Cell::new("mine", RunState::Running, &scores);
        let spreads: Vec<f64> = (0..n_cases).map(|_| draws.range(0.01, 0.2)).collect();
        let mut noise = vec![0.0; n_cases];
        for _ in 0..9 {
            for (noise, spread) in noise.iter_mut().zip(&spreads) {
                *noise = 0.6 * *noise + spread * draws.normal();
            }
            mine.cases.push(noise.iter().map(|noise| Some(0.5 + noise)).collect());
        }
        let is_ever_pruned = looks(&rule, 9).into_iter().any(|n_epochs| {
            let curve = mine.curve();
            let so_far = Curve { scores: &curve.scores[..n_epochs], ..curve };
            decide(&rule, Better::Greater, &so_far, &[incumbent.curve()]) != Decision::Keep
        });
        n_pruned += usize::from(is_ever_pruned);
    }
    // Under a rate of 5 %, more than 130 of 2 000 has a chance of 0.1 %. None at all would mean
    // that the test never rejects.
    assert!((10..130).contains(&n_pruned), "{n_pruned} of {n_trials}");
}
