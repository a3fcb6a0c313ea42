"""Medians and intervals for throughputs, whose noise multiplies: everything is computed on logarithms.

The interval is Student's t around the median of the logs, with the deviation pooled over the cells of one curve:
the few blocks of a single cell know their own spread badly. Pooling variances of groups with means of their own is
the one-way analysis of variance (any textbook; Snedecor and Cochran 1989, chapter 12). The median of k values from
a normal distribution deviates up to sqrt(pi / 2) = 1.2533 times as much as their mean (Kenney and Keeping 1962,
section 7.6); for three values and more that factor widens the interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from poolbench.analysis.model import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONFIDENCE = 0.95
_MEDIAN_SPREAD = sqrt(pi / 2)


Block = tuple[str, int]
"""A sweep's name and the number of a block in it."""


@dataclass(frozen=True)
class Spread:
    """A pooled standard deviation of logs and its degrees of freedom."""

    sd: float
    dof: int


@dataclass(frozen=True)
class Estimate:
    """The median of some logs, and how far it may lie from the truth."""

    centre: float
    """A log."""
    error: float
    """Standard error of `centre`, in logs."""
    dof: int

    @property
    def value(self) -> float:
        """As a throughput or a ratio."""
        return exp(self.centre)

    @property
    def interval(self) -> Interval | None:
        """95 %; None where nothing is known of the spread."""
        if self.dof < 1:
            return None
        reach = _t(self.dof) * self.error
        return Interval(exp(self.centre - reach), exp(self.centre + reach))

    def over(self, other: Estimate) -> Estimate:
        """The ratio of two that do not share their noise; known no better than the one that is known worse."""
        error = sqrt(self.error**2 + other.error**2)
        return Estimate(self.centre - other.centre, error, min(self.dof, other.dof))


def _t(dof: int) -> float:
    """Student's t: the reach of a 95 % interval in standard errors."""
    from scipy.special import stdtrit

    return float(stdtrit(dof, 0.5 + CONFIDENCE / 2))


def pooled(groups: Iterable[Mapping[Block, float]]) -> Spread:
    """The deviation inside groups of logs by block; each group has a centre of its own."""
    squares, dof = 0.0, 0
    for group in groups:
        values = np.array(list(group.values()))
        if len(values) > 1:
            squares += float(np.sum((values - values.mean()) ** 2))
            dof += len(values) - 1
    return Spread(sqrt(squares / dof) if dof else 0.0, dof)


def estimate(logs: Mapping[Block, float], spread: Spread) -> Estimate:
    """The median of `logs` (at least one), with its standard error from a pooled `spread`."""
    count = len(logs)
    factor = _MEDIAN_SPREAD if count > 2 else 1.0
    return Estimate(float(np.median(list(logs.values()))), factor * spread.sd / sqrt(count), spread.dof)


def paired(logs: Mapping[Block, float], base: Mapping[Block, float]) -> dict[Block, float]:
    """Differences of logs inside the blocks that both have: the machine's drift is the same for both there."""
    return {block: value - base[block] for block, value in logs.items() if block in base}


def logs_of(rates: Mapping[Block, float]) -> dict[Block, float]:
    """By block."""
    return {block: log(rate) for block, rate in rates.items()}
