"""Latency by workers: the shape of all tasks' times a row, with median and 95th percentile joined across rows."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FixedLocator, NullLocator

from poolbench.charts import findings, labels, style
from poolbench.charts.labels import Room, beside
from poolbench.charts.text import fit, plain, slug
from poolbench.words import figures, noun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from poolbench.analysis.latency import Latencies, Latency
    from poolbench.analysis.model import Summary
    from poolbench.charts.style import Theme

_LEFT, _AXES, _HEAD, _FOOT = 0.74, 6.86, 1.62, 1.2
"""Inches."""
_COLUMNS = (8.18, 8.92, 9.66)
"""Where the columns of numbers end, inches."""
_PITCH = 0.46
"""Inches from row to row."""
_OVERLAP = 1.55
"""Height of the highest shape, in rows."""
_SEEN = 0.004
"""Of its height: a shape lower than this is not drawn."""
_GROWN, _SAME = 1.5, 1.2
"""Times the first 95th percentile: from which on it grows; up to which it is the same."""
_STEPS = ((1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1,))
_MOST_TICKS = 9
_SHORT = 20


@dataclass(frozen=True)
class Unit:
    """What the axis counts."""

    factor: float
    """From seconds."""
    short: str
    words: str


_UNITS = (
    (1.0, Unit(1.0, "s", "seconds")),
    (1e-3, Unit(1e3, "ms", "milliseconds")),
    (0.0, Unit(1e6, "µs", "microseconds")),
)


def save(summary: Summary, shown: Latencies, folder: Path, theme: str = "light", suffix: str = "") -> list[Path]:
    """Write `<workload>-latency.png` and `.svg` into `folder`; the dark ones end in `-dark`."""
    stem = f"{slug(f'{summary.workload} {suffix}')}-latency"
    return style.save(draw(summary, shown, theme), folder, stem if theme == "light" else f"{stem}-{theme}")


def draw(summary: Summary, shown: Latencies, theme: str = "light") -> Figure:
    """Draw `shown`, a curve of `summary`."""
    look, unit = style.theme(theme), unit_of(shown.rows)
    height = _HEAD + _FOOT + _PITCH * (len(shown.rows) + _OVERLAP - 0.55)
    with style.applied():
        figure = style.figure(look, (style.WIDTH, height))
        axes = style.axes(figure, look, (_LEFT, _FOOT, _AXES, height - _HEAD - _FOOT))
        _scale(axes, look, shown, unit)
        _rows(axes, look, shown, unit)
        _marks(axes, look, shown, unit)
        style.heading(figure, look, title(summary, shown), reading(summary, shown, unit))
        style.caption(figure, look, findings.provenance(summary))
        _columns(figure, axes, look, shown, unit)
        _names(figure, axes, look, shown, unit)
    return figure


def unit_of(rows: Sequence[Latency]) -> Unit:
    """In which most medians have one to three digits before the point."""
    middle = sorted(row.p50_s for row in rows)[len(rows) // 2]
    return next(unit for least, unit in _UNITS if middle >= least)


def title(summary: Summary, shown: Latencies) -> str:
    """From which count on tasks take longer, or that they do not."""
    first, last, unit = shown.rows[0], shown.rows[-1], unit_of(shown.rows)
    at_first, at_last = (figures(row.p95_s * unit.factor) for row in (first, last))
    who = findings.who(shown.curve.executor, last.workers, shown.curve.options, _SHORT)
    if len(shown.rows) == 1:
        return f"With {who} 95 % of the tasks take up to {at_last} {unit.short}"
    if last.p95_s < _GROWN * first.p95_s:
        verb = "stays near" if last.p95_s * _GROWN > first.p95_s else "falls to"
        return f"p95 {verb} {at_last} {unit.short} up to {who}"
    same = [row.workers for row in shown.rows if row.p95_s <= _SAME * first.p95_s]
    what = noun(summary.workload)
    return f"Beyond {findings.plural(same[-1])} {what} slow down: p95 from {at_first} to {at_last} {unit.short}"


def reading(summary: Summary, shown: Latencies, unit: Unit) -> list[str]:
    """Whose times, and what is bold."""
    tasks = sorted({row.tasks for row in shown.rows if row.tasks})
    counted = f"{tasks[0]:,}" if len(tasks) == 1 else f"{tasks[0]:,} to {tasks[-1]:,}" if tasks else ""
    says = [f"{plain(shown.curve.name)}: time of a task from start to finish"]
    if counted:
        says.append(f"shapes: {counted} {noun(summary.workload)} a row")
    else:
        says.append("bars: median to p95, thin to p99")
    says.append(f"columns in {unit.short}, medians over runs")
    return says + (["bold: recommended count"] if shown.knee in [row.workers for row in shown.rows] else [])


def _scale(axes: Axes, look: Theme, shown: Latencies, unit: Unit) -> None:
    """Time on a log axis, from the fastest tasks to the slowest 99th percentile."""
    lows = [min([row.p50_s, *(x for x, _ in row.shape)]) for row in shown.rows]
    highs = [max([row.p99_s, *(x for x, _ in row.shape[:-1])]) for row in shown.rows]
    low, high = 0.97 * min(lows) * unit.factor, 1.03 * max(highs) * unit.factor
    low, high = min(low, high / 1.25), max(high, low * 1.25)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(len(shown.rows) - 0.45, -_OVERLAP)
    ticks = _ticks(low, high)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([f"{tick:,.6g}" for tick in ticks])
    axes.set_yticks([])
    axes.set_xlabel(f"{unit.words} from start to finish (log scale)", fontsize=style.AXIS_LABEL, color=look.text2)


def _ticks(low: float, high: float) -> list[float]:
    """Round values, as many as fit."""
    for steps in _STEPS:
        decades = range(floor(log10(low)), ceil(log10(high)) + 1)
        found = [float(f"{step * 10.0**decade:.3g}") for decade in decades for step in steps]
        inside = [tick for tick in found if low <= tick <= high]
        if 2 <= len(inside) <= _MOST_TICKS:
            return inside
    if len(inside) > _MOST_TICKS:
        return inside[:: ceil(len(inside) / _MOST_TICKS)]
    return sorted({float(f"{low * (high / low) ** share:.2g}") for share in (0.1, 0.5, 0.9)})


def _rows(axes: Axes, look: Theme, shown: Latencies, unit: Unit) -> None:
    """A shape on each row's line, darker as workers rise; without spans, bars between the percentiles."""
    colour = look.of(shown.curve.executor)
    most = max((height for row in shown.rows for _, height in row.shape), default=1.0)
    for number, row in enumerate(shown.rows):
        axes.axhline(number, color=look.grid, linewidth=0.9, zorder=1)
        alpha = 0.35 + 0.65 * number / max(1, len(shown.rows) - 1)
        if row.shape:
            _ridge(axes, row, number, unit, most, (look.bg, colour, alpha))
        else:
            _bar(axes, row, number, unit, (colour, alpha))


