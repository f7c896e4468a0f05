"""How many trials Optuna's TPESampler needs for the objectives of `src/sweep/tpe_trials.rs`.

    pip install optuna==5.0.0
    python tests/peers/tpe_optuna.py [SEEDS] [BUDGET]

Prints, for each objective, the median over the seeds of the first trial (from 1) whose value is
below 0.1; a seed that never gets there counts as BUDGET + 1. The test asserts these medians.
"""

import math
import statistics
import sys

import optuna


def draw(trial):
    return (
        trial.suggest_float("lr", 1e-5, 1.0, log=True),
        trial.suggest_float("dropout", 0.0, 0.9),
        trial.suggest_int("depth", 2, 8),
        trial.suggest_int("width", 4, 512, log=True),
        trial.suggest_categorical("norm", ["batch", "instance", "group"]),
    )


def separate(trial):
    """Every parameter has its own optimum: 3e-3, 0.2, 5, 32 and `instance`."""
    lr, dropout, depth, width, norm = draw(trial)
    return (
        0.5 * (math.log10(lr) - math.log10(3e-3)) ** 2
        + ((dropout - 0.2) / 0.3) ** 2
        + 0.1 * (depth - 5) ** 2
        + 0.15 * (math.log2(width) - 5.0) ** 2
        + {"batch": 0.3, "instance": 0.0, "group": 0.15}[norm]
    )


def joined(trial):
    """The same optimum, but a deeper net wants a lower rate and a wider one more dropout."""
    lr, dropout, depth, width, norm = draw(trial)
    rate = math.log10(lr) - math.log10(3e-3) + 0.3 * (depth - 5)
    wide = math.log2(width) - 5.0
    return (
        0.5 * rate**2
        + ((dropout - 0.2 - 0.06 * wide) / 0.3) ** 2
        + 0.1 * (depth - 5) ** 2
        + 0.15 * wide**2
        + {"batch": 0.3 + 0.1 * abs(rate), "instance": 0.0, "group": 0.15}[norm]
    )


def first_below(objective, seed, budget):
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    for number in range(1, budget + 1):
        trial = study.ask()
        value = objective(trial)
        study.tell(trial, value)
        if value < 0.1:
            return number
    return budget + 1


if __name__ == "__main__":
    n_seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    budget = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    for objective in [separate, joined]:
        needed = [first_below(objective, seed, budget) for seed in range(n_seeds)]
        print(objective.__name__, "median", statistics.median(needed), sorted(needed))
