"""The rows of one workload as cells by blocks, and what the rows of each cell say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poolbench.analysis.model import CellSummary, Costs
from poolbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.analysis.statistics import Cell, Fit, Matrix
    from poolbench.results.table import Numbers, Places, Table

BASELINE: Cell = ("sequential", "", 1)
_MOST_PLACES = 10_000_000
"""Cells times blocks: in a sweep there is a row for almost each."""


@dataclass(frozen=True)
class Grid:
    """Rows by cell and block."""

    table: Table
    cells: Sequence[Cell]
    """Ascending."""
    rates: Matrix
    """Tasks per second, a row a cell and a column a block; NaN where no trial counts."""
    rows: Sequence[Places]
    """Those of each cell, in the order of blocks."""

    def summary(self, cell: Cell, found: Fit) -> CellSummary:
        """Everything about one cell; nothing but its name where it has no rows."""
        at = self.cells.index(cell) if cell in self.cells else None
        rows = self.table.take(self.rows[at] if at is not None else np.array([], dtype=np.intp))
        runs = self.rates[at] if at is not None else np.array([])
        return _summary(cell, rows, tuple(runs[~np.isnan(runs)].tolist()), found)


def rate_kind(*tables: Table) -> str:
    """`makespan` where every batch of a workload is the same job."""
    sizes = {float(size) for each in tables for size in np.unique(each.numbers["tasks"])}
    return "makespan" if len(sizes) == 1 else "steady"


def _rates(rows: Table, rate: str) -> Numbers:
    """The throughput that counts, as `rate_of` has it for a single trial; NaN where there is none."""
    steady, makespan = rows.numbers["steady_per_s"], rows.numbers["throughput_per_s"]
    chosen = np.where(steady > 0, steady, makespan) if rate == "steady" else makespan
    return np.where(rows.words["outcome"].are("ok"), chosen, np.nan)


def cells(rows: Table) -> Sequence[Cell]:
    """Those of one workload, ascending."""
    return _keyed(rows)[0]


def _keyed(rows: Table) -> tuple[Sequence[Cell], Places]:
    return rows.keyed("executor", "options", "workers")


def grid(rows: Table, rate: str) -> Grid:
    """Of one workload; UsageError where its cells and blocks are so many that these are no blocks of cells."""
    every, cell = _keyed(rows)
    blocks, block = rows.keyed("sweep", "block")
    if len(every) * len(blocks) > _MOST_PLACES:
        raise UsageError(
            f"{len(rows):,} rows of {len(every):,} cells in {len(blocks):,} blocks are no sweep",
            "name a CSV that poolbench wrote",
        )
    found = np.full((len(every), len(blocks)), np.nan)
    per_s = _rates(rows, rate)
    counted = np.flatnonzero(per_s > 0)
    found[cell[counted], block[counted]] = per_s[counted]
    ends = np.cumsum(np.bincount(cell, minlength=len(every)))
    return Grid(rows, every, found, np.split(np.lexsort((block, cell)), ends[:-1]))


def _summary(cell: Cell, rows: Table, runs: tuple[float, ...], found: Fit) -> CellSummary:
    fine = rows.words["outcome"].are("ok")
    good, bad = rows.take(np.flatnonzero(fine)), rows.take(np.flatnonzero(~fine))
    per_s, ratio = found.throughput(cell), found.ratio(cell, BASELINE)
    executor, options, workers = cell
    return CellSummary(
        executor=executor,
        options=options,
        workers=workers,
        tasks=int(rows.numbers["tasks"][0]) if len(rows) else 0,
        trials=len(good),
        failed=len(bad),
        runs=runs,
        per_s=per_s.value if per_s else None,
        ci=per_s.interval if per_s else None,
        speedup=ratio.value if ratio else None,
        speedup_ci=ratio.interval if ratio else None,
        p95_s=middle(good.numbers["latency_p95_s"]),
        reason=bad.words["reason"].first() if len(bad) else "",
        costs=_costs(good),
    )


def middle(values: Numbers) -> float | None:
    """The median of those that are known."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else None


def _costs(rows: Table) -> Costs | None:
    known = rows.numbers
    cpu_s = middle(known["cpu_per_task_s"])
    if cpu_s is None:
        return None
    peaks = known["server_in_flight_max"][~np.isnan(known["server_in_flight_max"])]
    return Costs(
        cpu_per_task_s=cpu_s,
        machine_cpu_per_task_s=cpu_s + (middle(known["server_busy_s"] / known["tasks"]) or 0.0),
        latency_p50_s=middle(known["latency_p50_s"]) or 0.0,
        latency_p99_s=middle(known["latency_p99_s"]) or 0.0,
        startup_s=middle(known["startup_s"]) or 0.0,
        wall_s=middle(known["wall_s"]) or 0.0,
        server_share=middle(known["server_busy_s"] / _lasting(rows)),
        in_flight_max=int(peaks.max()) if peaks.size else None,
        overflows=int(np.nansum(known["listen_overflows"])),
        others_s=middle(others_s(rows)),
    )


def others_s(rows: Table) -> Numbers:
    """CPU seconds of processes that are not ours in each second of the batch; NaN where the system does not tell."""
    known = rows.numbers
    others = known["machine_cpu_s"] - known["cpu_s"] - np.nan_to_num(known["server_busy_s"])
    return np.maximum(others, 0.0) / _lasting(rows)


def _lasting(rows: Table) -> Numbers:
    """Seconds of the batch; NaN for none."""
    wall_s = rows.numbers["wall_s"]
    return np.where(wall_s != 0, wall_s, np.nan)
