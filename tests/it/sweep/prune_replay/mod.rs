//! Pruning rules let loose on made curves with a known truth: how often they give the best cell
//! up, what they save and what that costs.
//!
//! With `SEGLAB_REPLAY=N` the table of all rules over N sweeps of each family is printed:
//! `SEGLAB_REPLAY=2000 cargo test --release --test it replay -- --nocapture`.
#![expect(clippy::print_stdout, reason = "the table is what one runs it for")]

mod curves;
mod sweep;

use curves::{Family, Made};
use seglab::spec::{Prune, PruneKind};
use sweep::{Outcome, replay};

/// Number of the first sweep.
const FIRST: u64 = 1_000_000;

/// Sums over sweeps.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    n: usize,
    n_lost_best: usize,
    n_lost_winner: usize,
    spent: f64,
    regret: [f64; 2],
}

impl Tally {
    fn add(&mut self, outcome: Outcome) {
        self.n += 1;
        self.n_lost_best += usize::from(outcome.lost_best);
        self.n_lost_winner += usize::from(outcome.lost_winner);
        self.spent += outcome.spent;
        for (sum, regret) in self.regret.iter_mut().zip(outcome.regret) {
            *sum += regret;
        }
    }

    fn row(&self) -> String {
        let n = self.n as f64;
        let percent = |hits: usize| 100.0 * hits as f64 / n;
        let [from, to] = wilson(self.n_lost_best, self.n).map(|share| 100.0 * share);
        let [regret, regret_of_all] = self.regret.map(|sum| sum / n);
        format!(
            "best lost {:5.2} % [{from:.2}, {to:.2}]  winner lost {:5.2} %  saved {:4.1} %  \
             regret {regret:.4} (of all run to the end {regret_of_all:.4})",
            percent(self.n_lost_best),
            percent(self.n_lost_winner),
            100.0 * (1.0 - self.spent / n),
        )
    }
}

/// Wilson's 95 % interval of a share.
fn wilson(n_hits: usize, n: usize) -> [f64; 2] {
    let (share, n, z) = (n_hits as f64 / n as f64, n as f64, 1.96_f64);
    let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    [middle - half, middle + half]
}

/// `n` sweeps of a family under each rule. The defaults were chosen on sweeps with numbers below
/// `FIRST`, and are judged on others.
fn tally(family: Family, rules: &[Prune], n: u64) -> Vec<Tally> {
    let mut tallies = vec![Tally::default(); rules.len()];
    for seed in FIRST..FIRST + n {
        let made = Made::new(family, seed);
        for (tally, rule) in tallies.iter_mut().zip(rules) {
            tally.add(replay(&made, rule));
        }
    }
    tallies
}

/// The defaults under each kind, beside the textbook's halving and neighbours of the defaults.
fn rules() -> Vec<(&'static str, Prune)> {
    use PruneKind::{Asha, AshaRace, Race};
    let of = |kind| Prune { kind, ..Prune::default() };
    let textbook =
        Prune { min_epochs: 1, min_share: 0.0, min_cells: 0, reduction: 4.0, ..of(Asha) };
    let late = Prune { min_share: 0.5, ..textbook.clone() };
    let mut rules = vec![
        ("textbook, reduction 4, from epoch 1", textbook),
        ("textbook, reduction 4, from 0.5", late.clone()),
        ("textbook, reduction 2, from 0.5", Prune { reduction: 2.0, ..late }),
        ("asha", of(Asha)),
        ("race", of(Race)),
        ("asha-race", of(AshaRace)),
    ];
    let near = of(AshaRace);
    rules.extend([
        ("asha-race, optimism 0", Prune { optimism: 0.0, ..near.clone() }),
        ("asha-race, optimism 3", Prune { optimism: 3.0, ..near.clone() }),
        ("asha-race, optimism 12", Prune { optimism: 12.0, ..near.clone() }),
        ("asha-race, min-share 0.1", Prune { min_share: 0.1, ..near.clone() }),
        ("asha-race, min-share 0.3", Prune { min_share: 0.3, ..near.clone() }),
        ("asha-race, min-cells 8", Prune { min_cells: 8, ..near.clone() }),
        ("asha-race, reduction 3", Prune { reduction: 3.0, ..near.clone() }),
        ("asha-race, confidence 0.99", Prune { confidence: 0.99, ..near.clone() }),
        ("race, optimism 2", Prune { optimism: 2.0, ..of(Race) }),
    ]);
    rules
}

#[test]
fn by_default_the_best_cell_is_given_up_in_less_than_one_sweep_of_twenty() {
    let rule = Prune { kind: PruneKind::AshaRace, ..Prune::default() };
    let mut all = Tally::default();
    for family in Family::ALL {
        let tally = tally(family, std::slice::from_ref(&rule), 340)[0];
        println!("{family:11?} {}", tally.row());
        if family == Family::Ties {
            // Nothing is worth finding here; what would have been chosen is what must not go.
            assert!(wilson(tally.n_lost_winner, tally.n)[1] < 0.05, "{}", tally.row());
        } else {
            assert!(tally.n_lost_best as f64 / (tally.n as f64) < 0.05, "{}", tally.row());
            assert!(tally.spent < tally.n as f64, "nothing is saved: {}", tally.row());
            all.n += tally.n;
            all.n_lost_best += tally.n_lost_best;
        }
        let [regret, regret_of_all] = tally.regret.map(|sum| sum / tally.n as f64);
        assert!(regret < regret_of_all + 0.001, "{}", tally.row());
    }
    assert!(wilson(all.n_lost_best, all.n)[1] < 0.05);
}

/// The reason for all this: ranks before the learning rate falls are no guide.
#[test]
fn plain_halving_prunes_the_best_one_cycle_cell_more_often_than_not() {
    let textbook = rules().swap_remove(0).1;
    let tally = tally(Family::OneCycle, &[textbook], 60)[0];
    assert!(wilson(tally.n_lost_best, tally.n)[0] > 0.5, "{}", tally.row());
}

#[test]
fn more_optimism_saves_less() {
    let n = std::env::var("SEGLAB_REPLAY").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let (names, rules): (Vec<_>, Vec<_>) = rules().into_iter().unzip();
    let mut spent = vec![0.0; rules.len()];
    for family in Family::ALL {
        println!("{family:?}, {n} sweeps");
        for (idx, tally) in tally(family, &rules, n).iter().enumerate() {
            println!("  {:36} {}", names[idx], tally.row());
            spent[idx] += tally.spent;
        }
    }
    let spent_by = |name: &str| spent[names.iter().position(|known| *known == name).unwrap()];
    let milder = [", optimism 0", ", optimism 3", "", ", optimism 12"]
        .map(|end| spent_by(&format!("asha-race{end}")));
    assert!(milder.is_sorted(), "{milder:?}");
    assert!(spent_by("asha-race, min-share 0.3") < spent_by("asha-race"));
    assert!(spent_by("asha-race") < spent_by("race"));
    assert!(spent_by("textbook, reduction 4, from epoch 1") < spent_by("asha-race, optimism 0"));
}
