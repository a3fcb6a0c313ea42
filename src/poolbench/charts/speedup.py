"""Speed-up and efficiency by workers, a column a workload: what concurrency gains, and what each worker of it does."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log2
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import FixedLocator, NullLocator

from poolbench.charts import labels, lanes, scene, speedup_words, style, worker_axis
from poolbench.charts.labels import Room
from poolbench.charts.owners import owned
from poolbench.charts.text import slug

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from poolbench.analysis.model import CellSummary, Curve, Summary
    from poolbench.charts.style import Theme

_WIDTH = 11.0
_COLUMNS = 4
"""Workloads side by side at most; more of them go into another row."""
_LEFT, _RIGHT, _GAP = 0.76, 0.28, 0.42
"""Inches before the first column, after the last, and between two."""
_HEAD, _NAMES, _UPPER, _BETWEEN, _LOWER, _FOOT = 1.18, 0.92, 2.55, 0.62, 1.42, 0.5
"""Inches: title to key, a column's name, speed-up, gap, efficiency, ticks below it."""
_KEY_LINE = 0.21
_BOTTOM = 0.98
_MOST_TICKS = 8
_HEADROOM = 1.25
_FRACTIONS = {0.5: "½×", 0.25: "¼×"}
_MARKER, _LINE_WIDTH = 4.2, 1.7


@dataclass(frozen=True)
class Panel:
    """One workload: its speed-up above, its efficiency below."""

    summary: Summary
    look: Theme
    figure: Figure
    upper: Axes
    lower: Axes
    name: str
    about: str


def save(summaries: Sequence[Summary], folder: Path, theme: str = "light", suffix: str = "") -> list[Path]:
    """Write `<workloads>-speedup.png` and `.svg` into `folder`; the dark ones end in `-dark`."""
    names = dict.fromkeys(summary.workload for summary in summaries)
    stem = f"{slug(' '.join([*names, suffix]))}-speedup"
    return style.save(draw(summaries, theme), folder, stem if theme == "light" else f"{stem}-{theme}")


def draw(summaries: Sequence[Summary], theme: str = "light") -> Figure:
    """Draw the chart of at least one summary with at least one curve."""
    return compose(summaries, theme)[0].figure


def compose(summaries: Sequence[Summary], theme: str = "light") -> list[Panel]:
    """The same, as its panels."""
    look = style.theme(theme)
    with style.applied():
        curves = lanes.known(summaries)
        figure = style.figure(look, (_WIDTH, _height(summaries, 1)))
        lines = lanes.key(figure, look, curves, 0)  # counted first: the figure grows with them
        figure = style.figure(look, (_WIDTH, _height(summaries, lines)))
        style.heading(figure, look, speedup_words.title(summaries), speedup_words.reading(summaries))
        lanes.key(figure, look, curves, (float(figure.get_figheight()) - 1.16) * style.INCH)
        panels = _panels(figure, look, summaries, lines)
        for panel in panels:
            _references(panel)
            for curve in panel.summary.curves:
                with owned(figure, curve.name):
                    _curve(panel, curve, curves)
        style.caption(figure, look, speedup_words.provenance(summaries))
        for number, panel in enumerate(panels):
            speedup_words.write(panel.upper, panel.summary, look, _room(panel), first=number == 0)
    return panels


def _columns(summaries: Sequence[Summary]) -> int:
    """So many that rows are about equally long."""
    return ceil(len(summaries) / ceil(len(summaries) / _COLUMNS))


def _height(summaries: Sequence[Summary], key_lines: int) -> float:
    rows = ceil(len(summaries) / _columns(summaries))
    return _HEAD + key_lines * _KEY_LINE + rows * (_NAMES + _UPPER + _BETWEEN + _LOWER + _FOOT) + _BOTTOM - 0.1


def _panels(figure: Figure, look: Theme, summaries: Sequence[Summary], key_lines: int) -> list[Panel]:
    """Panels under one scale of speed-up, filled row by row."""
    columns = _columns(summaries)
    wide = (_WIDTH - _LEFT - _RIGHT - _GAP * (columns - 1)) / columns
    top = float(figure.get_figheight()) - _HEAD - key_lines * _KEY_LINE
    captions = speedup_words.names(summaries)
    panels = []
    for number, (summary, (name, about)) in enumerate(zip(summaries, captions, strict=True)):
        row, column = divmod(number, columns)
        left = _LEFT + column * (wide + _GAP)
        high = top - row * (_NAMES + _UPPER + _BETWEEN + _LOWER + _FOOT) - _NAMES
        upper = style.axes(figure, look, (left, high - _UPPER, wide, _UPPER))
        lower = style.axes(figure, look, (left, high - _UPPER - _BETWEEN - _LOWER, wide, _LOWER))
        panel = Panel(summary, look, figure, upper, lower, name, about)
        _scale(panel, summaries, outer=column == 0, last=number + columns >= len(summaries))
        speedup_words.name_panel(figure, look, (left, high, wide), name, about)
        if column == 0:
            height = float(figure.get_figheight())
            style.unit(figure, look, "speed-up", height - high - 0.12)
            style.unit(figure, look, "efficiency = speed-up ÷ workers", height - high + _UPPER + _BETWEEN - 0.16)
        panels.append(panel)
    return panels


