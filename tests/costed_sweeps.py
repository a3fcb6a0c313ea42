"""Invented summaries whose cells know their costs, so that limits, model and causes can be computed beforehand."""

from __future__ import annotations

from typing import Any

from poolbench.analysis.explain import Times, explain
from poolbench.analysis.limits import repairman
from poolbench.analysis.model import CellSummary, Costs, Curve, Summary
from sweep_rows import cell, curve, summary


def costs(cpu_s: float, **more: Any) -> Costs:
    """Of a cell whose tasks take a second each, and whose server, if any, costs nothing."""
    known: dict[str, Any] = {
        "machine_cpu_per_task_s": cpu_s,
        "latency_p50_s": 1.0,
        "latency_p99_s": 1.0,
        "startup_s": 0.0,
        "wall_s": 1.0,
        "server_share": None,
        "in_flight_max": None,
        "overflows": 0,
    }
    return Costs(cpu_per_task_s=cpu_s, **{**known, **more})


def costed(
    executor: str, workers: int, per_s: float | None, cpu_s: float, *, tasks: int = 20, **more: Any
) -> CellSummary:
    """A cell whose tasks cost `cpu_s` of CPU; `more` goes into its costs. Its mean latency is that of Little's law."""
    latency = workers / per_s if per_s else 0.0
    known = {"latency_p50_s": latency, "latency_p99_s": latency, **more}
    return cell(executor, workers, per_s, tasks=tasks, costs=costs(cpu_s, **known), limits=None)


def base(per_s: float, cpu_s: float) -> CellSummary:
    return costed("sequential", 1, per_s, cpu_s)


def explained(
    baseline: CellSummary,
    *cells: CellSummary,
    times_s: Times = (),
    rate: str = "steady",
    params: str = "",
    **machine: Any,
) -> Summary:
    """What `explain` makes of one curve on two cores under a GIL."""
    about = {"cores": 2, "gil": True, **machine}
    return explain(summary(curve(*cells), baseline=baseline, rate=rate, params=params, machine=about), times_s)


def true_sweep(
    wait_s: float, cpu_s: float, counts: tuple[int, ...], executor: str = "threads", cores: int = 2, **more: Any
) -> Summary:
    """What a machine that is the model itself would measure, explained: threads and coroutines have one server."""
    servers = 1 if executor in ("threads", "asyncio") else cores
    cells = [costed(executor, n, repairman(n, wait_s, cpu_s, servers), cpu_s) for n in counts]
    about = {"cores": cores, "gil": True}
    made = summary(curve(*cells), baseline=base(1 / (wait_s + cpu_s), cpu_s), rate="steady", machine=about, **more)
    return explain(made)


def only(found: Summary) -> Curve:
    [one] = found.curves
    return one
