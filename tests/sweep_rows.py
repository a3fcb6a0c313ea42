"""Invented rows of a sweep: known throughputs in (9 decimals, as in the file), so that what is said can be computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

from poolbench.results.columns import SCHEMA, Trial

_NOTHING = {"int": 0, "str": "", "bool": False, "float": 0.0}
Lane = tuple[str, int] | tuple[str, int, str]


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
