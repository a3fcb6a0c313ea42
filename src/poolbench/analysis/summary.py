"""From the rows of a sweep to what it says of each workload."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from poolbench.analysis.checks import check
from poolbench.analysis.curves import curves_of, winner
from poolbench.analysis.explain import explain
from poolbench.analysis.grid import BASELINE, grid, rate_kind
from poolbench.analysis.model import Summary
from poolbench.analysis.statistics import fit_matrix
from poolbench.results.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from poolbench.analysis.explain import Times
    from poolbench.results.columns import Trial


def summarise(
    trials: Table | Iterable[Trial],
    *,
    machine: Mapping[str, Any] | None = None,
    source: str = "",
    times: Mapping[tuple[str, str], Times] | None = None,
) -> list[Summary]:
    """One summary for each workload with each of its parameters, sorted: rows come shuffled.

    `times`: by workload and parameters, the seconds of each task alone, as the baseline's spans have them.
    UsageError for rows that are no blocks of cells.
    """
    return [
        _summary(rows, dict(machine or {}), source, (times or {}).get(key, ()))
        for key, rows in Table.of(trials).split("workload", "params").items()
    ]


def _summary(rows: Table, machine: dict[str, Any], source: str, times_s: Times) -> Summary:
    rate = rate_kind(rows)
    found = grid(rows, rate)
    fitted = fit_matrix(found.cells, found.rates)
    curves = curves_of([found.summary(cell, fitted) for cell in found.cells if cell != BASELINE], fitted)
    best, rivals = winner(curves)
    first = rows.first()
    summary = Summary(
        workload=first.workload,
        params=first.params,
        rate=rate,
        blocks=found.rates.shape[1],
        baseline=found.summary(BASELINE, fitted),
        curves=tuple(curves),
        best=best,
        rivals=rivals,
        machine={"python": first.python, "gil": first.gil, "id": first.machine} | machine,
        started_at=rows.words["started_at"].least(),
        source=source,
    )
    explained = explain(summary, times_s)
    return replace(explained, cautions=check(explained, rows, fitted))


def rate_of(trial: Trial, rate: str) -> float | None:
    """The throughput that counts: the steady one, or over the makespan where a batch is too short for it."""
    if trial.outcome != "ok":
        return None
    return (trial.steady_per_s if rate == "steady" else None) or trial.throughput_per_s


def widest_half_width(trials: Table | Iterable[Trial]) -> float:
    """Over all cells that can be measured: half the speed-up's interval over the speed-up. Infinite without any."""
    widths = []
    for rows in Table.of(trials).split("workload", "params").values():
        found = grid(rows, rate_kind(rows))
        fitted = fit_matrix(found.cells, found.rates)
        for cell in (cell for cell in fitted.cells if cell != BASELINE):
            ratio = fitted.ratio(cell, BASELINE)
            interval = ratio.interval if ratio else None
            widths.append((interval.high - interval.low) / 2 / ratio.value if ratio and interval else float("inf"))
    return max(widths, default=float("inf"))
