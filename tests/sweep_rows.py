"""Invented rows of a sweep: known throughputs in (9 decimals, as in the file), so that what is said can be computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from poolbench.analysis.limits import Limits
from poolbench.analysis.model import CellSummary, Curve, Interval, Summary
from poolbench.results.columns import SCHEMA, Trial

_NOTHING = {"int": 0, "str": "", "bool": False, "float": 0.0}
Lane = tuple[str, int] | tuple[str, int, str]
LIMITS = Limits(waiting=200.0, interpreter=None, cores=400.0, model=200.0)


def trial(
    executor: str = "threads",
    workers: int = 4,
    block: int = 0,
    per_s: float | None = 100.0,
    tasks: int = 20,
    **changes: object,
) -> Trial:
    """A row of `tasks` at `per_s`; one that failed where `per_s` is None. Columns that are added later stay empty."""
    good = per_s is not None
    known = {
        "schema": SCHEMA,
        "sweep": "made",
        "block": block,
        "workload": "flags",
        "params": "client=httpx;latency=50ms",
        "executor": executor,
        "workers": workers,
        "tasks": tasks,
        "ok": tasks if good else tasks - 1,
        "failed": 0 if good else 1,
        "outcome": "ok" if good else "failed",
        "reason": "" if good else "1 of 20 tasks: ValueError: no",
        "wall_s": round(tasks / per_s, 9) if per_s else 1.0,
        "throughput_per_s": per_s,
        "latency_p95_s": 0.052,
        "started_at": "2026-11-22T15:41:00.000+00:00",
        "machine": "00c0ffee",
        "python": "3.11.7",
        "gil": True,
    }
    empty = {field.name: _NOTHING.get(str(field.type)) for field in fields(Trial)}
    return Trial(**{**empty, **known, **changes})  # type: ignore[arg-type]


def rows(rates: Mapping[Lane, Sequence[float | None]], **changes: object) -> list[Trial]:
    """A trial for each throughput of each `(executor, workers)` or `(executor, workers, options)`, a block each."""
    return [
        trial(executor, workers, block, per_s, options=options[0] if options else "", **changes)
        for (executor, workers, *options), cell in rates.items()
        for block, per_s in enumerate(cell)
    ]


def cell(
    executor: str, workers: int, per_s: float | None, low: float = 0.0, high: float = 0.0, **more: Any
) -> CellSummary:
    """A cell at `per_s` with its interval, beside a baseline of 10/s whose interval adds nothing."""
    trials = 3 if per_s else 0
    known: dict[str, Any] = {"options": "", "tasks": 20, "trials": trials, "failed": 3 - trials, "p95_s": 0.052}
    if per_s:
        known |= {"runs": (per_s,) * 3, "per_s": per_s, "speedup": per_s / 10, "limits": LIMITS}
    if low and high:
        known |= {"ci": Interval(low, high), "speedup_ci": Interval(low / 10, high / 10)}
    return CellSummary(executor=executor, workers=workers, **{**known, **more})


def curve(*cells: CellSummary, telling: str = "") -> Curve:
    """Cells, their peak, and the first of them that is within 5 % of it."""
    able = [each for each in cells if each.per_s]
    peak = max(able, key=lambda each: each.per_s or 0.0, default=None)
    knee = next((each for each in able if peak and (each.per_s or 0) >= 0.95 * (peak.per_s or 0)), None)
    around = (knee.workers, peak.workers) if knee and peak else None
    return Curve(cells[0].executor, cells[0].options, cells, peak, knee, around, telling)


BASE = cell("sequential", 1, 10.0, 9.9, 10.1, speedup_ci=Interval(1.0, 1.0))


def summary(*curves: Curve, best: int | None = 0, rivals: Sequence[int] = (), **more: Any) -> Summary:
    """A sweep of which `curves[best]` is the best and the `rivals` as good."""
    known: dict[str, Any] = {
        "workload": "flags",
        "params": "client=httpx;latency=50ms",
        "rate": "makespan",
        "blocks": 3,
        "baseline": BASE,
        "machine": {"python": "3.11.7", "gil": True},
    }
    chosen = curves[best] if best is not None and curves else None
    return Summary(curves=curves, best=chosen, rivals=tuple(curves[each] for each in rivals), **{**known, **more})
