"""The y axis of a rate: linear from 0, in a unit that keeps tick labels short from 0.0001 to 1e7 a second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.ticker import FixedLocator, MaxNLocator

from poolbench.charts import findings
from poolbench.words import figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_HEADROOM = 1.18
"""Room above the highest median, for the ring and its label."""
_OVER_RUNS = 1.05
_HIGHEST_TICK = 0.97
_MOST_TICKS = 7
_UNITS = ((8e6, 1e6, "million "), (8e3, 1e3, "thousand "), (findings.SLOW, 1.0, ""))


@dataclass(frozen=True)
class Unit:
    """What the axis counts."""

    factor: float
    """From tasks per second to what the axis counts."""
    words: str
    per: str = "s"
    """Second or hour, as short rates in the chart write it."""

    def short(self, per_s: float, what: str = "") -> str:
        """`145 flags/s`, `0.360 flags/h`, `145/s`."""
        value = figures(per_s * 3600 if self.per == "h" else per_s)
        return f"{value} {what}/{self.per}" if what else f"{value}/{self.per}"


def unit(most_per_s: float, what: str) -> Unit:
    """Choose the unit for an axis up to `most_per_s` of `what`."""
    for least, size, name in _UNITS:
        if most_per_s >= least:
            return Unit(1 / size, f"{name}{what} per second")
    return Unit(3600.0, f"{what} per hour", "h")


def scale(axes: Axes, medians: Sequence[float], others: Sequence[float]) -> None:
    """Set limits and ticks so that `medians` have headroom and `others` (runs, intervals) are inside."""
    top = max(_HEADROOM * max(medians, default=0.0), _OVER_RUNS * max(others, default=0.0)) or 1.0
    axes.set_ylim(0, top)
    if not medians:
        axes.yaxis.set_major_locator(FixedLocator([0.0]))
        return
    steps = MaxNLocator(_MOST_TICKS, steps=[1, 2, 2.5, 5, 10]).tick_values(0, top)
    ticks = [float(tick) for tick in steps if 0 <= tick <= _HIGHEST_TICK * top]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    decimals = _decimals(ticks)
    axes.set_yticklabels([f"{tick:,.{decimals}f}" for tick in ticks])


def _decimals(ticks: Sequence[float]) -> int:
    """Count the fewest with which every tick reads as what it is."""
    slack = 1e-6 * max(ticks)
    exact = (count for count in range(7) if all(abs(round(tick, count) - tick) <= slack for tick in ticks))
    return next(exact, 7)
