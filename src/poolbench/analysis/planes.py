"""Two levels of workers as a plane: outer by inner count, where it is highest, and the fewest workers near that."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from poolbench.levels import beside, levels

TOLERANCE = 0.05
"""The knee is the fewest workers whose throughput is within this of the best."""

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.analysis.model import CellSummary, Curve, Summary

    PlaneKey = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Plane:
    """All curves of one executor with two levels that differ in their outer count alone."""

    outer: str
    inner: str
    curves: tuple[Curve, ...]
    """Ascending by outer count."""
    peak: CellSummary
    knee: CellSummary
    """The fewest workers within the tolerance of the peak."""
    close: frozenset[tuple[int, int]]
    """Places (outer, inner) of all cells within it."""

    @property
    def executor(self) -> str:
        """`processes/threads`."""
        return self.peak.executor

    @cached_property
    def cells(self) -> dict[tuple[int, int], CellSummary]:
        """By outer and inner count."""
        found = {place(cell): cell for curve in self.curves for cell in curve.cells}
        return {at: cell for at, cell in found.items() if at is not None}

    @cached_property
    def sides(self) -> tuple[list[int], list[int]]:
        """All outer and all inner counts, ascending."""
        return sorted({outer for outer, _ in self.cells}), sorted({inner for _, inner in self.cells})

    @property
    def chosen(self) -> tuple[int, int]:
        """The place of the knee."""
        return next(at for at, cell in self.cells.items() if cell is self.knee)

    @property
    def lone(self) -> CellSummary | None:
        """The highest cell with one outer worker; None where none was measured."""
        cells = [cell for (outer, _), cell in self.cells.items() if outer == 1 and cell.per_s]
        return max(cells, key=lambda cell: cell.per_s or 0.0, default=None)

    @property
    def gain(self) -> float | None:
        """The knee over the highest cell with one outer worker; None where that was not measured."""
        lone = self.lone
        return _height(self.knee) / _height(lone) if lone else None

    @property
    def surely(self) -> bool:
        """Whether the intervals of these two are apart."""
        ours, theirs = self.knee.ci, self.lone.ci if self.lone else None
        return bool(ours and theirs and ours.low > theirs.high)


def place(cell: CellSummary) -> tuple[int, int] | None:
    """Outer and inner count of `cell`; None for one level, or workers that are spread unevenly."""
    found = levels(cell.executor, cell.options)
    each = found.each(cell.workers) if found else None
    return (found.count, each) if found and each else None


def key_of(curve: Curve) -> PlaneKey | None:
    """What curves of one plane share; None for one level."""
    found = levels(curve.executor, curve.options)
    return (curve.executor, tuple(beside(curve.executor, curve.options).items())) if found else None


def in_planes(curves: Sequence[Curve]) -> list[Curve]:
    """`curves`; the one that holds a plane's knee has it for its own, whatever it peaks at itself."""
    for plane in _planes(curves):
        curves = [replace(each, knee=plane.knee, knee_ci=None) if _misses(each, plane) else each for each in curves]
    return list(curves)


def holder(curve: Curve, curves: Sequence[Curve]) -> Curve:
    """The one of `curves` that holds the knee of the plane of `curve`; `curve` where there is no plane.

    The curves of a plane are one executor, split differently: none is the other's rival.
    """
    plane = next((each for each in _planes(curves) if curve in each.curves), None)
    return next(each for each in plane.curves if plane.knee in each.cells) if plane else curve


def _misses(curve: Curve, plane: Plane) -> bool:
    return curve in plane.curves and plane.knee in curve.cells and curve.knee != plane.knee


def planes(summary: Summary) -> list[Plane]:
    """Those of a sweep with at least two outer and two inner counts, and a knee that is spread evenly."""
    found = _planes(summary.curves)
    return [plane for plane in found if place(plane.knee) and min(map(len, plane.sides)) > 1]


def _planes(curves: Sequence[Curve]) -> list[Plane]:
    groups: dict[PlaneKey, list[Curve]] = defaultdict(list)
    for curve in curves:
        key = key_of(curve)
        if key is not None and curve.peak is not None:
            groups[key].append(curve)
    return [_plane(group) for group in groups.values()]


def _plane(curves: Sequence[Curve]) -> Plane:
    cells = [cell for curve in curves for cell in curve.cells if cell.per_s]
    peak = max(cells, key=_height)
    close = [cell for cell in cells if _height(cell) >= (1 - TOLERANCE) * _height(peak)]
    knee = min(close, key=lambda cell: (cell.workers, -_height(cell)))
    outer, _, inner = peak.executor.partition("/")
    places = frozenset(at for cell in close if (at := place(cell)))
    return Plane(outer, inner, tuple(curves), peak, knee, places)


def _height(cell: CellSummary) -> float:
    return cell.per_s or 0.0
