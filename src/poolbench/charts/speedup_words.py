"""The words of the speed-up chart: its finding, the names of its columns, and notes where they cover nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolbench.charts import findings, labels, style
from poolbench.charts.labels import beside
from poolbench.charts.text import fit, plain, shorten, width
from poolbench.words import figures, noun, parameters, times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from poolbench.analysis.model import CellSummary, Curve, Summary
    from poolbench.charts.labels import Box, Room
    from poolbench.charts.style import Theme

_NO_GAIN = 1.15
"""Less than this at its best is no gain worth the name."""
_STEPS = 24
_SHORT = 22


def title(summaries: Sequence[Summary]) -> str:
    """Say which workload gains most, and which least where that is surely less."""
    known = sorted(((peak, each) for each in summaries if (peak := _peak(each))), key=lambda pair: -_height(pair[0]))
    if not known:
        return "No speed-up is known: the baseline or all else failed"
    (top, most), (bottom, least) = known[0], known[-1]
    name, last = (shorten(plain(_told(each, summaries) or each.workload), _SHORT) for each in (most, least))
    gain = f"{name}: up to {times(_height(top))}"
    if top.speedup_ci is None:
        return f"{gain}, but runs are too few to be sure"
    if top.speedup_ci.low <= 1:
        return f"Nothing surely gains; the most is {times(_height(top))}"
    if most is least or (most.workload == least.workload and not _told(least, summaries)):
        return f"{gain}, with {findings.who(top.executor, top.workers, top.options, _SHORT)}"
    if bottom.speedup_ci is None or bottom.speedup_ci.high >= top.speedup_ci.low:
        return f"{gain}; the others are too close to call"
    return f"{gain}; {last}: no more than {times(_height(bottom))}"


def _peak(summary: Summary) -> CellSummary | None:
    """The cell with the highest speed-up."""
    cells = [cell for curve in summary.curves for cell in curve.cells if cell.speedup]
    return max(cells, key=_height, default=None)


def _height(cell: CellSummary) -> float:
    return cell.speedup or 0.0


def reading(summaries: Sequence[Summary]) -> list[str]:
    """What lines and bands mean."""
    cells = [cell for summary in summaries for curve in summary.curves for cell in curve.cells]
    says = ["Throughput over that of one at a time, paired in each block"]
    says += ["band: 95 % CI"] if any(cell.speedup_ci for cell in cells) else []
    return says + (["red ×: failed runs"] if any(cell.failed for cell in cells) else [])


def provenance(summaries: Sequence[Summary]) -> list[str]:
    """The facts of the first sweep, less what its columns say; and what else was drawn."""
    facts = findings.provenance(summaries[0])
    params = plain(" ".join([summaries[0].workload, *parameters(summaries[0].params, "=")]))
    sources = dict.fromkeys(summary.source for summary in summaries)
    more = [f"and {len(sources) - 1} more"] if len(sources) > 1 else []
    return [*(fact for fact in facts if not params.startswith(fact.rstrip("…"))), *more]


def names(summaries: Sequence[Summary]) -> list[tuple[str, str]]:
    """Name and description of each column: machine and interpreter, where these differ; the parameters.

    Columns of one workload are named after the parameters that tell them apart, such as `client aiohttp`.
    """
    interpreters = {_interpreter(summary) for summary in summaries}
    machines = {_machine(summary) for summary in summaries}
    found = []
    for summary in summaries:
        about, name = parameters(summary.params), _told(summary, summaries)
        if name:
            about = [summary.workload, *_one_at_a_time(summary), *(each for each in about if each not in name)]
        if len(interpreters) > 1:
            about = [_interpreter(summary), *about]
        if len(machines) > 1:
            about = [_machine(summary), *about]
        found.append((plain(name or summary.workload), plain(" · ".join(about))))
    return found


def _told(summary: Summary, summaries: Sequence[Summary]) -> str:
    """The parameters that tell a summary from the others; empty where these are other workloads, or have the same."""
    if len({each.workload for each in summaries}) > 1:
        return ""
    common = set.intersection(*({*parameters(each.params)} for each in summaries))
    return ", ".join(each for each in parameters(summary.params) if each not in common)


def _one_at_a_time(summary: Summary) -> list[str]:
    """What 1× is: each column has a baseline of its own."""
    per_s = summary.baseline.per_s
    return [] if per_s is None else [f"1× is {figures(per_s)} {noun(summary.workload)}/s"]


def _machine(summary: Summary) -> str:
    return f"machine {summary.machine.get('id', '')}"


def _interpreter(summary: Summary) -> str:
    machine = summary.machine
    gil = {True: "GIL", False: "no GIL"}.get(bool(machine.get("gil", True)), "")
    return f"Python {machine.get('python', '')} ({gil})"


def name_panel(on: Figure, look: Theme, place: tuple[float, float, float], name: str, about: str) -> None:
    """Write a column's name and description above its axes; `place` is left, top and width in inches."""
    left, top, wide = (each * style.INCH for each in place)
    heading = style.write(on, left, top + 0.56 * style.INCH, name, style.RING, look.ink, weight=style.SEMIBOLD)
    fit(heading, wide)
    text = style.write(on, left, top + 0.38 * style.INCH, about, style.NOTE, look.text2)
    while width(text) > wide and " · " in text.get_text():  # whole facts, as long as there are several
        text.set_text(text.get_text().rpartition(" · ")[0])
    fit(text, wide)


