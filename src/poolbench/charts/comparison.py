"""Old against new, a row a cell: the ratio with its interval, the margin as a zone, and the verdict in words."""

from __future__ import annotations

from itertools import pairwise
from math import exp, log
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator
from matplotlib.transforms import Affine2D

from poolbench.charts import comparison_words, labels, style
from poolbench.charts.text import fit, plain, slug
from poolbench.words import cross

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from poolbench.analysis.compare import Change, Comparison
    from poolbench.charts.style import Theme

_STRATEGY, _LEFT, _AXES, _VERDICT = 1.25, 2.94, 4.9, 8.0
"""Inches from the left: strategies, axes, their width, verdicts."""
_HEAD, _FOOT, _PITCH = 1.24, 1.2, 0.335
MOST_ROWS = 36
"""More cells than that are too many for one chart: those that changed most are drawn."""
_WIDEST = 8.0
"""Times as fast or as slow: what lies further off ends at the edge."""
_LEAST_REACH = 0.12
"""Of the axis on either side of 1, in logs."""
_TICKS = (
    *(1 / 8, 1 / 6, 1 / 4, 1 / 3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95),
    *(1.0, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.4, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0),
)
_TICK_ROOM = 38.0
"""Points from tick to tick."""
_MARKS = {"faster": "^", "slower": "v", "failed": "X", "no change": "o", "unclear": "o"}


def save(found: Comparison, folder: Path, theme: str = "light", suffix: str = "") -> list[Path]:
    """Write `compare.png` and `.svg` into `folder`; the dark ones end in `-dark`."""
    stem = slug(f"{suffix} compare".strip())
    return style.save(draw(found, theme), folder, stem if theme == "light" else f"{stem}-{theme}")


def draw(found: Comparison, theme: str = "light") -> Figure:
    """Draw a comparison of at least one cell."""
    look, rows = style.theme(theme), chosen(found.rows)
    height = _HEAD + _FOOT + _PITCH * max(len(rows), 3)
    with style.applied():
        figure = style.figure(look, (style.WIDTH, height))
        axes = style.axes(figure, look, (_LEFT, _FOOT, _AXES, height - _HEAD - _FOOT))
        _scale(axes, look, rows)
        axes.axvspan(1 - found.margin, 1 + found.margin, color=look.wash, linewidth=0, zorder=0.5)
        axes.axvline(1, color=look.ink, linewidth=1.6, dashes=(6 / 1.6, 3 / 1.6), zorder=1)
        for number, row in enumerate(rows):
            _row(axes, look, number, row)
        style.heading(figure, look, comparison_words.title(found), comparison_words.reading(found, len(rows)))
        style.caption(figure, look, comparison_words.provenance(found))
        _names(figure, axes, look, rows)
    return figure


def chosen(rows: Sequence[Change]) -> list[Change]:
    """All rows, or those furthest from 1, in their order."""
    if len(rows) <= MOST_ROWS:
        return list(rows)
    furthest = sorted(rows, key=lambda row: -abs(log(row.ratio)) if row.ratio else float("-inf"))[:MOST_ROWS]
    return [row for row in rows if row in furthest]