def _scale(panel: Panel, summaries: Sequence[Summary], *, outer: bool, last: bool) -> None:
    counts = scene.counts(panel.summary)
    every = sorted({count for summary in summaries for count in scene.counts(summary)})
    for axes in (panel.upper, panel.lower):
        worker_axis.scale(axes, panel.look, counts, (every[0], every[-1]))
        axes.set_xlabel("")
    worker_axis.thin(panel.lower, counts, None, panel.look.ink)
    panel.upper.tick_params(axis="x", labelbottom=False)
    if last:
        panel.lower.set_xlabel("workers (log scale)", fontsize=style.AXIS_LABEL, color=panel.look.text2, labelpad=6)
    _speedup_axis(panel.upper, summaries, outer=outer)
    most = max([1.0, *(share for summary in summaries for _, share in _shares(_cells(summary)))])
    panel.lower.set_ylim(0, 1.08 * most)
    panel.lower.yaxis.set_major_locator(FixedLocator([0.0, 0.5, 1.0]))
    panel.lower.set_yticklabels(["0", "50", "100 %"] if outer else ["", "", ""])


def _speedup_axis(axes: Axes, summaries: Sequence[Summary], *, outer: bool) -> None:
    """Powers of two around every speed-up; of four, or more, where these are too many."""
    seen = [cell.speedup for summary in summaries for cell in _cells(summary) if cell.speedup]
    low, high = min([0.75, *(0.85 * each for each in seen)]), max([2.0, *(_HEADROOM * each for each in seen)])
    axes.set_yscale("log", base=2)
    axes.set_ylim(low, high)
    first, last = ceil(log2(low)), floor(log2(high))
    step = ceil((last - first + 1) / _MOST_TICKS)
    ticks = [2.0**power for power in range(first, last + 1) if power % step == 0]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_yticklabels([_ratio(tick) if outer else "" for tick in ticks])


def _ratio(tick: float) -> str:
    if tick >= 1:
        return f"{tick:,.0f}×"
    return _FRACTIONS.get(tick, f"1/{1 / tick:,.0f}×")


def _cells(summary: Summary) -> list[CellSummary]:
    return [cell for curve in summary.curves for cell in curve.cells]


def _shares(cells: Sequence[CellSummary]) -> list[tuple[int, float]]:
    """Efficiency by workers, where it is known."""
    return [(cell.workers, cell.efficiency) for cell in cells if cell.efficiency]


def _references(panel: Panel) -> None:
    """One at a time, dashed; as many times as fast as there are workers, dotted."""
    look, (left, right) = panel.look, panel.upper.get_xlim()
    panel.upper.axhline(1, color=look.ink, linewidth=1.6, dashes=(6 / 1.6, 3 / 1.6), zorder=2.5)
    ideal: dict[str, Any] = {"color": look.text3, "linewidth": 1.7, "dashes": (1, 2.2), "zorder": 2.4}
    panel.upper.plot((left, right), (left, right), **ideal)
    panel.lower.axhline(1, **ideal)
    cores = panel.summary.machine.get("cores")
    if cores and left <= cores <= right:
        for axes in (panel.upper, panel.lower):
            axes.axvline(cores, color=look.text3, linewidth=0.9, dashes=(3, 2.5), zorder=1.5)


def _curve(panel: Panel, curve: Curve, curves: Sequence[Curve]) -> None:
    colour = panel.look.of(curve.executor)
    drawn: dict[str, Any] = {"color": colour, "linewidth": _LINE_WIDTH, "zorder": 3.0}
    drawn |= lanes.marker(panel.look, curves, curve, _MARKER)
    for cells in scene.segments(curve):
        sped = [cell for cell in cells if cell.speedup]
        _band(panel.upper, sped, colour)
        panel.upper.plot([cell.workers for cell in sped], [cell.speedup or 0.0 for cell in sped], **drawn)
        panel.lower.plot(*(list(each) for each in zip(*_shares(sped), strict=True)), **drawn)
    failed = [cell.workers for cell in curve.cells if cell.failed]
    if failed:
        low = panel.upper.get_ylim()[0]
        cross: dict[str, Any] = {"marker": "x", "markersize": 6.5, "markeredgewidth": 1.9, "color": panel.look.bad}
        panel.upper.plot(failed, [low * 1.06] * len(failed), linestyle="none", clip_on=False, zorder=4.6, **cross)


def _band(axes: Axes, cells: Sequence[CellSummary], colour: str) -> None:
    known = [(cell.workers, cell.speedup_ci) for cell in cells if cell.speedup_ci]
    if len(known) > 1:
        x, low, high = zip(*((workers, ci.low, ci.high) for workers, ci in known), strict=True)
        axes.fill_between(x, low, high, color=colour, alpha=0.17, linewidth=0, zorder=2)


def _room(panel: Panel) -> Room:
    """Take the upper axes with the curves and the references in it."""
    axes = panel.upper
    frame = labels.frame(axes)
    room = Room(frame)
    for curve in panel.summary.curves:
        for cells in scene.segments(curve):
            sped = [(cell.workers, cell.speedup) for cell in cells if cell.speedup]
            if sped:
                room.lines.append(labels.along(labels.points(axes, *zip(*sped, strict=True))))
    ends = axes.get_xlim()
    ideal = labels.along(labels.points(axes, ends, ends))
    room.lines += [ideal[ideal[:, 1] < frame.y1], labels.along(labels.points(axes, ends, (1, 1)))]
    return room
