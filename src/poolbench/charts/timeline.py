"""One trial on a clock: futures pending, running and finished above; below, what each worker ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from poolbench.charts import labels, style, timeline_words
from poolbench.charts.text import slug
from poolbench.charts.timeline_words import Frame

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from poolbench.analysis.model import Summary
    from poolbench.analysis.timeline import Lane, Timeline

_WIDTH = 11.0
_LEFT, _AXES = 1.06, 9.08
_STATES, _HEAD, _BETWEEN, _FOOT = 1.2, 1.5, 0.62, 1.24
"""Inches: the strip of states, all above it, between it and the lanes, below these."""
_MOST_LANES = 64
_TALL, _LOW = 24.0, 4.4
"""Points from lane to lane: with few of them, and at least."""
_LEAST_LANES, _MOST_HIGH = 1.3, 3.9
"""Height of all lanes, inches."""
_FILLED = 0.66
"""Of the distance from lane to lane."""
_GAP = 0.8
"""Points between two blocks of a lane."""
_THIN = 1.1
"""A block narrower than this joins its neighbour: nobody could tell them apart."""
_MOST_STEPS = 900


def save(summary: Summary, shown: Timeline, folder: Path, theme: str = "light", suffix: str = "") -> list[Path]:
    """Write `<workload>-timeline.png` and `.svg` into `folder`; the dark ones end in `-dark`."""
    stem = f"{slug(f'{summary.workload} {suffix}')}-timeline"
    return style.save(draw(summary, shown, theme), folder, stem if theme == "light" else f"{stem}-{theme}")


def draw(summary: Summary, shown: Timeline, theme: str = "light") -> Figure:
    """Draw `shown`, a trial of `summary`."""
    look = style.theme(theme)
    lanes = chosen(shown.lanes)
    lane_area = min(_MOST_HIGH, max(_LEAST_LANES, len(lanes) * _TALL / style.INCH))
    height = _HEAD + _STATES + _BETWEEN + lane_area + _FOOT
    with style.applied():
        figure = style.figure(look, (_WIDTH, height))
        upper = style.axes(figure, look, (_LEFT, height - _HEAD - _STATES, _AXES, _STATES))
        lower = style.axes(figure, look, (_LEFT, _FOOT, _AXES, lane_area))
        frame = Frame(summary, shown, lanes, look, figure, upper, lower)
        _clock(frame)
        _states(frame)
        _lanes(frame)
        timeline_words.write(frame)
    return figure


def chosen(lanes: Sequence[Lane]) -> list[Lane]:
    """All lanes, or as many as can be seen, at even distances."""
    if len(lanes) <= _MOST_LANES:
        return list(lanes)
    return [lanes[round(each)] for each in np.linspace(0, len(lanes) - 1, _MOST_LANES)]


def _clock(frame: Frame) -> None:
    """One time axis for both."""
    wall, factor = frame.shown.wall_s, frame.factor
    ticks = [
        float(tick)
        for tick in MaxNLocator(8, steps=[1, 2, 2.5, 5, 10]).tick_values(0, wall * factor)
        if tick <= wall * factor * 1.001
    ]
    for axes in (frame.upper, frame.lower):
        axes.set_xlim(0, wall * factor)
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.grid(visible=True, axis="x", color=frame.look.grid, linewidth=0.9)
        axes.grid(visible=False, axis="y")
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(axis="x", length=0)
    frame.upper.tick_params(axis="x", labelbottom=False)
    words = f"{frame.unit[1]} since the first submission"
    frame.lower.set_xlabel(words, fontsize=style.AXIS_LABEL, color=frame.look.text2, labelpad=6)


def _states(frame: Frame) -> None:
    """Finished at the foot, running on it, pending above: a step wherever a task starts or ends."""
    moments = frame.shown.moments
    ends = np.array([each.at_s for each in moments[1:]] + [frame.shown.wall_s]) * frame.factor
    last = _last_of_each_step(ends, frame.shown.wall_s * frame.factor)
    kept = [moments[index] for index in last]
    x = np.array([each.at_s for each in kept] + [frame.shown.wall_s]) * frame.factor
    x[0] = 0.0
    finished = np.array([each.finished for each in kept] + [kept[-1].finished])
    started = finished + np.array([each.running for each in kept] + [kept[-1].running])
    total = np.full_like(finished, frame.shown.tasks)
    colour = frame.look.of(frame.shown.executor)
    layers = ((0 * finished, finished, colour, 0.42), (finished, started, colour, 1.0))
    for low, high, fill, alpha in (*layers, (started, total, frame.look.axis, 0.36)):
        frame.upper.fill_between(x, low, high, step="post", color=fill, alpha=alpha, linewidth=0, zorder=2)
    frame.upper.set_ylim(0, frame.shown.tasks)
    half = [frame.shown.tasks // 2] if frame.shown.tasks > 3 else []
    frame.upper.yaxis.set_major_locator(FixedLocator([0, *half, frame.shown.tasks]))
    frame.upper.set_yticklabels([f"{tick:,}" for tick in (0, *half, frame.shown.tasks)])


def _last_of_each_step(ends: NDArray[np.float64], whole: float) -> list[int]:
    """Of moments too many to be seen apart the last within each step of the axis."""
    if len(ends) <= _MOST_STEPS:
        return list(range(len(ends)))
    steps = np.minimum((ends / whole * _MOST_STEPS).astype(int), _MOST_STEPS - 1)
    return [0, *(int(index) for index in np.flatnonzero(np.diff(steps, append=_MOST_STEPS)) if index)]


def _lanes(frame: Frame) -> None:
    """A pale band for each worker, and a block for each task on it."""
    axes, look = frame.lower, frame.look
    axes.set_ylim(len(frame.lanes) - 0.5, -0.5)
    pitch = labels.frame(axes).height / len(frame.lanes)
    thick = max(pitch * _FILLED, _LOW * _FILLED)
    wall = frame.shown.wall_s * frame.factor
    bands = [((0.0, row), (wall, row)) for row in range(len(frame.lanes))]
    _segments(axes, bands, look.wash, thick, 1.5)
    good, bad = _blocks(frame)
    _segments(axes, good, look.of(frame.shown.executor), thick, 3)
    _segments(axes, bad, look.bad, thick, 3.2)
    if bad and not frame.roomy:
        x, y = zip(*(((start[0] + end[0]) / 2, start[1]) for start, end in bad), strict=True)
        size = min(10.0, thick + 4.0)
        axes.plot(x, y, "X", markersize=size, color=look.bad, markeredgecolor=look.bg, zorder=4, clip_on=False)


Segment = tuple[tuple[float, float], tuple[float, float]]


def _blocks(frame: Frame) -> tuple[list[Segment], list[Segment]]:
    """Of tasks that succeeded, and of those that failed."""
    point = frame.shown.wall_s * frame.factor / labels.frame(frame.lower).width
    good: list[Segment] = []
    bad: list[Segment] = []
    for row, lane in enumerate(frame.lanes):
        for start, end, ok in _merged(frame, lane, _THIN * point):
            gap = min(_GAP * point, (end - start) / 3) / 2
            (good if ok else bad).append(((start + gap, row), (end - gap, row)))
    return good, bad


def _merged(frame: Frame, lane: Lane, least: float) -> list[tuple[float, float, bool]]:
    """Blocks of a lane on the axis, those too narrow to be seen joined to the one before them."""
    blocks: list[tuple[float, float, bool]] = []
    for span in lane.spans:
        start, end = span.started_s * frame.factor, span.finished_s * frame.factor
        last = blocks[-1] if blocks else None
        if last and span.ok and last[2] and start - last[1] < least and min(end - start, last[1] - last[0]) < least:
            blocks[-1] = (last[0], max(end, last[1]), True)
        else:
            blocks.append((start, end, span.ok))
    return blocks


def _segments(axes: Axes, segments: Sequence[Segment], colour: str, thick: float, order: float) -> None:
    """All of them as one outline: thousands of tasks stay a small file."""
    if not segments:
        return
    corners = [corner for segment in segments for corner in segment]
    codes = [Outline.MOVETO, Outline.LINETO] * len(segments)
    drawn = PathPatch(
        Outline(corners, codes),
        fill=False,
        edgecolor=colour,
        linewidth=thick,
        capstyle="butt",
        zorder=order,
        clip_on=False,
    )
    axes.add_patch(drawn)
