"""Whether a machine is quiet enough to measure on, from an A/A test: one cell under two names, run in turns."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, expm1, log, sqrt
from statistics import median
from typing import TYPE_CHECKING

from poolbench.analysis.case import OTHERS
from poolbench.analysis.grid import middle, others_s
from poolbench.analysis.statistics import fit
from poolbench.analysis.summary import rate_of
from poolbench.results.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.analysis.model import Interval
    from poolbench.results.columns import Trial

DIFFERENCE = 0.05
_POWER_REACH = 1.96 + 0.84
"""Standard errors that a difference must have to be found in 80 % of tries at 95 % confidence."""
_NOISY = 0.05
_STEAL = 0.05


@dataclass(frozen=True)
class Quiet:
    """What the test showed."""

    noise: float
    """Standard deviation from run to run, as a share."""
    difference: Interval | None
    """Of two names for the same thing: holds 1 on a machine that does not change."""
    repeats: int
    """Blocks in which a difference of 5 % is found four times in five."""
    others: float | None
    """Share of the cores that other processes used; None where the system does not tell."""
    steal: float
    outliers: int
    """Runs far slower than the others."""

    @property
    def troubles(self) -> tuple[str, ...]:
        """What speaks against measuring now; nothing on a quiet machine."""
        found = []
        if self.noise > _NOISY:
            found.append(f"runs differ by {self.noise:.1%} from one to the next")
        if self.steal > _STEAL:
            found.append(f"the hypervisor takes {self.steal:.0%} of the processors")
        if (self.others or 0.0) > OTHERS:
            found.append(f"other processes use {self.others:.0%} of the processors")
        if self.difference is not None and 1.0 not in self.difference:
            found.append("its speed changed during the test")
        return tuple(found)


def quietness(trials: Sequence[Trial], cores: int) -> Quiet:
    """From the rows of an A/A test: two cells that differ by their options only, at least three blocks."""
    rates: dict[tuple[str, str, int], dict[tuple[str, int], float]] = {}
    for trial in trials:
        per_s = rate_of(trial, "makespan")
        if per_s:
            rates.setdefault((trial.executor, trial.options, trial.workers), {})[trial.sweep, trial.block] = per_s
    found = fit(rates)
    first, second = found.cells
    ratio, one = found.ratio(first, second), found.throughput(first)
    spread = one.error * sqrt(len(rates[first])) if one else 0.0
    spent = middle(others_s(Table.of(trials)))
    return Quiet(
        noise=expm1(spread),
        difference=ratio.interval if ratio else None,
        repeats=max(3, ceil(2 * (_POWER_REACH * spread / log(1 + DIFFERENCE)) ** 2)),
        others=None if spent is None else spent / cores,
        steal=median([trial.steal_share or 0.0 for trial in trials]),
        outliers=len(found.outliers()),
    )
