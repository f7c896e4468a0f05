//! Pruning: which cells of a sweep are given up before their last epoch, and which continue later.
//!
//! [`decide`] decides about one cell after one of its epochs. [`promotions`] lists the pruned cells
//! that would not be pruned now. Both are pure functions of the curves on disk: after a crash they
//! give the same answer, and no state is needed. A decision is made only when the last epoch of a
//! cell is a rung or a look, so a cell that has passed one is not checked there again.
//!
//! # The rules
//!
//! *`asha`*, asynchronous successive halving (Li et al. 2018): at a rung a cell goes on if its best
//! score so far is in the top 1 / `reduction` of all that have come this far, rounded up. Ties go
//! on. This is the form that stops a cell instead of pausing it, as Optuna's
//! `SuccessiveHalvingPruner`; unlike there, a stopped cell keeps its state and is promoted when the
//! rung has grown enough.
//!
//! *`race`*: the best finished cell is the incumbent. At each of at most six looks, the cell's best
//! checkpoint so far is compared with the incumbent's, case by case on the same validation cases,
//! with Wilcoxon's signed-rank test; the cell is given up when it is worse, also in the mean.
//!
//! Both first grant the cell what it may still gain: the largest gain that any finished cell made
//! after the same epoch, times 1 + `optimism` / m for m of them, because the largest of few gains
//! is soon exceeded. Ranks in the middle of a schedule do not predict the ranks
//! at its end, above all with `one-cycle`; what finished cells of the same plan gained late is the
//! only evidence. Until `min-cells` have finished there is none, and no cell is given up.
//!
//! The best checkpoint so far is compared, not the latest epoch, on both sides: it is what would
//! be evaluated.
//!
//! # What is controlled, and what is not
//!
//! Case by case, the claim under test is: *this checkpoint, raised by what is granted, is no worse
//! than that of the incumbent on cases of this kind*, in the sense that each difference is as
//! likely to have either sign given its size. The cases are independent given both checkpoints.
//! A look rejects it below `(1 - confidence) / looks`, and by Bonferroni a cell for which it holds
//! at every look is given up with a chance of at most `1 - confidence`, however the looks, which
//! use the same cases, depend on each other, and whoever is the incumbent at each. With six looks
//! at 0.95 that takes at least 7 cases; fewer never suffice, which is as it should be.
//!
//! Three things remain heuristic: no cell gains more than is granted; the incumbent and its
//! checkpoint were chosen by their scores on these cases, which favours them; and a rung is not a
//! test. For these there is the replay in `tests/it/sweep/prune_replay`, on curves with known truth.
//!
//! Betting on bounded differences (Waudby-Smith and Ramdas 2023) was considered and not used: it is
//! made for samples that grow, while here every look has all cases. With differences of 0.05 in
//! [-1, 1], no bet on 50 cases multiplies its stake by more than 1.05^50 = 11.5, and 0.95 needs 20
//! even at one look.
//!
//! Does not know about processes, folders or what the scores are.

mod asha;
mod curve;
mod decide;
mod outlook;
mod pruner;
mod race;

pub use asha::rungs;
pub use curve::{Better, Curve};
pub use decide::{Decision, Reason, decide, promotions};
pub use pruner::{SweepPruner, promotions as promoted_runs};
pub use race::looks;
