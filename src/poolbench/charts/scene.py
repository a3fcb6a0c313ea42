"""A chart under construction: what it draws, on what, in which unit and colours."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from poolbench.charts import labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from poolbench.analysis.model import CellSummary, Curve, Summary
    from poolbench.charts.labels import Points
    from poolbench.charts.rate_axis import Unit
    from poolbench.charts.style import Theme

MOST_DOTS = 40
"""Of one cell."""
_FIRST_ROW, _ROW = 8.0, 13.0
"""Points above the axis where crosses for failures stand, a row for each curve."""


@dataclass(frozen=True)
class Theory:
    """The dotted line, in the unit of the axis, and its name."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    name: str


@dataclass(frozen=True)
class Scene:
    """One panel of rates by workers."""

    summary: Summary
    look: Theme
    figure: Figure
    axes: Axes
    unit: Unit
    """Of the y axis."""

    @property
    def factor(self) -> float:
        """From tasks per second to the unit of the axis."""
        return self.unit.factor

    @property
    def baseline(self) -> float | None:
        """One at a time, in the unit of the axis."""
        per_s = self.summary.baseline.per_s
        return None if per_s is None else per_s * self.factor

    @property
    def winner(self) -> tuple[Curve, CellSummary] | None:
        """The best curve and its knee."""
        best = self.summary.best
        return (best, best.knee) if best and best.knee else None

    @property
    def theory(self) -> Theory | None:
        """The lowest limit of the best curve, or of the highest; where limits are not known, workers x baseline."""
        curves = [curve for curve in self.summary.curves if any(cell.limits for cell in curve.cells)]
        if curves:
            leader = self.summary.best or max(curves, key=lambda curve: (curve.peak and curve.peak.per_s) or 0.0)
            known = [(float(cell.workers), cell.limits.lowest) for cell in leader.cells if cell.limits]
            x, y = [workers for workers, _ in known], [limit * self.factor for _, limit in known]
            return Theory(tuple(x), tuple(y), f"limit of {leader.name}") if known else None
        if self.baseline is None:
            return None
        grid = np.geomspace(counts(self.summary)[0], counts(self.summary)[-1], 200)
        return Theory(tuple(grid), tuple(grid * self.baseline), "ideal = workers × baseline")

    @property
    def failing(self) -> list[Curve]:
        """Curves of which a run failed, in the order of their rows of crosses."""
        return [curve for curve in self.summary.curves if any(cell.failed for cell in curve.cells)]

    def xy(self, cells: Sequence[CellSummary]) -> tuple[list[float], list[float]]:
        """Workers and median rate of cells that have one."""
        return [float(cell.workers) for cell in cells], [(cell.per_s or 0.0) * self.factor for cell in cells]

    def points(self, cells: Sequence[CellSummary]) -> Points:
        """Convert the same to points on the figure."""
        return labels.points(self.axes, *self.xy(cells))


def counts(summary: Summary) -> list[int]:
    """Every worker count of any curve, ascending."""
    return sorted({cell.workers for curve in summary.curves for cell in curve.cells})


def dots(cell: CellSummary) -> list[float]:
    """Runs that are drawn singly: all, or as many as can be told apart, the slowest and the fastest among them."""
    ordered = sorted(cell.runs)
    if len(ordered) <= MOST_DOTS:
        return ordered
    return [ordered[round(step * (len(ordered) - 1) / (MOST_DOTS - 1))] for step in range(MOST_DOTS)]


def segments(curve: Curve) -> list[list[CellSummary]]:
    """Stretches of cells that were measured: where every run failed, the line breaks."""
    parts = groupby(curve.cells, key=lambda cell: cell.per_s is not None)
    return [list(cells) for measured, cells in parts if measured]


def row_height(row: int) -> float:
    """Points above the axis of the crosses of the `row`-th failing curve."""
    return _FIRST_ROW + row * _ROW
