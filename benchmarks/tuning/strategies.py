"""Ways to choose the number of workers: poolbench's search, and what it is compared with.

Each takes a machine and gives an answer. All but the search conclude by the naive rule: the fewest workers whose
median is within tolerance of the best median.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, log2
from statistics import median

import numpy as np
from curves import MOST
from scipy.optimize import least_squares
from simulate import TOLERANCE, Machine

from poolbench.tuning import Evidence, Lane, Search

try:
    import optuna
except ModuleNotFoundError:
    optuna = None

GOLDEN = (5**0.5 - 1) / 2
RUNGS = [2**power for power in range(7)]


@dataclass(frozen=True)
class Answer:
    workers: int
    cost: float
    """Share of the exhaustive sweep's work."""
    runs: int
    evidence: Evidence | None = None


def search(machine: Machine, **options: object) -> Answer:
    """What is tested here."""
    tuning = Search([Lane("threads", MOST)], seed=machine.repetition, **options)
    while (choice := tuning.ask()) is not None:
        seconds = machine.seconds(choice.workers)
        tuning.tell(choice, 1 / seconds, 1.0 if machine.equal_time else seconds)
    evidence = tuning.evidence()
    return Answer(evidence.recommendation.choice.workers, machine.cost, len(machine.runs), evidence)


def naive(machine: Machine, times: dict[int, list[float]]) -> Answer:
    rates = {n: 1 / median(each) for n, each in sorted(times.items())}
    best = max(rates.values())
    workers = next(n for n, rate in rates.items() if rate >= (1 - TOLERANCE) * best)
    return Answer(workers, machine.cost, len(machine.runs))


def _sweep(machine: Machine, counts: list[int], repeats: int) -> dict[int, list[float]]:
    """In blocks, each in an order of its own."""
    rng = np.random.default_rng(machine.repetition)
    times: dict[int, list[float]] = {n: [] for n in counts}
    for _ in range(repeats):
        for n in rng.permutation(counts).tolist():
            times[n].append(machine.seconds(n))
    return times


def exhaustive(machine: Machine) -> Answer:
    return naive(machine, _sweep(machine, list(range(1, MOST + 1)), 5))


def geometric(machine: Machine) -> Answer:
    return naive(machine, _sweep(machine, RUNGS, 5))


def golden_section(machine: Machine) -> Answer:
    """On the logarithm of the workers, three runs a point."""
    times: dict[int, list[float]] = {}

    def rate(x: float) -> float:
        n = min(max(round(2**x), 1), MOST)
        if n not in times:
            times[n] = [machine.seconds(n) for _ in range(3)]
        return 1 / median(times[n])

    low, high = 0.0, log2(MOST)
    while 2**high - 2**low > 1 and high - low > 0.02:
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        if rate(left) >= rate(right):
            high = right
        else:
            low = left
    return naive(machine, times)


def usl_fit(machine: Machine) -> Answer:
    """Gunther's law fitted to 1 to 32 workers twice, then to three more runs where it puts the knee."""
    times = _sweep(machine, RUNGS[:-1], 2)
    for _ in range(3):
        knee = _usl_knee(times)
        times.setdefault(knee, []).append(machine.seconds(knee))
    return Answer(_usl_knee(times), machine.cost, len(machine.runs))


def _usl_knee(times: dict[int, list[float]]) -> int:
    n = np.array([count for count, each in times.items() for _ in each], dtype=float)
    logs = np.array([-log(seconds) for each in times.values() for seconds in each])

    def law(parameters: np.ndarray, n: np.ndarray) -> np.ndarray:
        scale, contention, coherency = parameters
        return scale + np.log(n / (1 + contention * (n - 1) + coherency * n * (n - 1)))

    fit = least_squares(
        lambda parameters: law(parameters, n) - logs,
        [0, 0.1, 0.001],
        bounds=([-np.inf, 0, 0], [np.inf, 1, 1]),
        loss="huber",
        f_scale=0.05,
    )
    every = law(fit.x, np.arange(1.0, MOST + 1))
    return int(np.argmax(every >= every.max() + log(1 - TOLERANCE))) + 1


def tpe(machine: Machine, trials: int) -> Answer:
    """Optuna's default sampler, told to find the highest throughput."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    times: dict[int, list[float]] = {}

    def objective(trial: object) -> float:
        n = trial.suggest_int("workers", 1, MOST)
        times.setdefault(n, []).append(machine.seconds(n))
        return 1 / times[n][-1]

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=machine.repetition))
    study.optimize(objective, n_trials=trials)
    return naive(machine, times)