def _scale(axes: Axes, look: Theme, rows: Sequence[Change]) -> None:
    """A log axis around 1 that holds every interval."""
    seen = [each for row in rows if row.ratio for each in (row.ratio, *_ends(row))]
    low = min([0.0, *(log(each) for each in seen)]) - 0.03
    high = max([0.0, *(log(each) for each in seen)]) + 0.03
    low, high = max(min(low, -_LEAST_REACH), -log(_WIDEST)), min(max(high, _LEAST_REACH), log(_WIDEST))
    axes.set_xscale("log", base=2)
    axes.set_xlim(exp(low), exp(high))
    axes.set_ylim(max(len(rows), 3) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.set_yticks([])
    ticks = _ticks(low, high)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([f"{tick:.2f}".rstrip("0").rstrip(".") + "×" for tick in ticks])
    axes.set_xlabel("throughput, new ÷ old", fontsize=style.AXIS_LABEL, color=look.text2, labelpad=6)


def _ends(row: Change) -> tuple[float, ...]:
    return (row.ratio_ci.low, row.ratio_ci.high) if row.ratio_ci else ()


def _ticks(low: float, high: float) -> list[float]:
    """Round ratios around 1 that leave room for their labels."""
    point = (high - low) / (_AXES * style.INCH)
    kept = [1.0]
    for side in (1, -1):
        last = 0.0
        for tick in sorted((t for t in _TICKS if (t > 1) == (side > 0) and t != 1), key=lambda t: side * t):
            if low <= log(tick) <= high and abs(log(tick) - last) >= _TICK_ROOM * point:
                kept.append(tick)
                last = log(tick)
    return sorted(kept)


def _row(axes: Axes, look: Theme, number: int, row: Change) -> None:
    """The interval as a bar, the ratio as a mark whose shape is the verdict."""
    colour = comparison_words.colour(look, row)
    if row.ratio is None:
        axes.plot([axes.get_xlim()[0]], [number], "X", markersize=8, color=look.bad, clip_on=False, zorder=4)
        return
    left, right = axes.get_xlim()
    if row.ratio_ci:
        ends = (max(row.ratio_ci.low, left), min(row.ratio_ci.high, right))
        axes.plot(ends, (number, number), color=colour, alpha=0.5, linewidth=5, solid_capstyle="round", zorder=2)
    hollow = row.verdict == "unclear"
    mark: dict[str, Any] = {"markersize": 8.5 if _MARKS[row.verdict] == "o" else 9.5, "zorder": 4}
    mark |= {"markerfacecolor": look.bg if hollow else colour, "markeredgecolor": colour if hollow else look.bg}
    at = min(max(row.ratio, left), right)  # what lies further off stands at the edge; its verdict has the figure
    axes.plot([at], [number], _MARKS[row.verdict], markeredgewidth=2 if hollow else 1.2, clip_on=False, **mark)


def _names(figure: Figure, axes: Axes, look: Theme, rows: Sequence[Change]) -> None:
    """Workload, strategy and verdict level with each row; a line between workloads."""
    frame = labels.frame(axes)
    pitch = frame.height / max(len(rows), 3)
    middle: dict[str, Any] = {"va": "center_baseline"}
    for number, row in enumerate(rows):
        y = frame.y1 - (number + 0.5) * pitch
        if number == 0 or rows[number - 1].workload != row.workload:
            text = style.write(
                figure, style.LEFT, y, plain(row.workload), style.NAME, look.ink, weight=style.SEMIBOLD, **middle
            )
            fit(text, (_STRATEGY * style.INCH) - style.LEFT - 6)
        who, colour = plain(cross(row.executor, row.workers, row.options, row.telling)), look.of(row.executor)
        text = style.write(figure, _STRATEGY * style.INCH, y, who, style.AXIS_LABEL, colour, **middle)
        _fit_count(text, f" × {row.workers}", frame.x0 - _STRATEGY * style.INCH - 12)
        words = comparison_words.said(row)
        bold: dict[str, Any] = {"weight": style.SEMIBOLD} if row.verdict in ("faster", "slower", "failed") else {}
        ink = comparison_words.colour(look, row) if bold else look.text2
        style.write(figure, _VERDICT * style.INCH, y, words, style.AXIS_LABEL, ink, **middle, **bold)
    place = Affine2D().scale(1 / style.INCH) + figure.dpi_scale_trans
    for number, (one, other) in enumerate(pairwise(rows)):
        if one.workload != other.workload:
            y = frame.y1 - (number + 1) * pitch
            ends = (style.LEFT, style.LEFT + style.room(figure))
            figure.add_artist(Line2D(ends, (y, y), color=look.grid, linewidth=0.9, transform=place, zorder=0))


def _fit_count(text: Any, count: str, most: float) -> None:
    """Shorten the name, never the worker count."""
    whole = text.get_text()
    text.set_text(count)
    needed = labels.box(text).width
    text.set_text(whole.removesuffix(count))
    fit(text, most - needed)
    text.set_text(text.get_text() + count)
