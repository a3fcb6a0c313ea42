"""The same sweep under several interpreters: a row a workload, a column an executor, a line an interpreter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poolbench.charts import interpreters_words, rate_axis, scene, style, worker_axis
from poolbench.charts.text import slug
from poolbench.words import noun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from poolbench.analysis.interpreters import Beside, Side
    from poolbench.analysis.model import Curve
    from poolbench.charts.rate_axis import Unit
    from poolbench.charts.style import Theme

_WIDTH = 11.0
_MOST_COLUMNS = 4
_LEFT, _GAP, _RIGHT = 0.76, 0.8, 0.8
"""Inches before the first column, between two, and after the last: lines are named there."""
_HEAD, _NAMES, _FOOT, _BOTTOM = 1.2, 0.62, 0.56, 0.66
_PLOT, _LONE_PLOT = 2.3, 3.4
"""Height of a panel; the second of one that has the whole width."""
_FILLS = ("none", "full", "left", "bottom", "right", "top")
_MARKER, _LINE_WIDTH = 5.2, 1.8


@dataclass(frozen=True)
class Panel:
    """One executor on one workload."""

    beside: Beside
    lane: str
    axes: Axes
    unit: Unit
    curves: tuple[tuple[int, Side, Curve], ...]
    """With the place of each interpreter among all of them."""


def save(found: Sequence[Beside], folder: Path, theme: str = "light") -> list[Path]:
    """Write `<workloads>-interpreters.png` and `.svg` into `folder`; the dark ones end in `-dark`."""
    stem = f"{slug(' '.join(dict.fromkeys(each.workload for each in found)))}-interpreters"
    return style.save(draw(found, theme), folder, stem if theme == "light" else f"{stem}-{theme}")


def draw(found: Sequence[Beside], theme: str = "light") -> Figure:
    """Draw at least one workload with at least one executor that two interpreters have."""
    look = style.theme(theme)
    found = [each for each in found if each.lanes]
    with style.applied():
        rows = [_NAMES + _tall(each) + _FOOT for each in found]
        figure = style.figure(look, (_WIDTH, _HEAD + sum(rows) + _BOTTOM))
        panels = [
            panel for row, each in enumerate(found) for panel in _row(figure, look, each, _HEAD + sum(rows[:row]))
        ]
        for panel in panels:
            _lines(panel, look)
            interpreters_words.name(figure, look, panel)
        style.heading(figure, look, interpreters_words.title(found), interpreters_words.reading(found))
        style.caption(figure, look, interpreters_words.provenance(found))
    return figure


def _tall(beside: Beside) -> float:
    """Inches of its panels."""
    return _PLOT if len(beside.lanes) > 1 else _LONE_PLOT


def _row(figure: Figure, look: Theme, beside: Beside, above: float) -> list[Panel]:
    """Panels of one workload, under one scale, `above` inches from the top."""
    lanes, tall = beside.lanes[:_MOST_COLUMNS], _tall(beside)
    wide = (_WIDTH - _LEFT - _RIGHT - _GAP * (len(lanes) - 1)) / len(lanes)
    top = float(figure.get_figheight()) - above - _NAMES
    curves = {lane: _curves(beside, lane) for lane in lanes}
    cells = [cell for each in curves.values() for _, _, curve in each for cell in curve.cells]
    bases = [side.summary.baseline.per_s for side in beside.sides]
    medians = [per_s for per_s in (*bases, *(cell.per_s for cell in cells)) if per_s]
    highs = [cell.ci.high for cell in cells if cell.ci]
    unit = rate_axis.unit(max(medians, default=1.0), noun(beside.workload))
    panels = []
    for column, lane in enumerate(lanes):
        axes = style.axes(figure, look, (_LEFT + column * (wide + _GAP), top - tall, wide, tall))
        rate_axis.scale(axes, [each * unit.factor for each in medians], [each * unit.factor for each in highs])
        counts = sorted({cell.workers for _, _, curve in curves[lane] for cell in curve.cells})
        axes.tick_params(axis="y", labelleft=column == 0)
        worker_axis.scale(axes, look, counts)
        worker_axis.thin(axes, counts, None, look.ink)
        axes.set_xlabel("workers (log scale)" if column == 0 else "")
        panels.append(Panel(beside, lane, axes, unit, curves[lane]))
    style.unit(figure, look, f"{beside.workload}: {unit.words}", float(figure.get_figheight()) - top - 0.36)
    return panels


def _curves(beside: Beside, lane: str) -> tuple[tuple[int, Side, Curve], ...]:
    found = ((at, side, beside.curve(side, lane)) for at, side in enumerate(beside.sides))
    return tuple((at, side, curve) for at, side, curve in found if curve)


def _lines(panel: Panel, look: Theme) -> None:
    """Each interpreter's curve and, dashed, its own baseline."""
    for at, side, curve in panel.curves:
        colour, factor = look.of(curve.executor), panel.unit.factor
        if side.summary.baseline.per_s:
            height = side.summary.baseline.per_s * factor
            panel.axes.axhline(height, color=look.ink, linewidth=1.0, dashes=(6, 3), alpha=0.6, zorder=2)
        drawn: dict[str, Any] = style.marker(curve.executor, _MARKER)
        drawn |= {"fillstyle": _FILLS[at % len(_FILLS)], "markerfacecoloralt": look.bg, "markeredgewidth": 1.3}
        if drawn["fillstyle"] == "none":
            drawn |= {"fillstyle": "full", "markerfacecolor": look.bg}
        _band(panel, curve, colour)
        for cells in scene.segments(curve):
            x = [cell.workers for cell in cells]
            y = [(cell.per_s or 0.0) * factor for cell in cells]
            panel.axes.plot(x, y, color=colour, linewidth=_LINE_WIDTH, markeredgecolor=colour, zorder=3, **drawn)


def _band(panel: Panel, curve: Curve, colour: str) -> None:
    known = [(cell.workers, cell.ci) for cell in curve.cells if cell.ci]
    if len(known) > 1:
        x, low, high = zip(
            *((n, ci.low * panel.unit.factor, ci.high * panel.unit.factor) for n, ci in known), strict=True
        )
        panel.axes.fill_between(x, low, high, color=colour, alpha=0.17, linewidth=0, zorder=2)