def write(axes: Axes, summary: Summary, look: Theme, room: Room, *, first: bool) -> None:
    """Notes inside a panel; the first one explains the lines."""
    _cores(axes, summary, look, room)
    _idle(axes, summary, look, room)
    if first:
        _ideal(axes, look, room)
        _baseline(axes, look, room)


def _cores(axes: Axes, summary: Summary, look: Theme, room: Room) -> None:
    count = summary.machine.get("cores")
    left, right = axes.get_xlim()
    if not count or not left <= count <= right:
        return
    text = style.write(axes.figure, 0, 0, findings.cores(count), style.NOTE, look.text2, look.bg)  # type: ignore[arg-type]
    x = float(labels.points(axes, [count], [1])[0, 0])
    size, frame = labels.box(text), room.bounds
    heights = [frame.y1 - 3 - step * 9 for step in range(12)]
    room.seat(text, [beside(size, x + gap, y, side, 1) for y in heights for gap, side in ((4, 0), (-4, 1))])


def _idle(axes: Axes, summary: Summary, look: Theme, room: Room) -> None:
    """Which executors gain nothing, in one sentence, with the reason where the sweep has it."""
    lazy = [curve for curve in summary.curves if curve.peak and _best(curve) and _best(curve) < _NO_GAIN]
    if not lazy or len(lazy) > 3:
        return
    bound = {cell.bound_by for curve in lazy for cell in curve.cells if cell.workers > 1}
    why = " (GIL)" if bound == {"interpreter"} and summary.machine.get("gil", True) else ""
    words = f"{', '.join(plain(curve.name) for curve in lazy)}: no gain{why}"
    text = style.write(axes.figure, 0, 0, words, style.NOTE, look.text2, look.bg)  # type: ignore[arg-type]
    fit(text, room.bounds.width - 8)
    y = float(labels.points(axes, [axes.get_xlim()[0]], [1])[0, 1])
    room.seat(text, _along(labels.box(text), room, y, 0.95))


def _best(curve: Curve) -> float:
    return max((cell.speedup or 0.0 for cell in curve.cells), default=0.0)


def _ideal(axes: Axes, look: Theme, room: Room) -> None:
    text = style.write(axes.figure, 0, 0, "ideal", style.NOTE, look.text2, look.bg)  # type: ignore[arg-type]
    size, frame = labels.box(text), room.bounds
    low, high = axes.get_ylim()
    right = min(axes.get_xlim()[1], high)
    spots = [max(low, 1.0) * (right / max(low, 1.0)) ** share for share in (0.75, 0.65, 0.85, 0.55, 0.45, 0.35, 0.25)]
    at = labels.points(axes, spots, spots)
    places = ((-8.0, 1.0), (8.0, 0.0))
    candidates = [beside(size, float(x) + gap, float(y), side) for gap, side in places for x, y in at]
    room.seat(text, [each for each in candidates if each.within(frame)] or candidates)


def _baseline(axes: Axes, look: Theme, room: Room) -> None:
    text = style.write(axes.figure, 0, 0, "sequential = 1×", style.NOTE, look.ink, look.bg)  # type: ignore[arg-type]
    y = float(labels.points(axes, [axes.get_xlim()[0]], [1])[0, 1])
    room.seat(text, _along(labels.box(text), room, y, 0.97))


def _along(size: Box, room: Room, y: float, wanted: float) -> Iterator[Box]:
    """Places below and above a level line, those nearest to the share `wanted` of its length first."""
    frame = room.bounds
    shares = sorted((each / _STEPS for each in range(_STEPS + 1)), key=lambda share: abs(share - wanted))
    for up, below in ((-3.0, 1.0), (3.0, 0.0), (-15.0, 1.0), (15.0, 0.0), (-27.0, 1.0), (27.0, 0.0)):
        for share in shares:
            yield beside(size, frame.x0 + 2 + share * (frame.width - size.width - 4), y + up, 0, below)
