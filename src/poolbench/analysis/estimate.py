"""A throughput, or a ratio of two, with its 95 % interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt

from poolbench.analysis.model import Interval

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A log, and how far it may lie from the truth."""

    centre: float
    error: float
    """Standard error of `centre`."""
    dof: float

    @property
    def value(self) -> float:
        """As a throughput or a ratio."""
        return exp(self.centre)

    @property
    def interval(self) -> Interval | None:
        """95 %; None where nothing is known of the spread."""
        if self.dof <= 0:
            return None
        reach = _t(self.dof) * self.error
        return Interval(exp(self.centre - reach), exp(self.centre + reach))

    @property
    def p_value(self) -> float:
        """How often chance alone would put a ratio so far from 1, on either side; 1 where nothing is known."""
        if self.dof <= 0:
            return 1.0
        if self.error <= 0:
            return 0.0 if self.centre else 1.0
        from scipy.special import stdtr

        return 2 * float(stdtr(min(self.dof, 1e6), -abs(self.centre) / self.error))

    def over(self, other: Estimate) -> Estimate:
        """The ratio of two that do not share their noise."""
        return difference(self.centre - other.centre, (self.error**2, self.dof), (other.error**2, other.dof))


def _t(dof: float) -> float:
    """Student's t: the reach of a 95 % interval in standard errors."""
    from scipy.special import stdtrit

    return float(stdtrit(min(dof, 1e6), 0.5 + CONFIDENCE / 2))


def difference(centre: float, *parts: tuple[float, float]) -> Estimate:
    """Of parts, each a squared error and its degrees of freedom: the squares add up, Satterthwaite gives the freedom.

    None if a part has none (Satterthwaite 1946, Biometrics Bulletin 2).
    """
    total = sum(square for square, _ in parts)
    if min(dof for _, dof in parts) <= 0:
        return Estimate(centre, sqrt(total), 0.0)
    spread = sum(square**2 / dof for square, dof in parts)
    return Estimate(centre, sqrt(total), total**2 / spread if spread > 0 else min(dof for _, dof in parts))
