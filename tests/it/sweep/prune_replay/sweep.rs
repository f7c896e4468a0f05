//! [`replay`]: a sweep with workers, as the curves and a rule make it go.

use super::curves::Made;
use seglab::{
    record::RunState,
    spec::Prune,
    sweep::prune::{Better, Curve, Decision, decide, looks, promotions, rungs},
};

/// What came of a sweep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    /// The cell with the best setting did not get to its end.
    pub(crate) lost_best: bool,
    /// The cell that would have had the best score did not get to its end.
    pub(crate) lost_winner: bool,
    /// Time that was spent, over that of the whole sweep.
    pub(crate) spent: f64,
    /// What the chosen cell's setting ends below the best one, with the rule and without.
    pub(crate) regret: [f64; 2],
}

struct Progress<'a> {
    made: &'a Made,
    n_done: Vec<usize>,
    states: Vec<RunState>,
}

impl Progress<'_> {
    fn curve(&self, idx: usize) -> Curve<'_> {
        let cell = &self.made.cells[idx];
        Curve {
            cell: &cell.name,
            epochs: self.made.epochs,
            scores: &cell.scores[..self.n_done[idx]],
            cases: &cell.cases[..self.n_done[idx]],
            state: self.states[idx],
        }
    }

    /// The cells that have begun.
    fn curves(&self) -> Vec<Curve<'_>> {
        let begun = (0..self.n_done.len()).filter(|idx| self.n_done[*idx] > 0);
        begun.map(|idx| self.curve(idx)).collect()
    }

    fn choice(&self) -> usize {
        let finished = (0..self.n_done.len()).filter(|idx| self.states[*idx] == RunState::Finished);
        finished
            .max_by(|a, b| self.made.final_score(*a).total_cmp(&self.made.final_score(*b)))
            .expect("a sweep finishes some cell")
    }
}

impl Made {
    /// The best score the cell ever has.
    fn final_score(&self, idx: usize) -> f64 {
        let scores = self.cells[idx].scores.iter().flatten().filter(|score| score.is_finite());
        scores.copied().fold(f64::NEG_INFINITY, f64::max)
    }
}

/// Lets a rule loose on a sweep: a worker that is free takes the next cell, and when there is none
/// left, one that would no longer be given up.
pub(crate) fn replay(made: &Made, rule: &Prune) -> Outcome {
    let n_cells = made.cells.len();
    let mut progress =
        Progress { made, n_done: vec![0; n_cells], states: vec![RunState::Running; n_cells] };
    let judged = [rungs(rule, made.epochs), looks(rule, made.epochs)].concat();
    let mut next = 0;
    let mut spent = 0.0;
    let mut now = 0.0;
    // When each worker is through with the epoch of its cell.
    let mut workers: Vec<Option<(f64, usize)>> = vec![None; made.n_jobs];
    // Whether anything was learned since the last promotions.
    let mut is_news = true;
    loop {
        for worker in workers.iter_mut().filter(|worker| worker.is_none()) {
            let cell = if next < n_cells {
                next += 1;
                Some(next - 1)
            } else if !is_news {
                None
            } else {
                let curves = progress.curves();
                let back = promotions(rule, Better::Greater, &curves).first().copied();
                back.and_then(|name| made.cells.iter().position(|cell| cell.name == name))
            };
            if let Some(cell) = cell {
                progress.states[cell] = RunState::Running;
                *worker = Some((now + made.cells[cell].cost, cell));
            }
        }
        is_news = false;
        let due = (0..workers.len())
            .filter_map(|worker| workers[worker].map(|(time, cell)| (time, worker, cell)))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((time, worker, cell)) = due else { break };
        now = time;
        spent += made.cells[cell].cost;
        progress.n_done[cell] += 1;
        if progress.n_done[cell] == made.cells[cell].scores.len() {
            progress.states[cell] = RunState::Finished;
            is_news = true;
        } else if judged.contains(&progress.n_done[cell]) {
            is_news = true;
            let curves = progress.curves();
            let verdict = decide(rule, Better::Greater, &progress.curve(cell), &curves);
            if let Decision::Prune(_) = verdict {
                progress.states[cell] = RunState::Pruned;
            }
        }
        let goes_on = progress.states[cell] == RunState::Running;
        workers[worker] = goes_on.then(|| (now + made.cells[cell].cost, cell));
    }
    let best = made.best();
    let chosen = progress.choice();
    let winner = (0..n_cells)
        .max_by(|a, b| made.final_score(*a).total_cmp(&made.final_score(*b)))
        .expect("a sweep has cells");
    let whole: f64 = made.cells.iter().map(|cell| cell.cost * cell.scores.len() as f64).sum();
    let regret = |cell: usize| made.cells[best].truth - made.cells[cell].truth;
    Outcome {
        lost_best: progress.states[best] != RunState::Finished,
        lost_winner: progress.states[winner] != RunState::Finished,
        spent: spent / whole,
        regret: [regret(chosen), regret(winner)],
    }
}
