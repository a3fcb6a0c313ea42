"""From the rows of a sweep to what it says of each workload."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

from poolbench.analysis.checks import check
from poolbench.analysis.curves import curves_of, winner
from poolbench.analysis.explain import explain
from poolbench.analysis.model import CellSummary, Costs, Summary
from poolbench.analysis.statistics import Cell, fit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from poolbench.analysis.explain import Times
    from poolbench.analysis.statistics import Fit
    from poolbench.results.columns import Trial

BASELINE: Cell = ("sequential", "", 1)


def summarise(
    trials: Iterable[Trial],
    *,
    machine: Mapping[str, Any] | None = None,
    source: str = "",
    times: Mapping[tuple[str, str], Times] | None = None,
) -> list[Summary]:
    """One summary for each workload with each of its parameters, sorted: rows come shuffled.

    `times`: by workload and parameters, the seconds of each task alone, as the baseline's spans have them.
    """
    groups: dict[tuple[str, str], list[Trial]] = defaultdict(list)
    for trial in trials:
        groups[trial.workload, trial.params].append(trial)
    return [
        _summary(group, dict(machine or {}), source, (times or {}).get(key, ()))
        for key, group in sorted(groups.items())
    ]


def _summary(trials: Sequence[Trial], machine: dict[str, Any], source: str, times_s: Times) -> Summary:
    first = trials[0]
    rate = "makespan" if len({trial.tasks for trial in trials}) == 1 else "steady"
    by_cell: dict[Cell, list[Trial]] = defaultdict(list)
    for trial in sorted(trials, key=lambda trial: (trial.sweep, trial.block)):
        by_cell[trial.executor, trial.options, trial.workers].append(trial)
    found = fit({cell: _rates(rows, rate) for cell, rows in by_cell.items()})
    baseline = _cell(BASELINE, by_cell.pop(BASELINE, []), found, rate)
    curves = curves_of([_cell(cell, rows, found, rate) for cell, rows in by_cell.items()], found)
    best, rivals = winner(curves)
    summary = Summary(
        workload=first.workload,
        params=first.params,
        rate=rate,
        blocks=len({(trial.sweep, trial.block) for trial in trials}),
        baseline=baseline,
        curves=tuple(curves),
        best=best,
        rivals=rivals,
        machine={"python": first.python, "gil": first.gil, "id": first.machine} | machine,
        started_at=min(trial.started_at for trial in trials),
        source=source,
    )
    explained = explain(summary, times_s)
    return replace(explained, cautions=check(explained, trials, found))


def rate_of(trial: Trial, rate: str) -> float | None:
    """The throughput that counts: the steady one, or over the makespan where a batch is too short for it."""
    if trial.outcome != "ok":
        return None
    return (trial.steady_per_s if rate == "steady" else None) or trial.throughput_per_s


def _rates(trials: Sequence[Trial], rate: str) -> dict[tuple[str, int], float]:
    return {(trial.sweep, trial.block): per_s for trial in trials if (per_s := rate_of(trial, rate))}


def _cell(cell: Cell, trials: Sequence[Trial], found: Fit, rate: str) -> CellSummary:
    """Everything about one cell."""
    good = [trial for trial in trials if trial.outcome == "ok"]
    bad = [trial for trial in trials if trial.outcome != "ok"]
    per_s, ratio = found.throughput(cell), found.ratio(cell, BASELINE)
    executor, options, workers = cell
    return CellSummary(
        executor=executor,
        options=options,
        workers=workers,
        tasks=trials[0].tasks if trials else 0,
        trials=len(good),
        failed=len(bad),
        runs=tuple(_rates(trials, rate).values()),
        per_s=per_s.value if per_s else None,
        ci=per_s.interval if per_s else None,
        speedup=ratio.value if ratio else None,
        speedup_ci=ratio.interval if ratio else None,
        p95_s=_median([trial.latency_p95_s for trial in good]),
        reason=bad[0].reason if bad else "",
        costs=_costs(good),
    )


def _median(values: Iterable[float | None]) -> float | None:
    """Of those that are known."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _costs(trials: Sequence[Trial]) -> Costs | None:
    cpu_s = _median(trial.cpu_per_task_s for trial in trials)
    if cpu_s is None:
        return None
    served = [trial for trial in trials if trial.server_busy_s is not None]
    peaks = [trial.server_in_flight_max for trial in trials if trial.server_in_flight_max is not None]
    server_s = _median((trial.server_busy_s or 0.0) / trial.tasks for trial in served) or 0.0
    return Costs(
        cpu_per_task_s=cpu_s,
        machine_cpu_per_task_s=cpu_s + server_s,
        latency_p50_s=_median(trial.latency_p50_s for trial in trials) or 0.0,
        latency_p99_s=_median(trial.latency_p99_s for trial in trials) or 0.0,
        startup_s=_median(trial.startup_s for trial in trials) or 0.0,
        wall_s=_median(trial.wall_s for trial in trials) or 0.0,
        server_share=_median((trial.server_busy_s or 0.0) / trial.wall_s for trial in served if trial.wall_s),
        in_flight_max=max(peaks, default=None),
        overflows=sum(trial.listen_overflows or 0 for trial in trials),
        others_s=_median(others_s(trial) for trial in trials),
    )


def others_s(trial: Trial) -> float | None:
    """CPU seconds of processes that are not ours in each second of the batch; None where the system does not tell."""
    if trial.machine_cpu_s is None or trial.cpu_s is None or not trial.wall_s:
        return None
    return max(trial.machine_cpu_s - trial.cpu_s - (trial.server_busy_s or 0.0), 0.0) / trial.wall_s


def widest_half_width(trials: Sequence[Trial]) -> float:
    """Over all cells that can be measured: half the speed-up's interval over the speed-up. Infinite without any."""
    widths = []
    for summary in summarise(trials):
        for cell in (cell for curve in summary.curves for cell in curve.cells if cell.per_s):
            interval, centre = cell.speedup_ci, cell.speedup
            widths.append((interval.high - interval.low) / 2 / centre if interval and centre else float("inf"))
    return max(widths, default=float("inf"))
