"""What a chart tells of the cell that somebody points at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolbench.analysis.planes import place
from poolbench.charts import labels
from poolbench.charts.owners import PREFIX
from poolbench.charts.text import slug
from poolbench.words import figures, noun, times, workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolbench.analysis.model import CellSummary, Curve, Interval, Summary
    from poolbench.charts.heat import Heat
    from poolbench.charts.scene import Scene
    from poolbench.charts.speedup import Panel


@dataclass(frozen=True)
class Point:
    """A cell's mark: points from the figure's lower left corner."""

    x: float
    y: float
    owner: str
    """The class of its curve."""
    text: str


def owner_class(curve: Curve) -> str:
    """The class that every part of a curve has."""
    return f"{PREFIX}{slug(curve.name)}"


def throughput_points(chart: Scene) -> Iterator[Point]:
    """One for each cell that has a throughput."""
    for curve in chart.summary.curves:
        measured = [cell for cell in curve.cells if cell.per_s is not None]
        for cell, (x, y) in zip(measured, chart.points(measured) if measured else (), strict=True):
            yield Point(float(x), float(y), owner_class(curve), sentence(chart.summary, curve, cell))


def speedup_points(panels: list[Panel]) -> Iterator[Point]:
    """One for each cell that has a speed-up, in the upper panels."""
    for panel in panels:
        for curve in panel.summary.curves:
            sped = [(cell, cell.speedup) for cell in curve.cells if cell.speedup]
            for cell, speedup in sped:
                x, y = labels.points(panel.upper, [cell.workers], [speedup])[0]
                words = f"{panel.name}, {sentence(panel.summary, curve, cell)}"
                yield Point(float(x), float(y), owner_class(curve), words)


def heat_points(heat: Heat) -> Iterator[Point]:
    """One for each cell that has a throughput."""
    for curve in heat.plane.curves:
        for cell in curve.cells:
            at = place(cell)
            if cell.per_s is not None and at is not None:
                column, row = heat.at[at]
                x, y = labels.points(heat.axes, [column + 0.5], [row + 0.5])[0]
                yield Point(float(x), float(y), owner_class(curve), sentence(heat.summary, curve, cell))


def sentence(summary: Summary, curve: Curve, cell: CellSummary) -> str:
    """`24 threads: 145 flags per second (95 % CI 141 to 148), 11.8× one at a time; bound by waiting`."""
    who = f"{workers(curve.executor, cell.workers, curve.options)} {curve.telling}".strip()
    words = f"{who}: {figures(cell.per_s or 0.0)} {noun(summary.workload)} per second{span(cell.ci)}"
    if cell.speedup is not None:
        words += f", {times(cell.speedup)} one at a time"
    if cell.p95_s is not None:
        words += f", p95 {figures(cell.p95_s * 1e3)} ms"
    if cell.bound_by:
        words += f"; bound by {cell.bound_by}"
    return words + (f"; {cell.failed} failed" if cell.failed else "")


def span(interval: Interval | None) -> str:
    """` (95 % CI 141 to 148)`, or nothing."""
    return f" (95 % CI {figures(interval.low)} to {figures(interval.high)})" if interval else ""
