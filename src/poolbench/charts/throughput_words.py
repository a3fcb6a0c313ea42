"""The words inside the throughput chart and beside it, each where it covers nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.transforms import Affine2D

from poolbench.charts import labels, scene, style, worker_axis
from poolbench.charts.ends import End, label
from poolbench.charts.labels import Box, Room, beside
from poolbench.charts.owners import owned
from poolbench.charts.text import fit, plain, width
from poolbench.levels import levels
from poolbench.words import count_of, lane, noun, times, workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.text import Text

    from poolbench.analysis.model import CellSummary, Curve
    from poolbench.charts.scene import Scene

_RING = 9.0
"""Radius of the ring with its edge, points."""
_CROSS = 4.5
_WIDEST = 0.6
"""Of the axes, for the ring's label."""
_STEPS = 24
"""Places tried along a line."""


def write(chart: Scene) -> None:
    """Every label, the most important first: each takes its place from those that follow."""
    room = _room(chart)
    _ring(chart, room)
    label(chart.figure, chart.look, room, [_end(chart, curve) for curve in chart.summary.curves])
    _failed(chart, room)
    _baseline(chart, room)
    worker_axis.cores(chart.axes, chart.figure, chart.look, room, chart.summary.machine)
    _ideal(chart, room)
    worker_axis.default(chart.axes, chart.figure, chart.look, room, chart.summary.machine)


def _room(chart: Scene) -> Room:
    """Take the axes with the curves, their runs, the references and the crosses in it."""
    frame = labels.frame(chart.axes)
    room = Room(frame)
    for curve in chart.summary.curves:
        room.lines += [labels.along(chart.points(cells)) for cells in scene.segments(curve)]
        runs = [(cell.workers, run * chart.factor) for cell in curve.cells for run in scene.dots(cell)]
        if runs:
            room.lines.append(labels.points(chart.axes, *zip(*runs, strict=True)))
    room.lines += [_ideal_line(chart), _baseline_line(chart)]
    if chart.winner:
        ringed = chart.points([chart.winner[1]])
        room.lines.append(labels.along(np.array([ringed[0], [ringed[0, 0], frame.y0]])))
    for row, curve in enumerate(chart.failing):
        y = frame.y0 + scene.row_height(row)
        x = labels.points(chart.axes, [cell.workers for cell in curve.cells if cell.failed], [0] * _crosses(curve))
        room.words += [Box(at - _CROSS, y - _CROSS, at + _CROSS, y + _CROSS) for at in x[:, 0]]
    return room


def _crosses(curve: Curve) -> int:
    return sum(1 for cell in curve.cells if cell.failed)


def _ideal_line(chart: Scene) -> labels.Points:
    """Points on the dotted line, as far as the axes show it."""
    if chart.theory is None:
        return np.empty((0, 2))
    line = labels.along(labels.points(chart.axes, list(chart.theory.x), list(chart.theory.y)))
    return line[line[:, 1] < labels.frame(chart.axes).y1]


def _baseline_line(chart: Scene) -> labels.Points:
    frame = labels.frame(chart.axes)
    if chart.baseline is None:
        return np.empty((0, 2))
    y = labels.points(chart.axes, [1], [chart.baseline])[0, 1]
    return labels.along(np.array([[frame.x0, y], [frame.x1, y]]))


def _ring(chart: Scene, room: Room) -> None:
    """`threads: 24 workers, 11.8×` above the ring, or where it is free, with a line from further off."""
    if chart.winner is None:
        return
    curve, knee = chart.winner
    x, y = (float(each) for each in chart.points([knee])[0])
    room.words.append(Box(x - _RING, y - _RING, x + _RING, y + _RING))
    colour = chart.look.of(curve.executor)
    with owned(chart.figure, curve.name):
        text = style.write(chart.figure, x, y, "", style.RING, colour, chart.look.bg, weight=style.SEMIBOLD)
        _call(text, curve, knee, _result(chart, knee), _WIDEST * room.bounds.width)
        seat = room.seat(text, _around(labels.box(text), x, y))
        if seat is not None:
            _tie(chart, seat, x, y, colour)


def _call(text: Text, curve: Curve, knee: CellSummary, result: str, most: float) -> None:
    """Set `name: result` at most `most` points wide; a long name gives way to the result."""
    if levels(curve.executor, curve.options):
        gain = result.rpartition(", ")[2]
        text.set_text(f"{workers(curve.executor, knee.workers, curve.options)}: {gain}")
        return
    for name in (plain(curve.name), plain(curve.executor)):
        text.set_text(f"{name}: {result}")
        if width(text) <= most:
            return
    text.set_text(f": {result}")
    ending = width(text)
    text.set_text(plain(curve.executor))
    text.set_text(f"{fit(text, most - ending).get_text()}: {result}")


def _result(chart: Scene, knee: CellSummary) -> str:
    count = "1 worker" if knee.workers == 1 else f"{knee.workers} workers"
    if knee.speedup is not None:
        return f"{count}, {times(knee.speedup)}"
    return f"{count}, {chart.unit.short(knee.per_s or 0.0, noun(chart.summary.workload))}"


