"""The words of the heat map: what a second level brings, the value of each cell, what marks mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import Affine2D

from poolbench.charts import fonts, labels, style
from poolbench.charts.text import fit, width
from poolbench.words import INNER, WORKERS, figures, noun, times, workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.text import Text

    from poolbench.analysis.model import CellSummary
    from poolbench.analysis.planes import Plane
    from poolbench.charts.heat import Heat

FEWEST_ROWS = 4
"""The notes beside the cells need the height of so many."""
_DARK, _PALE = "#10182b", "#fefefe"
"""On a cell: not the page's own colours, which change with its theme."""
_VALUE, _BESIDE, _SMALLEST = 12.5, 9.5, 6.5
_LINE = 16.5
"""Points of a cell's height that a line in it needs."""
_INSET = 7.0
_DOT = 5.5
_RAMP_HEIGHT, _RAMP_STEPS = 10.0, 48


def title(heat: Heat) -> str:
    """What several processes bring over one, if that was measured; else who is fastest."""
    plane, knee = heat.plane, heat.plane.knee
    who, gain = _who(knee), plane.gain
    if gain is None:
        return f"{who} are {_speedup(heat, knee)}"
    if plane.chosen[0] == 1:
        return f"One {_singular(plane)} is enough: {who.partition(' × ')[2]} are {_speedup(heat, knee)}"
    if plane.surely:
        return f"{who} do {times(gain)} what one {_singular(plane)} can"
    if knee.ci is None:
        return f"{who}: {times(gain)} one {_singular(plane)}, from one run each"
    return f"More {plane.outer} bring nothing sure: {times(gain)} one {_singular(plane)}"


def _singular(plane: Plane) -> str:
    return WORKERS.get(plane.outer, (plane.outer, ""))[0]


def _who(cell: CellSummary) -> str:
    return workers(cell.executor, cell.workers, cell.options)


def _speedup(heat: Heat, cell: CellSummary) -> str:
    if cell.speedup is not None:
        return f"{times(cell.speedup)} one at a time"
    return f"fastest, {heat.unit.short(cell.per_s or 0.0, noun(heat.summary.workload))}"


def reading(heat: Heat) -> list[str]:
    """What stands in a cell."""
    cells = list(heat.plane.cells.values())
    says = [heat.unit.words[0].upper() + heat.unit.words[1:]]
    base = heat.summary.baseline.per_s
    if base is not None and any(cell.speedup for cell in cells):
        says.append(f"below it speed-up (one at a time: {heat.unit.short(base)} = 1×)")
    runs = sorted({cell.trials for cell in cells if cell.trials})
    counted = f"{runs[0]}" if len(runs) == 1 else f"{runs[0]} to {runs[-1]}"
    says.append("one run each" if runs == [1] else f"centre of {counted} runs")
    return says


def inner_label(plane: Plane) -> str:
    """`threads in each process`."""
    return f"{INNER.get(plane.inner, ('', plane.inner))[1]} in each {_singular(plane)}"


def write(heat: Heat) -> None:
    """Values, ticks of the framed cell, notes to the right."""
    for place, cell in heat.plane.cells.items():
        _value(heat, place, cell)
    outers, inners = heat.plane.sides
    outer, inner = heat.plane.chosen
    bold = {"color": heat.look.ink, "fontweight": style.SEMIBOLD}
    heat.axes.get_yticklabels()[outers.index(outer)].set(**bold)
    heat.axes.get_xticklabels()[inners.index(inner)].set(**bold)
    _notes(heat)
    _key(heat)


def _value(heat: Heat, place: tuple[int, int], cell: CellSummary) -> None:
    """Throughput; what failed and the speed-up below it, as far as there is room; bold within 5 % of the highest."""
    column, row = heat.at[place]
    (x, y), (wide, high) = _centre(heat, column, row), _size(heat)
    if cell.per_s is None:
        _fitted(heat, x, y, "× failed", _BESIDE, heat.look.bad, wide)
        return
    ink = _on(heat.fill(cell))
    weight = style.SEMIBOLD if place in heat.plane.close else fonts.REGULAR
    value, below = figures(cell.per_s * heat.unit.factor), _below(cell)[: max(0, int(high / _LINE) - 1)]
    if cell.failed and not below:
        value = f"{value} ×"
    top = y + _LINE * len(below) / 2
    _fitted(heat, x, top, value, _VALUE, ink, wide, weight=weight)
    for line, words in enumerate(below, 1):
        _fitted(heat, x, top - _LINE * line, words, _BESIDE, ink, wide)
    if place in heat.plane.close and cell is not heat.plane.knee:
        _dot(heat, x + wide / 2 - 10, y - high / 2 + 9, ink, highest=cell is heat.plane.peak)


