"""A machine whose true throughput curve is known: noise, outliers and slow drift on top of it.

A job is fixed work; at one worker it takes one unit of time. The k-th run at n of the same curve, noise and repetition
has the same noise whatever strategy asks for it, so that strategies are compared on common random numbers.
"""

from __future__ import annotations

import zlib
from collections import Counter
from copy import copy
from dataclasses import dataclass, field
from math import exp, sqrt

import numpy as np
from curves import CURVES, MOST

NOISES = (0.02, 0.05, 0.10, 0.15)
TOLERANCE = 0.05
_VISITS = 400
_OUTLIERS = 0.02
_DRIFT, _DRIFT_TIME, _DRIFT_STEP, _DRIFT_STEPS = 0.03, 10, 0.25, 8000


@dataclass
class Machine:
    """One tuning's worth of noise."""

    curve: str
    noise: float
    repetition: int
    equal_time: bool = False
    """Every run takes one unit of time instead of one job's."""
    clock: float = 0.0
    runs: list[int] = field(default_factory=list)
    visits: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.truth = CURVES[self.curve]
        rng = np.random.default_rng(zlib.crc32(f"{self.curve}|{self.noise}|{self.repetition}".encode()))
        shape = (MOST + 1, _VISITS)
        self._noise = self.noise * rng.standard_normal(shape)
        hit = rng.random(shape) < _OUTLIERS
        self._outlier = np.where(hit, rng.uniform(1.5, 3, shape), 1)
        self._drift = _DRIFT * _wander(rng.standard_normal(_DRIFT_STEPS))

    def again(self) -> Machine:
        """The same noise from its beginning."""
        same = copy(self)
        same.clock, same.runs, same.visits = 0.0, [], Counter()
        return same

    def seconds(self, workers: int) -> float:
        """That the job takes at so many workers, this time."""
        visit = self.visits[workers]
        self.visits[workers] += 1
        drift = self._drift[min(_DRIFT_STEPS - 1, int(self.clock / _DRIFT_STEP))]
        noise = exp(self._noise[workers, visit] + drift) * self._outlier[workers, visit]
        seconds = noise / self.truth[workers - 1]
        self.clock += 1.0 if self.equal_time else seconds
        self.runs.append(workers)
        return float(seconds)

    @property
    def cost(self) -> float:
        """Of the runs so far, as a share of an exhaustive sweep's, without noise: at equal work."""
        return float(sum(1 / self.truth[n - 1] for n in self.runs) / (5 * np.sum(1 / self.truth)))

    @property
    def cost_in_runs(self) -> float:
        """The same at equal time."""
        return len(self.runs) / (5 * MOST)

    @property
    def knee(self) -> int:
        """Fewest workers within tolerance of the best."""
        return int(np.argmax(self.truth >= (1 - TOLERANCE) * self.truth.max())) + 1

    def regret(self, workers: int, best: float | None = None) -> float:
        """Share of the best throughput that is lost: of its own, or of another machine's."""
        # 19 of 20 lose 5 %, not a hair more, as floats have it.
        return round(float(1 - self.truth[workers - 1] / (best or self.truth.max())), 12)


def _wander(shocks: np.ndarray) -> np.ndarray:
    """An Ornstein-Uhlenbeck process of unit variance."""
    keep = exp(-_DRIFT_STEP / _DRIFT_TIME)
    path = np.empty_like(shocks)
    path[0] = shocks[0]
    for at in range(1, len(shocks)):
        path[at] = keep * path[at - 1] + sqrt(1 - keep**2) * shocks[at]
    return path