def _around(size: Box, x: float, y: float) -> Iterator[Box]:
    """Above the ring, then shifted to either side, higher, and below it."""
    for up in (15.0, 24.0, 34.0, 46.0, 60.0, -15.0, -24.0, -36.0, -50.0, -70.0, -95.0):
        for left in (0.5, 0.35, 0.65, 0.2, 0.8, 0.05, 0.95):
            yield beside(size, x, y + up, left, 0.0 if up > 0 else 1.0)
    for left, side in ((1.0, -1), (0.0, 1)):
        yield beside(size, x + 14 * side, y, left)


def _tie(chart: Scene, seat: Box, x: float, y: float, colour: str) -> None:
    """Draw a line from the ring to its label."""
    gap = seat.y0 - (y + _RING) if seat.y0 > y else (y - _RING) - seat.y1
    if gap < 4 or not seat.x0 <= x <= seat.x1:
        return
    near, far = (y + _RING - 1, seat.y0 - 1) if seat.y0 > y else (y - _RING + 1, seat.y1 + 1)
    place = Affine2D().scale(1 / style.INCH) + chart.figure.dpi_scale_trans
    chart.figure.add_artist(Line2D((x, x), (near, far), color=colour, linewidth=1.2, transform=place, zorder=2))


def _end(chart: Scene, curve: Curve) -> End:
    """Make the direct label of a curve, at its last median, or on the axis where every run failed."""
    measured = [cell for cell in curve.cells if cell.per_s is not None]
    if measured:
        x, y = chart.points(measured[-1:])[0]
    else:
        x, y = labels.points(chart.axes, [curve.cells[-1].workers], [0])[0]
        y += scene.row_height(chart.failing.index(curve)) if curve in chart.failing else 0
    name, cross, inner = lane(curve.executor, curve.options).partition(" × ")
    telling = f"{cross}{inner} {curve.telling}".strip()
    notes = [(plain(telling), chart.look.text2)] if telling else []
    notes.append(_peak(chart, curve))
    return End(float(x), float(y), chart.look.of(curve.executor), plain(name), tuple(notes), curve.name)


def _peak(chart: Scene, curve: Curve) -> tuple[str, str]:
    peak = curve.peak
    if peak is None:
        failed = sum(cell.failed for cell in curve.cells)
        return (f"all {failed:,} runs failed" if failed else "not measured", chart.look.bad)
    height = times(peak.speedup) if peak.speedup is not None else chart.unit.short(peak.per_s or 0.0)
    return (f"peak {height} at {count_of(peak.executor, peak.workers, peak.options)}", chart.look.text2)


def _failed(chart: Scene, room: Room) -> None:
    """How many runs of each curve failed, beside its crosses; a curve that never ran says so at its end."""
    for row, curve in enumerate(chart.failing):
        if curve.peak is None:
            continue
        at = [cell.workers for cell in curve.cells if cell.failed]
        x = labels.points(chart.axes, at, [0] * len(at))[:, 0]
        y = room.bounds.y0 + scene.row_height(row)
        words = f"{plain(curve.name)}: {sum(cell.failed for cell in curve.cells):,} failed"
        text = style.write(chart.figure, 0, 0, words, style.NOTE, chart.look.bad, chart.look.bg)
        size = labels.box(fit(text, room.bounds.width / 3))
        room.seat(text, _beside_crosses(size, [float(each) for each in x], y))


def _beside_crosses(size: Box, x: list[float], y: float) -> Iterator[Box]:
    for up in (0.0, 14.0, 28.0, 42.0, 56.0, 70.0, 90.0):
        yield beside(size, x[0] - 8, y + up, left=1)
        yield beside(size, x[-1] + 8, y + up, left=0)
        for at in x:
            yield beside(size, at + 8, y + up, left=0)
            yield beside(size, at, y + up)


def _baseline(chart: Scene, room: Room) -> None:
    per_s = chart.summary.baseline.per_s
    if per_s is None:
        return
    words = f"sequential baseline: {chart.unit.short(per_s, noun(chart.summary.workload))} = 1×"
    text = style.write(chart.figure, 0, 0, words, style.TICK, chart.look.ink, chart.look.bg)
    size, frame = labels.box(text), room.bounds
    y = float(_baseline_line(chart)[0, 1])
    shares = sorted((each / _STEPS for each in range(_STEPS + 1)), key=lambda share: abs(share - 0.45))
    room.seat(
        text,
        [
            beside(size, frame.x0 + 3 + share * (frame.width - size.width - 6), y + 2.5 * side, 0, below)
            for side, below in ((1, 0.0), (-1, 1.0))
            for share in shares
        ],
    )


def _ideal(chart: Scene, room: Room) -> None:
    """Left of the dotted line, high up where it is steep and far from the curves; else right of it."""
    line = _ideal_line(chart)
    if chart.theory is None or len(line) == 0 or len(set(chart.theory.x)) < 2:
        return
    text = style.write(chart.figure, 0, 0, plain(chart.theory.name), style.NOTE, chart.look.text2, chart.look.bg)
    size = labels.box(text)
    goal = room.bounds.y0 + 0.8 * room.bounds.height
    spots = sorted(line[:: max(1, len(line) // _STEPS)], key=lambda spot: abs(float(spot[1]) - goal))
    sides = ((-9.0, 1.0), (9.0, 0.0))
    room.seat(text, [beside(size, float(x) + gap, float(y), left) for gap, left in sides for x, y in spots])
