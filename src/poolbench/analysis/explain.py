"""Adds to a summary what each cell could do at most, what the model expects of it, and why its curves bend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

from poolbench.analysis.case import Case
from poolbench.analysis.diagnosis import bound_by, diagnose
from poolbench.analysis.limits import ABOVE, Demand, Limits, limits, makespan, without_interpreter
from poolbench.levels import levels
from poolbench.units import split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolbench.analysis.model import CellSummary, Curve, Diagnosis, Summary

Times = Sequence[float]
"""Seconds of each task of a batch, alone, in the order of tasks."""
_ONE_THREAD = ("asyncio", "sequential")
"""Executors whose workers share one thread, GIL or not; with an outer level, one in each outer worker."""


def explain(summary: Summary, times_s: Times = ()) -> Summary:
    """`summary` with limits, `bound_by` and diagnoses; unchanged where the baseline is missing.

    `times_s` come from the baseline's spans; without them all tasks are taken to be of equal length.
    """
    base = summary.baseline
    if not base.per_s or base.costs is None:
        return summary
    curves = tuple(_explained(curve, summary, times_s) for curve in summary.curves)
    by_name = dict(zip((curve.name for curve in summary.curves), curves, strict=True))
    return replace(
        summary,
        baseline=_with_limits(base, summary, times_s),
        curves=curves,
        best=by_name[summary.best.name] if summary.best else None,
        rivals=tuple(by_name[curve.name] for curve in summary.rivals),
        diagnoses=tuple(_diagnoses(curves, summary, times_s)),
    )


def demand(cell: CellSummary, summary: Summary) -> Demand | None:
    """What a task of `cell` asks for; None where it is not known."""
    base = summary.baseline
    if cell.costs is None or base.costs is None or not base.per_s:
        return None
    shared = interpreters(cell, gil=bool(summary.machine.get("gil", True)))
    cpu_s = cell.costs.cpu_per_task_s
    if _kind(cell) in _ONE_THREAD and cell.per_s:
        # More CPU than time is that of the batch's ends, which the steady rate leaves out.
        cpu_s = min(cpu_s, (shared or 1) / cell.per_s)
    return Demand(
        service_s=1 / base.per_s,
        idle_cpu_s=min(base.costs.cpu_per_task_s, 1 / base.per_s),
        cpu_s=cpu_s,
        machine_cpu_s=cell.costs.machine_cpu_per_task_s - cell.costs.cpu_per_task_s + cpu_s,
        cores=summary.cores,
        interpreters=shared,
    )


def _kind(cell: CellSummary) -> str:
    """What its workers are, the inner ones where there are two levels."""
    return cell.executor.rpartition("/")[2]


def interpreters(cell: CellSummary, *, gil: bool) -> int | None:
    """How many its workers share, each for one at a time; None where each has its own, or they run side by side."""
    if _kind(cell) not in _ONE_THREAD and not (_kind(cell) == "threads" and gil):
        return None
    found = levels(cell.executor, cell.options)
    return found.count if found else 1


def _with_limits(cell: CellSummary, summary: Summary, times_s: Times) -> CellSummary:
    asked = demand(cell, summary)
    if asked is None:
        return cell
    found = limits(asked, cell.workers, cell.tasks, _job_times(cell, summary, times_s))
    if found.interpreter is not None and (cell.per_s or 0.0) > ABOVE * found.interpreter:
        found = without_interpreter(found, asked, cell.workers)
    return replace(cell, limits=found)


def _job_times(cell: CellSummary, summary: Summary, times_s: Times) -> Times:
    """For a given job the tasks' own times, or equal ones; nothing for the steady rate, which knows no end."""
    if summary.rate != "makespan":
        return ()
    return times_s if len(times_s) == cell.tasks else [1 / (summary.baseline.per_s or 1.0)] * cell.tasks


def _explained(curve: Curve, summary: Summary, times_s: Times) -> Curve:
    """With limits first, since what binds a cell is told beside the others."""
    curve = _rebuilt(curve, [_with_limits(cell, summary, times_s) for cell in curve.cells])
    cells = []
    for cell in curve.cells:
        case = _case(curve, cell, summary, times_s)
        cells.append(replace(cell, bound_by=bound_by(case)) if case else cell)
    return _rebuilt(curve, cells)


def _rebuilt(curve: Curve, cells: Sequence[CellSummary]) -> Curve:
    by_workers = {cell.workers: cell for cell in cells}
    return replace(
        curve,
        cells=tuple(cells),
        peak=by_workers[curve.peak.workers] if curve.peak else None,
        knee=by_workers[curve.knee.workers] if curve.knee else None,
    )


def _case(curve: Curve, cell: CellSummary, summary: Summary, times_s: Times) -> Case | None:
    if not cell.per_s or cell.costs is None or cell.limits is None or not summary.baseline.per_s:
        return None
    return Case(
        curve=curve,
        busiest=cell,
        costs=cell.costs,
        limits=cell.limits,
        rate=cell.per_s,
        base=summary.baseline,
        base_rate=summary.baseline.per_s,
        service_s=1 / summary.baseline.per_s,
        rate_kind=summary.rate,
        cores=summary.cores,
        interpreters=interpreters(cell, gil=bool(summary.machine.get("gil", True))) or 1,
        cap=_cap(summary),
        evened=_evened(cell, cell.limits, times_s) if summary.rate == "makespan" else 1.0,
    )


def _cap(summary: Summary) -> int | None:
    """As the parameter of the embedded server says."""
    text = split(summary.params).get("concurrency", "")
    return int(text) if text.isdecimal() and int(text) else None


def _evened(cell: CellSummary, found: Limits, times_s: Times) -> float:
    """What equal lengths would gain at this worker count."""
    if len(times_s) != cell.tasks:
        return 1.0
    equal_s = makespan([fmean(times_s)] * len(times_s), cell.workers)
    return cell.tasks / equal_s / found.waiting if equal_s else 1.0


def _diagnoses(curves: Sequence[Curve], summary: Summary, times_s: Times) -> Iterator[Diagnosis]:
    for curve in curves:
        cells = [cell for cell in curve.cells if cell.per_s]
        case = _case(curve, cells[-1], summary, times_s) if cells else None
        found = diagnose(case) if case else None
        if found is not None:
            yield found
