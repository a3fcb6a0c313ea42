"""Other conditions than one lane on a quiet machine: runs of equal time, unsteady machines, several lanes raced."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from curves import LISTED, MOST
from simulate import NOISES, TOLERANCE, Machine
from strategies import search

from poolbench import executors
from poolbench.tuning import Choice, Lane, Search
from poolbench.tuning.costs import cost
from poolbench.wishes import DEFAULT_EXECUTORS

_FLIPS = 1000
"""Runs, more than any search makes."""
RACES = {
    "waiting": ("mva_io19", "cap24", "proc2"),
    "computing": ("gil_flat", "gil_decl", "smt4x2"),
    "one is slow": ("usl_peak44", "usl_peak9", "cap8"),
    "a tie": ("cap24", "softcap20", "cap24"),
    "cliffs": ("cliff20", "retry16", "usl_peak7"),
}
"""Curves of asyncio, threads and processes, which are the dearest."""


@dataclass
class Disturbed(Machine):
    """Everything is slower for some runs."""

    first: int = 0
    length: int = 0
    factor: float = 1.0

    def seconds(self, workers: int) -> float:
        at = len(self.runs)
        return super().seconds(workers) * (self.factor if self.first <= at < self.first + self.length else 1.0)


@dataclass
class Flipping(Machine):
    """Its speed falls to `factor` and comes back, each after ten runs or so."""

    factor: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        dice = np.random.default_rng([self.repetition, *self.curve.encode()])
        self._slow = np.cumsum(dice.random(_FLIPS) < 0.1) % 2 == 1

    def seconds(self, workers: int) -> float:
        slow = self._slow[len(self.runs) % _FLIPS]
        return super().seconds(workers) / (self.factor if slow else 1.0)


def equal_time(repetitions: range) -> str:
    rows = []
    for name, noise, repetition in product(LISTED, NOISES, repetitions):
        machine = Machine(name, noise, repetition, equal_time=True)
        answer = search(machine)
        rows.append((machine.regret(answer.workers), machine.cost_in_runs))
    regret, cost = np.array(rows).T
    return (
        f"Told that all runs take the same time ({len(rows)} tunings): median regret {np.median(regret):.3f}, "
        f"p95 {np.quantile(regret, 0.95):.3f}, within 5 % {np.mean(regret <= 0.05):.3f}, "
        f"within 7.5 % {np.mean(regret <= 0.075):.3f}, median cost {np.median(cost):.3f}"
    )


def disturbed(repetitions: range) -> str:
    """From 5 to 40 runs, 2 to 3 times slower, from a random moment."""
    wrong = right = unsure = 0
    for name, noise, repetition in product(LISTED, NOISES[:3], repetitions):
        rng = np.random.default_rng([repetition, round(1000 * noise)])
        first, length = int(rng.integers(0, 30)), int(rng.choice([5, 10, 20, 40]))
        machine = Disturbed(name, noise, repetition, True, first=first, length=length, factor=rng.uniform(2, 3))
        answer = search(machine)
        far = machine.regret(answer.workers) > 1.5 * TOLERANCE
        wrong += answer.evidence.conclusive and far
        right += answer.evidence.conclusive and not far
        unsure += not answer.evidence.conclusive
    return (
        f"Disturbed for 5 to 40 runs, 2 to 3 times slower ({wrong + right + unsure} tunings): conclusive and within "
        f"7.5 % {right}, inconclusive {unsure}, conclusive and wrong {wrong}"
    )


def flipping(repetitions: range) -> str:
    lines = []
    for factor in (0.8, 0.7, 0.5):
        regrets, sure, right, runs, covered = [], [], [], [], []
        for name, noise, repetition in product(LISTED, NOISES[:2], repetitions):
            machine = Flipping(name, noise, repetition, equal_time=True, factor=factor)
            answer = search(machine)
            regrets.append(machine.regret(answer.workers))
            right.append(regrets[-1] <= 1.5 * TOLERANCE and answer.workers <= 1.25 * machine.knee + 1)
            sure.append(answer.evidence.conclusive)
            interval = answer.evidence.recommendation.speedup_ci
            covered.append(interval is not None and machine.truth[answer.workers - 1] in interval)
            runs.append(len(machine.runs))
        near = np.array(regrets) <= 1.5 * TOLERANCE
        lines.append(
            f"A machine whose speed falls to {factor} and comes back every ten runs or so ({len(near)} tunings): "
            f"within 7.5 % {near.mean():.3f}, knee right {np.mean(right):.3f}, conclusive {np.mean(sure):.2f}, "
            f"conclusive and wrong {np.sum(np.array(sure) & ~near)}, the speed-up's interval covers "
            f"{np.mean(covered):.3f}, runs {np.mean(runs):.0f}"
        )
    return "\n".join(lines)


def race(repetitions: range) -> str:
    lines = ["Three lanes raced, to 64 workers each; runs, and the share of them at lanes below 0.8 of the best"]
    for name, curves in RACES.items():
        regrets, runs, wasted, lanes = [], [], [], []
        for noise, repetition in product(NOISES[:3], repetitions):
            answer, machines = _raced(curves, noise, repetition)
            best = max(machine.truth.max() for machine in machines.values())
            choice = answer.recommendation.choice
            regrets.append(machines[choice.lane].regret(choice.workers, best))
            able = [lane for lane, machine in machines.items() if machine.truth.max() >= (1 - TOLERANCE) * best]
            lanes.append(choice.lane in able and _price(choice.lane) == min(map(_price, able)))
            slow = [machine for machine in machines.values() if machine.truth.max() < 0.8 * best]
            runs.append(answer.runs)
            wasted.append(sum(len(machine.runs) for machine in slow) / answer.runs)
        lines.append(
            f"  {name:12} within 5 % {np.mean(np.array(regrets) <= 0.05):.3f}, "
            f"within 7.5 % {np.mean(np.array(regrets) <= 0.075):.3f}, cheapest lane {np.mean(lanes):.2f}, "
            f"runs {np.mean(runs):.0f}, at slow lanes {np.mean(wasted):.2f}"
        )
    return "\n".join(lines)


def _price(lane: str) -> float:
    return cost(executors.kind(lane))


def _raced(curves: tuple[str, ...], noise: float, repetition: int) -> tuple:
    names = ("asyncio", "threads", "processes")
    machines = {lane: Machine(curve, noise, repetition) for lane, curve in zip(names, curves, strict=True)}
    most = {"sequential": 1, **dict.fromkeys(DEFAULT_EXECUTORS, MOST)}
    lanes = [Lane(lane, workers, _price(lane)) for lane, workers in most.items()]
    tuning = Search(lanes, baseline=Choice("sequential", 1), seed=repetition)
    while (choice := tuning.ask()) is not None:
        lane = "threads" if choice.lane == "sequential" else choice.lane
        tuning.tell(choice, 1 / machines[lane].seconds(choice.workers), 1.0)
    machines["sequential"] = machines["threads"]
    return tuning.evidence(), {lane: machines[lane] for lane in names}


ALL = (equal_time, disturbed, flipping, race)