def _below(cell: CellSummary) -> list[str]:
    """What stands under the value, the more important first."""
    failed = [f"× {cell.failed} failed"] if cell.failed else []
    return failed + ([times(cell.speedup)] if cell.speedup is not None else [])


def _dot(heat: Heat, x: float, y: float, colour: str, *, highest: bool) -> None:
    place = Affine2D().scale(1 / style.INCH) + heat.figure.dpi_scale_trans
    shape: dict[str, Any] = {"marker": "^" if highest else "o", "markersize": _DOT, "markeredgewidth": 0}
    heat.figure.add_artist(Line2D([x], [y], color=colour, transform=place, zorder=5, **shape))


def _fitted(heat: Heat, x: float, y: float, words: str, size: float, colour: str, wide: float, **more: Any) -> Text:
    """Centred in its cell, smaller where that is narrow."""
    text = style.write(heat.figure, x, y, words, size, colour, ha="center", va="center_baseline", zorder=5, **more)
    text.set_fontsize(max(_SMALLEST, size * min(1.0, (wide - _INSET) / width(text))))
    return fit(text, wide)


def _centre(heat: Heat, column: int, row: int) -> tuple[float, float]:
    x, y = labels.points(heat.axes, [column + 0.5], [row + 0.5])[0]
    return float(x), float(y)


def _size(heat: Heat) -> tuple[float, float]:
    """Of a cell, points."""
    frame, (outers, inners) = labels.frame(heat.axes), heat.plane.sides
    return frame.width / len(inners), frame.height / len(outers)


def _on(fill: str) -> str:
    """Dark or pale, whichever has more contrast on `fill` (WCAG 2.2, relative luminance)."""
    parts = np.array(to_rgb(fill))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    return _PALE if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.058 else _DARK


def _notes(heat: Heat) -> None:
    """The framed cell by name, then what marks mean, down the right side."""
    frame, look = labels.frame(heat.axes), heat.look
    x, y = frame.x1 + 12, frame.y1 - 11
    wide = 0.994 * style.WIDTH * style.INCH - x
    knee = heat.plane.knee
    first, _, second = _who(knee).partition(" × ")
    gain = times(knee.speedup) if knee.speedup is not None else heat.unit.short(knee.per_s or 0.0)
    for words in (f"{first} ×", f"{second}: {gain}"):
        text = style.write(heat.figure, x, y, words, style.RING, look.ink, weight=style.SEMIBOLD)
        text.set_fontsize(max(9.0, style.RING * min(1.0, wide / width(text))))
        fit(text, wide)
        y -= 18
    y -= 2
    for words in _marks(heat):
        fit(style.write(heat.figure, x, y, words, style.NOTE, look.text2), wide)
        y -= 14


def _marks(heat: Heat) -> Iterator[str]:
    plane = heat.plane
    yield "frame: fewest workers"
    yield "within 5 % of the highest"
    others = plane.close - {at for at, cell in plane.cells.items() if cell is plane.knee or cell is plane.peak}
    if plane.knee is not plane.peak:
        yield "▲ the highest"
    if others:
        yield "● within 5 % too"
    if any(cell.failed and cell.per_s for cell in plane.cells.values()):
        yield "×: some of its runs failed"
    outers, inners = plane.sides
    if len(plane.cells) < len(outers) * len(inners):
        yield "hatched: not measured"


def _key(heat: Heat) -> None:
    """The ramp with its ends, low in the right column."""
    frame, look = labels.frame(heat.axes), heat.look
    x, y = frame.x1 + 12, frame.y0 + 4
    wide = 0.985 * style.WIDTH * style.INCH - x
    place = Affine2D().scale(1 / style.INCH) + heat.figure.dpi_scale_trans
    step = wide / _RAMP_STEPS
    for number in range(_RAMP_STEPS):
        fill = heat.ramp(number / (_RAMP_STEPS - 1))
        at = (x + number * step, y)
        heat.figure.add_artist(Rectangle(at, step + 0.4, _RAMP_HEIGHT, color=fill, linewidth=0, transform=place))
    low, high = heat.ends
    style.write(heat.figure, x, y - 13, figures(low * heat.unit.factor), style.NOTE, look.text2)
    most = style.write(heat.figure, x + wide, y - 13, figures(high * heat.unit.factor), style.NOTE, look.text2)
    most.set_horizontalalignment("right")
