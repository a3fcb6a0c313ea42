"""The machine's own speed from run to run, where that changes: estimated beside the throughputs, and taken out.

Where a clock rate changes, or neighbours take a share of all cores, runs next to each other are fast or slow together,
whatever their choice. Left alone that is noise, and much of it, since one run's noise is then the next one's as well.
(What slows down some choices only stays in the noise, or, where it is taken for the machine, in the others.)

Log throughputs are a mixed model: a fixed effect for each choice, a random one for the machine, and noise. Whether the
machine is steady is decided by the restricted likelihood (Patterson and Thompson 1971, "Recovery of inter-block
information when block sizes are unequal", Biometrika 58) of an autoregressive speed. If it is not, its speed is a walk
whose steps are Student's, since most of them are small and some are large: found in turns with their variances, in the
manner of Lange, Little and Taylor 1989, "Robust statistical modeling using the t distribution", JASA 84. Speeds are the
best linear unbiased predictions (Henderson 1975, Biometrics 31). Runs far off are brought nearer: stragglers are not
the machine. Runs that do not count are as if they had not been: those around them are neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import log, sqrt
from typing import TYPE_CHECKING

import numpy as np

from poolbench.tuning.noise import LEAST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.tuning.evidence import Choice
    from poolbench.tuning.shape import Matrix

_RATIOS = (0.5, 2.0, 8.0, 32.0)
"""Variance of the machine's speed over that of the noise."""
_LIKENESS = (0.6, 0.8, 0.92)
"""Correlation of the speeds at one run and the next."""
_FEWEST, _MOST = 12, 320
"""Runs from which it can be told, and up to which the time it takes, which grows with their cube, is short."""
_FEWEST_REPEATS = 6
"""Runs of choices that had been run before."""
_CLEARLY = 12.0
"""Twice the logarithm of the likelihood ratio to a steady machine: much, since it is asked for after each run."""
_FIRST, _WINSOR = 4.0, 2.5
"""Standard deviations that a run may be off its choice's median at first, and then off what is known of it."""
_STEP, _DOF = 0.5, 1.0
"""Squared scale, in variances of the noise, and degrees of freedom of the walk's steps: Cauchy's."""
_ROUNDS = 30
"""At most, until no run is brought nearer any more."""
_SETTLED = 0.1
"""Times what a run may be off by."""


@dataclass(frozen=True)
class Tempo:
    """Of a machine, in logarithms."""

    speeds: Matrix
    """At each run; their median is 0."""
    sd: float = 0.0
    """Standard deviation of one run without them, as far as they are known; 0 for a steady machine."""

    @property
    def swing(self) -> float:
        """Standard deviation of the speeds."""
        return float(self.speeds.std()) if len(self.speeds) else 0.0


