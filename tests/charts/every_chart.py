"""Every chart there is, of sweeps drawn by lot and of the reference sweeps: by name, drawn when it is asked for."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from generated_sweeps import MACHINE, Spans, generated, interpreted, split
from matplotlib.figure import Figure

from interpreter_sweeps import pairs
from poolbench import gallery
from poolbench.analysis.compare import compare, side
from poolbench.analysis.evidence import Advice, Case, Weighed
from poolbench.analysis.interpreters import Beside, side_by_side
from poolbench.analysis.latency import latencies
from poolbench.analysis.model import Summary
from poolbench.analysis.origins import by_origin
from poolbench.analysis.planes import planes
from poolbench.analysis.summary import summarise
from poolbench.analysis.timeline import timeline
from poolbench.charts import comparison, evidence, heat, interpreters, latency, speedup, throughput
from poolbench.charts import timeline as timeline_chart
from poolbench.results.columns import Trial

ON_BLOCKS = ("timeline", "heat")
"""Words inside the axes of these stand on blocks of their own, not on lines."""
REFERENCES = ("reference", "levels", "reuse", "threads")
Charts = Iterator[tuple[str, Callable[[], Figure]]]


def drawn_by_lot(seed: int, theme: str) -> Charts:
    """Every chart of a generated sweep."""
    rows, spans = generated(seed)
    [summary] = summarise(rows, machine=MACHINE, source="results/generated.csv")
    [neighbour] = summarise(generated(seed + 1000)[0], machine=MACHINE)
    yield from _of_one(summary, spans, rows, seed, theme)
    yield "speedup", lambda: speedup.draw([summary, neighbour], theme)
    [levels] = summarise(split(seed), machine=MACHINE, source="results/generated.csv")
    yield "levels", lambda: throughput.draw(levels, theme)
    yield from _of_planes(levels, theme)
    beside = _beside(interpreted(seed))
    if beside:
        yield "interpreters", lambda: interpreters.draw(beside, theme)


def of_references(results: Path, theme: str) -> Charts:
    """Every chart of the sweeps that are part of the project."""
    for name in REFERENCES:
        [sheet] = gallery.sheets([results / f"{name}.csv"])
        groups = sheet.rows.split("workload", "params")
        for summary in sheet.drawable:
            rows = groups[summary.workload, summary.params].trials()
            for chart, draw in (*_of_one(summary, sheet.spans, rows, 0, theme), *_of_planes(summary, theme)):
                yield f"{name}-{summary.workload}-{chart}", draw
        if len(sheet.drawable) > 1:
            yield f"{name}-speedup", lambda sheet=sheet: speedup.draw(sheet.drawable, theme)  # type: ignore[misc]
    under = side_by_side(pairs(_3_11_7=1.0, _3_13_0=1.1, _3_14_0=1.15, _3_14_0t=2.0))
    yield "interpreters", lambda: interpreters.draw(under, theme)


def _of_one(summary: Summary, spans: Spans, rows: Sequence[Trial], seed: int, theme: str) -> Charts:
    times, shown = latencies(summary, spans), timeline(summary, spans)
    yield "throughput", lambda: throughput.draw(summary, theme)
    if times:
        yield "latency", lambda: latency.draw(summary, times, theme)
    if shown:
        yield "timeline", lambda: timeline_chart.draw(summary, shown, theme)
    yield "evidence", lambda: evidence.draw(_case(summary), theme)
    found = compare(side("old.csv", rows), side("new.csv", _slower(rows, seed)))
    if found.rows:
        yield "comparison", lambda: comparison.draw(found, theme)


def _of_planes(summary: Summary, theme: str) -> Charts:
    for plane in planes(summary):
        yield "heat", lambda plane=plane: heat.draw(summary, plane, theme)  # type: ignore[misc]


def _beside(sides: list[list[Trial]]) -> list[Beside]:
    rows = [row for each in sides for row in each]
    found = side_by_side((origin, each) for origin, own in by_origin(rows).items() for each in summarise(own))
    return [each for each in found if each.lanes]


def _slower(rows: Sequence[Trial], seed: int) -> list[Trial]:
    """Half as fast, as fast or faster, cell by cell."""

    def factor(row: Trial) -> float:
        return random.Random(f"{seed} {row.executor} {row.options} {row.workers}").choice((0.5, 1.0, 1.2))

    return [_times(replace(row, python="3.14.0"), factor(row)) for row in rows]


def _times(row: Trial, factor: float) -> Trial:
    rates = {name: getattr(row, name) for name in ("throughput_per_s", "steady_per_s")}
    return replace(row, **{name: rate and rate * factor for name, rate in rates.items()})


def _case(summary: Summary) -> Case:
    """Evidence as a search would leave it."""
    cells = [cell for curve in summary.curves for cell in curve.cells]
    share = 1 / len(cells)
    rows = tuple(
        Weighed(cell.executor, "", cell.workers, cell.runs, cell.per_s, cell.ci, share, cell.failed) for cell in cells
    )
    knee = summary.best.knee if summary.best else None
    around = (max(1, knee.workers // 2), knee.workers * 2) if knee else (1, 1)
    advice = (
        Advice(knee.executor, knee.executor, knee.workers, around, knee.per_s or 0, knee.speedup, True)
        if knee
        else None
    )
    return Case(summary.workload, summary.params, rows, advice, summary.baseline.per_s, machine=summary.machine)
