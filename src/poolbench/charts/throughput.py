"""Throughput by workers: the curve of each executor against one at a time, and the count to use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.transforms import blended_transform_factory

from poolbench.charts import findings, labels, lanes, rate_axis, scene, style, throughput_words, worker_axis
from poolbench.charts.owners import owned
from poolbench.charts.scene import Scene, segments
from poolbench.charts.text import slug
from poolbench.words import noun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from poolbench.analysis.model import CellSummary, Curve, Summary
    from poolbench.charts.style import Theme

_WINNER_WIDTH, _LINE_WIDTH = 2.8, 1.8
_WINNER_MARKER, _MARKER = 6.4, 5.2


def save(summary: Summary, folder: Path, theme: str = "light", suffix: str = "") -> list[Path]:
    """Write `<workload>-throughput.png` and `.svg` into `folder`; the dark ones end in `-dark`.

    `suffix` tells sweeps of one workload apart, by their parameters as a rule.
    """
    stem = f"{slug(f'{summary.workload} {suffix}')}-throughput"
    return style.save(draw(summary, theme), folder, stem if theme == "light" else f"{stem}-{theme}")


def draw(summary: Summary, theme: str = "light") -> Figure:
    """Draw the chart of `summary`, which has at least one cell. UsageError for an unknown theme."""
    return compose(summary, theme).figure


def compose(summary: Summary, theme: str = "light") -> Scene:
    """The same, with where everything lies in it."""
    look = style.theme(theme)
    with style.applied():
        figure = style.figure(look)
        chart = _scaled(summary, look, figure)
        _references(chart)
        for curve in _best_last(summary):
            with owned(figure, curve.name):
                _curve(chart, curve)
        _failures(chart)
        _winner(chart)
        style.heading(figure, look, findings.title(summary), *findings.reading(summary))
        style.caption(figure, look, findings.provenance(summary))
        throughput_words.write(chart)
    return chart


def _scaled(summary: Summary, look: Theme, figure: Figure) -> Scene:
    """Both axes, wide enough for all that is drawn."""
    cells = [cell for curve in summary.curves for cell in curve.cells]
    medians = [cell.per_s for cell in (summary.baseline, *cells) if cell.per_s is not None]
    others = [run for cell in cells for run in cell.runs] + [cell.ci.high for cell in cells if cell.ci]
    unit = rate_axis.unit(max(medians, default=1.0), noun(summary.workload))
    axes = style.axes(figure, look)
    rate_axis.scale(axes, [each * unit.factor for each in medians], [each * unit.factor for each in others])
    worker_axis.scale(axes, look, scene.counts(summary))
    style.unit(figure, look, unit.words)
    return Scene(summary, look, figure, axes, unit)


def _best_last(summary: Summary) -> list[Curve]:
    return sorted(summary.curves, key=lambda curve: curve == summary.best)


def _references(chart: Scene) -> None:
    """One at a time, dashed; the limit, dotted; what the model expects, thin."""
    look, axes = chart.look, chart.axes
    if chart.baseline is not None:
        axes.axhline(chart.baseline, color=look.ink, linewidth=1.6, dashes=(6 / 1.6, 3 / 1.6), zorder=2.5)
    if chart.theory is not None:
        axes.plot(chart.theory.x, chart.theory.y, color=look.text3, linewidth=1.7, dashes=(1, 2.2), zorder=2.4)
    for curve in chart.summary.curves:
        expected = [(cell.workers, cell.limits.model * chart.factor) for cell in curve.cells if cell.limits]
        if len(expected) > 1:
            x, y = zip(*expected, strict=True)
            with owned(chart.figure, curve.name):
                axes.plot(x, y, color=look.of(curve.executor), linewidth=0.8, alpha=0.75, zorder=2.3)


def _curve(chart: Scene, curve: Curve) -> None:
    best = curve == chart.summary.best
    colour = chart.look.of(curve.executor)
    for cells in segments(curve):
        _band(chart, cells, colour)
        _runs(chart, cells, colour)
        x, y = chart.xy(cells)
        chart.axes.plot(
            *(x, y),
            color=colour,
            linewidth=_WINNER_WIDTH if best else _LINE_WIDTH,
            zorder=4 if best else 3,
            **lanes.marker(chart.look, chart.summary.curves, curve, _WINNER_MARKER if best else _MARKER),
        )


def _band(chart: Scene, cells: Sequence[CellSummary], colour: str) -> None:
    """Shade the interval of each median; where a neighbour has none, upright over its own count."""
    known = [(cell.workers, cell.ci) for cell in cells if cell.ci]
    if not known:
        return
    x = [float(workers) for workers, _ in known]
    low = [ci.low * chart.factor for _, ci in known]
    high = [ci.high * chart.factor for _, ci in known]
    if len(known) == 1:
        chart.axes.vlines(x, low, high, color=colour, alpha=0.17, linewidth=7, zorder=2)
    else:
        chart.axes.fill_between(x, low, high, color=colour, alpha=0.17, linewidth=0, zorder=2)


def _runs(chart: Scene, cells: Sequence[CellSummary], colour: str) -> None:
    dots = [(cell.workers, run * chart.factor) for cell in cells if len(cell.runs) > 1 for run in scene.dots(cell)]
    if dots:
        x, y = zip(*dots, strict=True)
        chart.axes.plot(x, y, "o", color=colour, markersize=2.6, markeredgewidth=0, alpha=0.32, zorder=2.2)


def _failures(chart: Scene) -> None:
    """Set a red cross on the axis for every count at which a run failed, a row for each curve."""
    place = blended_transform_factory(chart.axes.transData, chart.axes.transAxes)
    height = labels.frame(chart.axes).height
    for row, curve in enumerate(chart.failing):
        x = [cell.workers for cell in curve.cells if cell.failed]
        y = [scene.row_height(row) / height] * len(x)
        chart.axes.plot(
            *(x, y),
            marker="x",
            markersize=6.5,
            markeredgewidth=1.9,
            color=chart.look.bad,
            linestyle="none",
            transform=place,
            zorder=4.6,
        )


def _winner(chart: Scene) -> None:
    """Draw the ring at the knee of the best curve, its drop line, and the bar of its interval on the axis."""
    axes, look, counts = chart.axes, chart.look, scene.counts(chart.summary)
    if chart.winner is None:
        worker_axis.thin(axes, counts, None, look.ink)
        return
    best, knee = chart.winner
    colour = look.of(best.executor)
    (x,), (y,) = chart.xy([knee])
    ring: dict[str, Any] = {"markerfacecolor": "none", "markeredgecolor": colour, "markeredgewidth": 2}
    with owned(chart.figure, best.name):
        worker_axis.knee(axes, colour, best.knee_ci)
        axes.plot((x, x), (0, y), color=colour, linewidth=1.2, zorder=2.6)
        axes.plot([x], [y], "o", markersize=14, zorder=5, **ring)
    worker_axis.thin(axes, counts, knee.workers, colour)