@dataclass(frozen=True)
class _Model:
    """Fitted by generalised least squares."""

    values: Matrix
    effects: Matrix
    """A row for each run, 1 in the column of its choice."""
    speed: Matrix
    """Covariance of the machine's speed at two runs, in variances of the noise."""
    root: Matrix
    """Of the covariance of the runs, lower triangular."""
    basis: Matrix
    """Of the effects, made independent: orthonormal."""
    spread: Matrix
    """Root of the effects' precision, upper triangular."""
    rest: Matrix
    """Residuals, made independent."""

    @classmethod
    def of(cls, values: Matrix, effects: Matrix, speed: Matrix) -> _Model:
        root = np.linalg.cholesky(np.eye(len(values)) + speed)
        white = np.linalg.solve(root, np.column_stack([effects, values]))
        basis, spread = np.linalg.qr(white[:, :-1])
        rest = white[:, -1] - basis @ (basis.T @ white[:, -1])
        return cls(values, effects, speed, np.asarray(root), np.asarray(basis), np.asarray(spread), np.asarray(rest))

    @property
    def variance(self) -> float:
        """Of the noise."""
        runs, choices = map(int, self.effects.shape)
        return max(float(self.rest @ self.rest) / (runs - choices), LEAST**2)

    @property
    def unlikely(self) -> float:
        """Twice the negative logarithm of the restricted likelihood, but for a constant."""
        runs, choices = map(int, self.effects.shape)
        sizes = np.log(np.diag(self.root)).sum() + np.log(np.abs(np.diag(self.spread))).sum()
        return (runs - choices) * log(self.variance) + 2 * float(sizes)

    @cached_property
    def noise(self) -> Matrix:
        """What is left of each run."""
        return np.asarray(np.linalg.solve(self.root.T, self.rest))

    @property
    def squares(self) -> Matrix:
        """Expected squares of the speed's steps from run to run."""
        speed = np.linalg.solve(self.root, self.speed)
        speed -= self.basis @ (self.basis.T @ speed)
        unknown = np.diag(np.diff(np.diff(self.speed - speed.T @ speed, axis=0), axis=1))
        return np.asarray(np.diff(self.speed @ self.noise) ** 2 + self.variance * unknown)

    @property
    def run_sd(self) -> float:
        """Of a run, such that its square over a choice's runs is the variance of what is known of it, on the average.

        What is known beside the others: what is common to all is no difference between them.
        """
        runs = self.effects.sum(axis=0)
        inverse = np.linalg.inv(self.spread)
        inverse -= runs @ inverse / runs.sum()
        known = (inverse**2).sum(axis=1)
        return float(np.sqrt(self.variance * (runs @ known) / (len(runs) - 1)))


def tempo(told: Sequence[tuple[Choice, float]]) -> Tempo:
    """From choices and log throughputs, in the order in which they were run."""
    steady = Tempo(np.zeros(len(told)))
    effects = _effects([choice for choice, _ in told])
    runs, choices = effects.shape
    if not _FEWEST <= runs <= _MOST or runs - choices < _FEWEST_REPEATS or choices < 2:
        return steady
    values = np.array([value for _, value in told])
    middle = _medians(values, effects)
    again = effects[:, effects.sum(axis=0) > 1].any(axis=1)
    usual = 1.4826 * float(np.median(np.abs(values - middle)[again]))
    if usual == 0:
        return steady
    most = _FIRST * max(usual, LEAST)
    near = middle + np.clip(values - middle, -most, most)
    model = _autoregressive(near, effects)
    return steady if model is None else _walk(model, values)


def _autoregressive(values: Matrix, effects: Matrix) -> _Model | None:
    """The likeliest; None where a steady machine is not clearly less likely."""
    runs = np.arange(len(values))
    apart = np.abs(np.subtract.outer(runs, runs)).astype(float)
    still = _Model.of(values, effects, 0.0 * apart)
    models = (_Model.of(values, effects, ratio * like**apart) for ratio, like in product(_RATIOS, _LIKENESS))
    best = min(models, key=lambda each: each.unlikely)
    return best if still.unlikely - best.unlikely > _CLEARLY else None


def _walk(model: _Model, values: Matrix) -> Tempo:
    """From the speeds of `model`, of runs that may have been off by more than it was told."""
    for _ in range(_ROUNDS):
        steps = (_DOF * _STEP + model.squares / model.variance) / (_DOF + 1)
        walked = np.concatenate([[0.0], np.cumsum(steps)])
        fitted, most = model.values - model.noise, _WINSOR * sqrt(model.variance)
        near = fitted + np.clip(values - fitted, -most, most)
        settled = np.abs(near - model.values).max() < _SETTLED * most
        model = _Model.of(near, model.effects, np.minimum.outer(walked, walked))
        if settled:
            break
    speeds = model.speed @ model.noise
    return Tempo(speeds - np.median(speeds), model.run_sd)


def _effects(choices: Sequence[Choice]) -> Matrix:
    """A column for each choice."""
    columns = {choice: column for column, choice in enumerate(dict.fromkeys(choices))}
    return np.eye(len(columns))[[columns[choice] for choice in choices]] if choices else np.zeros((0, 0))


def _medians(values: Matrix, effects: Matrix) -> Matrix:
    """Of the choice of each run."""
    middle = np.array([np.median(values[own]) for own in effects.T.astype(bool)])
    return np.asarray(effects @ middle)