def _ridge(axes: Axes, row: Latency, number: int, unit: Unit, most: float, colours: tuple[str, str, float]) -> None:
    """A shape over the ones above it; `most` is the highest of all."""
    bg, colour, alpha = colours
    heights = np.array([height for _, height in row.shape])
    x = np.array([at_s for at_s, _ in row.shape]) * unit.factor
    seen = heights > _SEEN * heights.max()
    x, heights = x[seen], heights[seen]
    # The root keeps a row of equal times from flattening all others.
    top = number - _OVERLAP * 0.97 * heights / np.sqrt(heights.max() * most)
    order = 2 + number / 100
    axes.fill_between(x, top, number, color=bg, linewidth=0, zorder=order)
    axes.fill_between(x, top, number, color=colour, alpha=alpha, linewidth=0, zorder=order + 0.001)
    axes.plot(x, top, color=bg, linewidth=1.4, zorder=order + 0.002)


def _bar(axes: Axes, row: Latency, number: int, unit: Unit, colours: tuple[str, float]) -> None:
    colour, alpha = colours
    for start, end, thick in ((row.p50_s, row.p95_s, 7.0), (row.p95_s, row.p99_s, 2.0)):
        x = (start * unit.factor, end * unit.factor)
        axes.plot(x, (number, number), color=colour, alpha=alpha, linewidth=thick, solid_capstyle="butt")


