"""From the state of a search to its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, hypot, sqrt
from typing import TYPE_CHECKING

import numpy as np

from poolbench.analysis.model import Interval
from poolbench.tuning.evidence import Recommendation, Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from poolbench.tuning.evidence import Choice
    from poolbench.tuning.noise import Noise
    from poolbench.tuning.shape import Matrix

_LEFT = 0.05
"""Choices with so little chance together are no longer possible."""


@dataclass(frozen=True)
class Beliefs:
    """About all choices, the cheapest first."""

    choices: list[Choice]
    noise: Noise
    centres: Mapping[Choice, float]
    """Log throughput of those that were measured."""
    counts: Mapping[Choice, int]
    """Runs that count."""
    curves: Matrix
    """Log throughput, one draw a row, a choice a column."""
    within: Matrix
    """Share of draws in which each choice is within tolerance of the best."""
    answers: NDArray[np.int64]
    """Which choice is the answer in each draw."""
    pick: int
    swing: float = 0.0
    """Standard deviation of the machine's own speed, which the rest is without."""

    @property
    def choice(self) -> Choice:
        """The one recommended."""
        return self.choices[self.pick]

    @property
    def chance(self) -> Matrix:
        """That each choice is the answer."""
        return np.bincount(self.answers, minlength=len(self.choices)) / len(self.answers)

    def error(self, choice: Choice) -> float:
        """Standard error of the centre of a choice that was measured.

        With the machine's speed as if nothing were known of it: where that changed is not known for sure.
        """
        runs = self.counts[choice]
        return hypot(self.noise.error(runs), self.swing / sqrt(runs))

    def interval(self, log: float, error: float) -> Interval:
        """95 %, of something with this log."""
        from scipy.special import stdtrit

        reach = float(stdtrit(self.noise.dof, 0.975)) * error
        return Interval(exp(log - reach), exp(log + reach))


def rows(
    beliefs: Beliefs, failed: Mapping[Choice, int], left_out: Mapping[Choice, int], order: list[str]
) -> tuple[Row, ...]:
    """One for each choice that was tried."""
    tried = {*beliefs.counts, *failed, *left_out}
    at = {choice: column for column, choice in enumerate(beliefs.choices)}
    chance = beliefs.chance
    found = []
    for choice in sorted(tried, key=lambda each: (order.index(each.lane), each.workers)):
        log, runs, column = beliefs.centres.get(choice), beliefs.counts.get(choice, 0), at[choice]
        found.append(
            Row(
                choice,
                runs,
                failed.get(choice, 0),
                left_out.get(choice, 0),
                None if log is None else exp(log),
                None if log is None else beliefs.interval(log, beliefs.error(choice)),
                float(chance[column]),
                float(beliefs.within[column]),
            )
        )
    return tuple(found)


def recommendation(beliefs: Beliefs, baseline: Choice) -> Recommendation:
    """Of the choice that is believed in, measured or not."""
    choice = beliefs.choice
    log, error = _known(beliefs, choice)
    speedup, speedup_ci = None, None
    if baseline in beliefs.centres:
        ratio = log - beliefs.centres[baseline]
        speedup = exp(ratio)
        # Centres of few runs are not quite as good as their standard errors say: drift.
        either = 1.05 * hypot(error, beliefs.error(baseline))
        speedup_ci = Interval(1.0, 1.0) if choice == baseline else beliefs.interval(ratio, either)
    fastest = max(beliefs.centres, key=lambda each: beliefs.centres[each])
    return Recommendation(
        choice,
        _range(beliefs),
        exp(log),
        beliefs.interval(log, error),
        speedup,
        speedup_ci,
        float(beliefs.within[beliefs.pick]),
        fastest,
        exp(beliefs.centres[fastest]),
    )


def _known(beliefs: Beliefs, choice: Choice) -> tuple[float, float]:
    if choice in beliefs.centres:
        return beliefs.centres[choice], beliefs.error(choice)
    curve = beliefs.curves[:, beliefs.pick]
    curve = curve[np.isfinite(curve)]  # not every draw reaches beyond what was measured
    return float(curve.mean()), float(np.hypot(curve.std(), beliefs.noise.sd))


def _range(beliefs: Beliefs) -> tuple[int, int]:
    same = [beliefs.choices[at].workers for at in beliefs.answers if beliefs.choices[at].lane == beliefs.choice.lane]
    low, high = np.quantile(same or [beliefs.choice.workers], [0.1, 0.9])
    return min(round(low), beliefs.choice.workers), max(round(high), beliefs.choice.workers)


def possible(beliefs: Beliefs) -> tuple[Choice, ...]:
    """The likeliest answers that together hold it with a chance of 95 %, and the pick; the cheapest first."""
    chance = beliefs.chance
    order = np.argsort(-chance, kind="stable")
    enough = int(np.searchsorted(np.cumsum(chance[order]), 1 - _LEFT)) + 1
    return tuple(beliefs.choices[at] for at in sorted({*order[:enough].tolist(), beliefs.pick}))
