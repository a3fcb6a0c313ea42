"""The words of interpreters side by side: the widest gap, the names of columns and lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolbench.analysis.interpreters import widest
from poolbench.charts import findings, labels, style
from poolbench.charts.text import fit, plain, shorten, shorten_path
from poolbench.words import times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from poolbench.analysis.interpreters import Beside
    from poolbench.charts.interpreters import Panel
    from poolbench.charts.style import Theme

_SHORT = 16
_LINE = 12.0
_WIDEST = 50.0
"""Points of an interpreter's name: the next column begins after it."""
_SAME = 1.05
"""Less than this is no gap worth a title."""


def title(found: Sequence[Beside]) -> str:
    """Which interpreter does most more than which other, on what."""
    gap = widest(found)
    if gap is None:
        return "No executor ran under two interpreters"
    if not gap.surely or gap.ratio < _SAME:
        return "No interpreter is surely faster than another"
    what = f"{shorten(plain(gap.workload), _SHORT)} on {shorten(plain(gap.lane), 2 * _SHORT)}"
    texts = [
        f"Python {gap.fast.name} runs {what} {times(gap.ratio)} as fast as {gap.slow.name}",
        f"{gap.fast.name} runs {what} {times(gap.ratio)} as fast as {gap.slow.name}",
    ]
    return next((text for text in texts if len(text) <= findings.LONGEST_TITLE), texts[-1])


def reading(found: Sequence[Beside]) -> list[str]:
    """What lines and bands mean."""
    banded = any(
        cell.ci for each in found for side in each.sides for curve in side.summary.curves for cell in curve.cells
    )
    says = ["A line an interpreter, a column an executor"]
    says += ["band: 95 % CI"] if banded else []
    says += ["t: without the GIL"] if any(side.name.endswith("t") for each in found for side in each.sides) else []
    return [*says, "dashed: one at a time, under each"]


def provenance(found: Sequence[Beside]) -> list[str]:
    """Machine, date, file; the interpreters stand in the chart."""
    summary = found[0].sides[0].summary
    cores = summary.machine.get("cores")
    facts = [findings.cores(cores)] if cores else []
    facts += [str(summary.machine.get("system") or ""), summary.started_at[:10]]
    return [each for each in [*facts, shorten_path(plain(summary.source), 70)] if each]


def name(figure: Figure, look: Theme, panel: Panel) -> None:
    """The executor above its panel, each interpreter at the end of its line."""
    frame = labels.frame(panel.axes)
    colour = look.of(panel.curves[0][2].executor)
    text = style.write(figure, frame.x0, frame.y1 + 6, plain(panel.lane), style.NAME, colour, weight=style.SEMIBOLD)
    fit(text, frame.width + 40)
    ends = [(side, cells[-1]) for _, side, curve in panel.curves if (cells := [c for c in curve.cells if c.per_s])]
    if not ends:
        return
    heights = [(cell.per_s or 0.0) * panel.unit.factor for _, cell in ends]
    points = labels.points(panel.axes, [cell.workers for _, cell in ends], heights)
    centres = labels.push_apart([float(y) for _, y in points], [_LINE] * len(ends), frame.y0, frame.y1 + _LINE)
    for (side, _), centre in zip(ends, centres, strict=True):
        words = style.write(figure, frame.x1 + 5, centre, side.name, style.NOTE, colour, va="center_baseline")
        fit(words, _WIDEST)