def _marks(axes: Axes, look: Theme, shown: Latencies, unit: Unit) -> None:
    for shape, size, values in (("o", 6.5, _p50(shown)), ("D", 5.8, _p95(shown))):
        x, y = [each * unit.factor for each in values], range(len(values))
        axes.plot(x, y, color=look.ink, linewidth=1.2, dashes=(1, 1.8), zorder=4)
        edge = {"markeredgecolor": look.ink, "markerfacecolor": look.bg, "markeredgewidth": 1.5}
        axes.plot(x, y, shape, markersize=size, zorder=5, clip_on=False, **edge)  # type: ignore[arg-type]


def _p50(shown: Latencies) -> list[float]:
    return [row.p50_s for row in shown.rows]


def _p95(shown: Latencies) -> list[float]:
    return [row.p95_s for row in shown.rows]


def _columns(figure: Figure, axes: Axes, look: Theme, shown: Latencies, unit: Unit) -> None:
    """Workers to the left, the three percentiles to the right, level with their row."""
    frame = labels.frame(axes)
    pitch = frame.height / (len(shown.rows) - 0.45 + _OVERLAP)
    head = frame.y1 + 4
    style.write(figure, style.LEFT, head, "workers", style.SUBTITLE, look.text2)
    for name, right in zip(("p50", "p95", "p99"), _COLUMNS, strict=True):
        style.write(figure, right * style.INCH, head, name, style.SUBTITLE, look.text2, ha="right")
    for number, row in enumerate(shown.rows):
        y = frame.y1 - (number + _OVERLAP) * pitch
        bold: dict[str, Any] = {"weight": style.SEMIBOLD} if row.workers == shown.knee else {}
        colour = look.of(shown.curve.executor) if bold else look.text2
        at = frame.x0 - 10
        style.write(figure, at, y, f"{row.workers}", style.TICK, colour, ha="right", va="center_baseline", **bold)
        inks = (look.ink, look.ink, look.ink if bold else look.text2)
        for value, right, ink in zip((row.p50_s, row.p95_s, row.p99_s), _COLUMNS, inks, strict=True):
            words = figures(value * unit.factor)
            at = right * style.INCH
            text = style.write(figure, at, y, words, style.TICK, ink, ha="right", va="center_baseline", **bold)
            fit(text, 50)


def _names(figure: Figure, axes: Axes, look: Theme, shown: Latencies, unit: Unit) -> None:
    """`median` and `p95` at the first marks, where they cover neither a mark nor each other."""
    room = Room(labels.frame(axes))
    for values in (_p50(shown), _p95(shown)):
        line = labels.points(axes, [each * unit.factor for each in values], list(range(len(values))))
        room.lines.append(labels.along(line))
        room.words += [labels.Box(x - 5, y - 5, x + 5, y + 5) for x, y in line]
    for name, first in (("median", shown.rows[0].p50_s), ("p95", shown.rows[0].p95_s)):
        text = style.write(figure, 0, 0, name, style.NOTE, look.ink, look.bg)
        x, y = (float(each) for each in labels.points(axes, [first * unit.factor], [0])[0])
        side = -1 if name == "median" else 1
        ups = (0.0, 9.0, 18.0, 27.0, -12.0)
        places = [beside(labels.box(text), x + 8 * side, y + up, 0.5 - 0.5 * side) for up in ups]
        room.seat(text, [*places, *(beside(labels.box(text), x, y + up, 0.5, 0) for up in (7.0, 18.0, 29.0))])
