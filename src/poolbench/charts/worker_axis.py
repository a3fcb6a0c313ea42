"""The x axis of every chart by workers: log 2, a tick for each measured count, and marks along it."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import FixedLocator, NullLocator

from poolbench.charts import findings, labels, style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from poolbench.charts.labels import Room
    from poolbench.charts.style import Theme

_MARGIN = 0.035
"""Of the width, on either side."""
_ALONE = 0.7
"""Doublings on either side of a single count."""
_BAR = 7.0
_LEAST_BAR = 0.006
"""Half the width of a bar over one count, as a share of the axis: it must be seen."""
_GUIDE_HEIGHTS = (0.3, 0.42, 0.54, 0.66, 0.78, 0.9, 0.18)


def scale(axes: Axes, look: Theme, counts: Sequence[int], ends: tuple[int, int] | None = None) -> None:
    """Set limits and ticks for the measured `counts`, ascending; `ends` widens the axis to those of its siblings."""
    low, high = (log2(count) for count in ends or (counts[0], counts[-1]))
    margin = _MARGIN * (high - low) / (1 - 2 * _MARGIN) if high > low else _ALONE
    axes.set_xscale("log", base=2)
    axes.set_xlim(2 ** (low - margin), 2 ** (high + margin))
    axes.xaxis.set_major_locator(FixedLocator([float(count) for count in counts]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([str(count) for count in counts])
    axes.set_xlabel("workers (log scale)", fontsize=style.AXIS_LABEL, color=look.text2, labelpad=6)


def thin(axes: Axes, counts: Sequence[int], ringed: int | None, colour: str) -> None:
    """Set the ringed count in bold and `colour`, then drop labels that stand too close to others."""
    texts = axes.get_xticklabels()
    if ringed is not None:
        texts[counts.index(ringed)].set(color=colour, fontweight=style.SEMIBOLD)
    boxes = [labels.box(text) for text in texts]
    centres = [(box.x0 + box.x1) / 2 for box in boxes]
    marked = set() if ringed is None else {ringed}
    kept = labels.thin(counts, centres, [box.width for box in boxes], marked)
    axes.set_xticklabels([str(count) if count in kept else "" for count in counts])


def knee(axes: Axes, colour: str, interval: tuple[int, int] | None) -> None:
    """Lay a bar on the axis over the counts between which the knee may lie."""
    if interval is None:
        return
    left, right = axes.get_xlim()
    least = (right / left) ** _LEAST_BAR
    low, high = interval
    ends = (
        max(left, min(low, (low * high) ** 0.5 / least)),
        min(right, max(high, (low * high) ** 0.5 * least)),
    )
    axes.plot(
        ends,
        (0, 0),
        color=colour,
        linewidth=_BAR,
        alpha=0.36,
        solid_capstyle="butt",
        clip_on=False,
        zorder=1.8,
    )


def cores(axes: Axes, on: Figure, look: Theme, room: Room, machine: dict[str, Any]) -> None:
    """Draw a guide at as many workers as there are cores, where that was measured past."""
    count = machine.get("cores")
    if not count or not _inside(axes, count):
        return
    frame = room.bounds
    x = float(labels.points(axes, [count], [0])[0, 0])
    heights = [frame.y0 + share * frame.height for share in _GUIDE_HEIGHTS]
    words = style.write(on, x, heights[0], findings.cores(count), style.NOTE, look.text2, look.bg)
    size = labels.box(words)
    sides = ((0.5, x), (0.0, x + 1), (1.0, x - 1))
    seat = room.seat(words, [labels.beside(size, at, y + 3, left, 0) for left, at in sides for y in heights])
    top = heights[0] if seat is None else seat.y0 - 2
    share = (top - frame.y0) / frame.height
    axes.axvline(count, 0, share, color=look.text3, linewidth=0.9, dashes=(3, 2.5), zorder=1.5)


def default(axes: Axes, on: Figure, look: Theme, room: Room, machine: dict[str, Any]) -> None:
    """Mark where the standard library's own choice of workers lies."""
    count = machine.get("default_threads")
    if not count or not _inside(axes, count):
        return
    axes.plot([count], [0], marker=7, markersize=7, color=look.text3, clip_on=False, zorder=4.5, linestyle="none")
    x, y = (float(each) for each in labels.points(axes, [count], [0])[0])
    words = style.write(on, x, y, f"library default: {count}", style.NOTE, look.text2, look.bg)
    size = labels.box(words)
    places = ((x + 7 * side, y + up, left) for up in (8, 20, 32, 44) for side, left in ((1, 0), (-1, 1), (0, 0.5)))
    room.seat(words, [labels.beside(size, at, height, left) for at, height, left in places])


def _inside(axes: Axes, count: float) -> bool:
    """Whether `count` lies between the first and the last tick."""
    ticks = axes.get_xticks()
    return bool(ticks[0] <= count <= ticks[-1])
