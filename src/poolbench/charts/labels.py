"""Where labels go so that none covers another: boxes in points from the figure's lower left corner."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from poolbench.charts.style import INCH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.text import Text
    from numpy.typing import NDArray

    Points = NDArray[np.float64]

TICK_GAP = 4.0
"""Least space between two tick labels; their centres are 22 px apart at least."""
TICK_STEP = 22 * INCH / 160
_STRIDE = 3.0
"""Lines are seen as points this far apart."""
_COVERED = 1e4
"""One word over another is worse than any number of lines behind it."""
_OUTSIDE = 1e5
_HIDDEN = 4.0
_LATER = 0.5
"""What it costs a candidate to come one place later: the first free one wins."""


@dataclass(frozen=True)
class Box:
    """Left, lower, right and upper edge."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:  # noqa: D102
        return self.x1 - self.x0

    @property
    def height(self) -> float:  # noqa: D102
        return self.y1 - self.y0

    def grown(self, by: float) -> Box:
        """Move every edge outwards."""
        return Box(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)

    def overlaps(self, other: Box) -> bool:
        """Whether the two share more than an edge."""
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1

    def within(self, other: Box) -> bool:
        """Whether no part sticks out of `other`."""
        return self.x0 >= other.x0 and self.x1 <= other.x1 and self.y0 >= other.y0 and self.y1 <= other.y1

    def holds(self, points: Points) -> int:
        """How many of `points` lie inside."""
        x, y = points[:, 0], points[:, 1]
        return int(np.count_nonzero((x > self.x0) & (x < self.x1) & (y > self.y0) & (y < self.y1)))


def box(text: Text) -> Box:
    """Measure a text that hangs on its figure."""
    figure = text.get_figure()
    assert figure is not None  # noqa: S101 - measured only once it hangs on a figure
    return Box(*(float(each) * INCH / figure.dpi for each in text.get_window_extent().extents))


def frame(axes: Axes) -> Box:
    """Measure the axes' data area."""
    return Box(*(float(each) * INCH / axes.figure.dpi for each in axes.bbox.extents))


def points(axes: Axes, x: Sequence[float], y: Sequence[float]) -> Points:
    """Convert data to points on the figure."""
    return np.asarray(axes.transData.transform(np.column_stack([x, y])) * INCH / axes.figure.dpi, dtype=float)


def along(corners: Points) -> Points:
    """Fill the line through `corners` with points."""
    pieces = [corners[:1]]
    for start, end in pairwise(corners):
        steps = max(2, int(np.hypot(*(end - start)) / _STRIDE))
        pieces.append(np.linspace(start, end, steps))
    return np.concatenate(pieces)


@dataclass
class Room:
    """What is taken inside `bounds`: words, which nothing may cover, and lines, better left free."""

    bounds: Box
    words: list[Box] = field(default_factory=list)
    lines: list[Points] = field(default_factory=list)

    def cost(self, place: Box) -> float:
        """0 for a free place inside the bounds."""
        cost = 0.0 if place.within(self.bounds) else _OUTSIDE
        cost += _COVERED * sum(place.grown(1).overlaps(other) for other in self.words)
        near = place.grown(2)
        return cost + _HIDDEN * sum(near.holds(line) for line in self.lines)

    def best(self, candidates: Iterable[Box]) -> tuple[float, Box]:
        """Choose among `candidates`, which come in order of preference; its cost and the place."""
        costs = ((self.cost(each) + _LATER * later, later, each) for later, each in enumerate(candidates))
        cost, _, place = min(costs, key=lambda each: each[:2])
        return cost, place

    def seat(self, text: Text, candidates: Iterable[Box]) -> Box | None:
        """Move `text` to the best of `candidates`, or remove it where none is free of words."""
        cost, place = self.best(candidates)
        if cost >= _COVERED:
            text.remove()
            return None
        move(text, place)
        self.words.append(place)
        return place


def move(text: Text, place: Box) -> None:
    """Put a text whose x and y are points on the figure into the box `place`, of its own size."""
    now = box(text)
    x, y = text.get_position()
    text.set_position((x + place.x0 - now.x0, y + place.y0 - now.y0))


def beside(size: Box, x: float, y: float, left: float = 0.5, below: float = 0.5) -> Box:
    """Make a box of the given size of which the share `left` lies left of `x`, and `below` below `y`."""
    x0, y0 = x - left * size.width, y - below * size.height
    return Box(x0, y0, x0 + size.width, y0 + size.height)


def push_apart(centres: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Move centres, their order kept, so that no two labels touch: by the least squares that do it.

    Isotonic regression by pooling adjacent violators, on the centres less the height stacked below each.
    Labels that are taller together than `high - low` start at `low` and run over.
    """
    order = sorted(range(len(centres)), key=lambda index: centres[index])
    stacked = _stacked([heights[index] for index in order])
    pools: list[tuple[float, int]] = []
    for index, below in zip(order, stacked, strict=True):
        pools.append((centres[index] - below, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (upper, more), (lower, some) = pools.pop(), pools.pop()
            pools.append(((upper * more + lower * some) / (more + some), more + some))
    floor, ceiling = low, high - sum(heights)
    flat = [max(floor, min(ceiling, level)) for level, count in pools for _ in range(count)]
    placed = {index: level + below for index, level, below in zip(order, flat, stacked, strict=True)}
    return [placed[index] for index in range(len(centres))]


def _stacked(heights: Sequence[float]) -> list[float]:
    """For each label of a stack, the distance of its centre from the stack's foot."""
    return [sum(heights[:index]) + height / 2 for index, height in enumerate(heights)]


def thin(counts: Sequence[int], centres: Sequence[float], widths: Sequence[float], ringed: Collection[int]) -> set[int]:
    """Choose the tick labels that stay: the ringed count, the ends, powers of two, then what still fits."""
    kept: list[int] = []
    for index in sorted(range(len(counts)), key=lambda index: _rank(counts, index, ringed)):
        gaps = (
            (abs(centres[index] - centres[other]), (widths[index] + widths[other]) / 2 + TICK_GAP) for other in kept
        )
        if all(distance >= max(needed, TICK_STEP) for distance, needed in gaps):
            kept.append(index)
    return {counts[index] for index in kept}


def _rank(counts: Sequence[int], index: int, ringed: Collection[int]) -> tuple[int, int]:
    count = counts[index]
    ranks = (count in ringed, index in (0, len(counts) - 1), count.bit_count() == 1)
    return (next((rank for rank, holds in enumerate(ranks) if holds), len(ranks)), index)
