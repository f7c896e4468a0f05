"""How many trials Optuna's TPESampler needs for the objectives of `src/sweep/tpe_objectives.rs`.

    pip install optuna==5.0.0
    python tests/peers/tpe_optuna.py [SEEDS] [BUDGET] [default|independent]

`default` is multivariate since Optuna 5, `independent` is `multivariate=False`. Prints, for each
objective, the median over the seeds of the first trial (from 1) whose value is below 0.1; a seed
that never gets there counts as BUDGET + 1. The test asserts these medians.
"""

import math
import statistics
import sys

import optuna

# Powers of the root of x^6 = x + 1: multiples of them fill five dimensions evenly.
EVEN = [0.8566748838545029, 0.7338918566271260, 0.6287067210378087, 0.5385972572236101, 0.4613967774270545]


def place(seed):
    return [(0.5 + (seed + 1) * step) % 1.0 for step in EVEN]


def draw(trial):
    return (
        math.log10(trial.suggest_float("lr", 1e-5, 1.0, log=True)),
        trial.suggest_float("dropout", 0.0, 0.9),
        trial.suggest_int("depth", 2, 8),
        math.log2(trial.suggest_int("width", 4, 512, log=True)),
        trial.suggest_categorical("norm", ["batch", "instance", "group"]),
    )


def separate(trial, _):
    """Every parameter has its own optimum: 3e-3, 0.2, 5, 32 and `instance`."""
    return net(trial, (math.log10(3e-3), 0.2, 5, 5.0, 1), 0.0)


def joined(trial, _):
    """The same optimum, but a deeper net wants a lower rate and a wider one more dropout."""
    return net(trial, (math.log10(3e-3), 0.2, 5, 5.0, 1), 1.0)


def moved(trial, seed):
    """As `joined`, with another optimum for every seed."""
    u = place(seed)
    best = (4 * u[0] - 4.5, 0.1 + 0.7 * u[1], 2 + int(7 * u[2]), 2.5 + 6 * u[3], int(3 * u[4]))
    return net(trial, best, 1.0)


def net(trial, best, joined):
    rate, dropout, depth, width, norm = draw(trial)
    deep, wide = depth - best[2], width - best[3]
    rate = rate - best[0] + 0.3 * joined * deep
    share = dropout - best[1] - 0.06 * joined * wide
    other = (["batch", "instance", "group"].index(norm) - best[4]) % 3
    norm = [0.0, 0.15, 0.3 + 0.1 * joined * abs(rate)][other]
    return 0.5 * rate**2 + (share / 0.3) ** 2 + 0.1 * deep**2 + 0.15 * wide**2 + norm


def smooth(trial, seed):
    """Five numbers, two of them by factors; another optimum for every seed."""
    at = [
        (math.log10(trial.suggest_float("lr", 1e-5, 1e-1, log=True)) + 5) / 4,
        (math.log10(trial.suggest_float("decay", 1e-6, 1e-2, log=True)) + 6) / 4,
        trial.suggest_float("dropout", 0.0, 0.9) / 0.9,
        trial.suggest_float("dice", 0.0, 1.0),
        trial.suggest_float("cross-entropy", 0.0, 1.0),
    ]
    off = [one - (0.1 + 0.8 * best) for one, best in zip(at, place(seed))]
    off[1] += 0.4 * off[0]
    return sum(weight * one**2 for weight, one in zip([6, 4, 4, 2, 1], off))


def choices(trial, seed):
    """Two rates and three lists, one of which moves a rate; another optimum for every seed."""
    u = place(seed)
    rate = math.log10(trial.suggest_float("lr", 1e-5, 1e-1, log=True)) + 5
    decay = math.log10(trial.suggest_float("decay", 1e-6, 1e-2, log=True)) + 6
    norm = (trial.suggest_categorical("norm", [0, 1, 2]) + int(3 * u[2])) % 3
    reduction = (trial.suggest_categorical("reduction", [0, 1, 2, 3]) + int(4 * u[3])) % 4
    residual = (trial.suggest_categorical("residual", [0, 1]) + int(2 * u[4])) % 2
    rate -= 0.4 + 3.2 * u[0] + 0.4 * norm
    decay -= 0.4 + 3.2 * u[1]
    lists = [0, 0.1, 0.2][norm] + [0, 0.08, 0.16, 0.3][reduction] + [0, 0.12][residual]
    return 0.4 * rate**2 + 0.2 * decay**2 + lists


def first_below(objective, seed, budget, **variant):
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, **variant))
    for number in range(1, budget + 1):
        trial = study.ask()
        value = objective(trial, seed)
        study.tell(trial, value)
        if value < 0.1:
            return number
    return budget + 1


if __name__ == "__main__":
    n_seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    budget = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    variant = {"multivariate": False} if sys.argv[3:] == ["independent"] else {}
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    for objective in [separate, joined, moved, smooth, choices]:
        needed = [first_below(objective, seed, budget, **variant) for seed in range(n_seeds)]
        print(objective.__name__, "median", statistics.median(needed), "of the first 20", statistics.median(needed[:20]), flush=True)
