"""Sweeps with a known truth: noise, rare outliers and slow drift as real machines have them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from poolbench.analysis.statistics import Fit, fit

OUTLIERS, OUTLIER_RANGE = 0.02, (1.5, 3.0)
"""Share of runs that take so many times as long."""
DRIFT_SD, DRIFT_TIME = 0.03, 10.0
"""Of an Ornstein-Uhlenbeck process; its time constant in trials."""


@dataclass(frozen=True)
class Machine:
    """One simulated machine, whose drift goes on from sweep to sweep."""

    random: np.random.Generator
    noise: float
    """Standard deviation of log time from run to run."""

    def drift(self, runs: int) -> np.ndarray:
        keep = np.exp(-1 / DRIFT_TIME)
        steps = self.random.standard_normal(runs)
        path = np.empty(runs)
        path[0] = steps[0]
        for at in range(1, runs):
            path[at] = keep * path[at - 1] + np.sqrt(1 - keep**2) * steps[at]
        return DRIFT_SD * path

    def sweep(self, truth: np.ndarray, blocks: int) -> np.ndarray:
        """Throughputs, cells x blocks: every cell once a block, in random order, all trials equally long."""
        cells = len(truth)
        order = np.concatenate([self.random.permutation(cells) for _ in range(blocks)])
        runs = len(order)
        slow = np.where(self.random.random(runs) < OUTLIERS, self.random.uniform(*OUTLIER_RANGE, runs), 1.0)
        time = np.exp(self.noise * self.random.standard_normal(runs) + self.drift(runs)) * slow
        rates = np.empty((cells, blocks))
        rates[order, np.repeat(np.arange(blocks), cells)] = truth[order] / time
        return rates


def fitted(rates: np.ndarray, sweep: str = "s") -> Fit:
    """As `poolbench` fits it; cell i is ("threads", "", i)."""
    return fit(
        {
            ("threads", "", cell): {(sweep, block): float(rate) for block, rate in enumerate(row)}
            for cell, row in enumerate(rates)
        }
    )


def curve(cells: int) -> np.ndarray:
    """A baseline of 1, then up to 10 times that."""
    return np.minimum(np.arange(1, cells + 1), 10.0)
