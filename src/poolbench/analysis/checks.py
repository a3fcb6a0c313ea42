"""What a benchmark gets wrong, looked for in the rows: one caution each, only where it is large enough to matter.

What is prevented outright (short listen queues, pools too small, start-up inside the timing, failures counted as
speed, one fixed order) needs no check; what the plan or a preflight can see is told there.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from poolbench.analysis.case import OTHERS
from poolbench.errors import Caution
from poolbench.words import workers as workers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from poolbench.analysis.model import Summary
    from poolbench.analysis.statistics import Fit
    from poolbench.results.table import Table

CLIENT = 0.10
"""One worker that differs by more than this from the baseline differs by its client."""
SERVER = 0.7
STEAL = 0.10
DRIFT = 0.10
ARITHMETIC = 0.02
"""Tasks whose CPU is less than this share of their time do nothing but wait."""
UNHINDERED = 0.8
"""Of what waiting alone allows: with less, tasks wait for something that they share, such as a lock or a server."""
_MOST_OUTLIERS, _WORTH_TELLING = 3, 1.3


def check(summary: Summary, rows: Table, fit: Fit | None) -> tuple[Caution, ...]:
    """All that is to be said of one workload's rows."""
    found = [caution for each in CHECKS for caution in each(summary, rows)]
    return (*found, *(_outliers(fit) if fit else ()), *(_drift(fit) if fit else ()))


def _overflows(summary: Summary, rows: Table) -> Iterator[Caution]:
    """A full listen queue costs the client a second or more, and looks like slow asyncio."""
    overflows = rows.numbers["listen_overflows"]
    dropped = rows.take(np.flatnonzero(overflows > 0))
    if len(dropped):
        total = int(dropped.numbers["listen_overflows"].sum())
        cells, place = dropped.keyed("executor", "workers", "options")
        where = workers_of(*cells[int(np.bincount(place).argmax())])
        yield Caution(
            "listen queue",
            f"{total} connections met a full listen queue, first of all with {where}",
            "raise the backlog of the server that is measured",
        )


def _server(summary: Summary, rows: Table) -> Iterator[Caution]:
    """A server near its own limit is what is measured then."""
    for curve in summary.curves:
        for cell in curve.cells:
            share = cell.costs.server_share if cell.costs else None
            if share is not None and share > SERVER:
                who = workers_of(cell.executor, cell.workers, cell.options)
                yield Caution(
                    "server",
                    f"with {who} the server itself uses {share:.0%} of a core",
                    "its limit is near; a slower link or a second server shows more",
                )
                return


def _client(summary: Summary, rows: Table) -> Iterator[Caution]:
    """One worker is no concurrency: what it gains or loses lies in the client or the hand-over."""
    for curve in summary.curves:
        cell = curve.cells[0]
        interval = cell.speedup_ci
        if cell.workers != 1 or interval is None or not cell.speedup:
            continue
        slower = interval.high < 1 - CLIENT
        if interval.low > 1 + CLIENT or slower:
            more = "give it more tasks at a time (chunksize), or " if slower and "chunksize=1" in curve.options else ""
            yield Caution(
                "client",
                f"one worker of {curve.name} does {cell.speedup:.2f}× the baseline: "
                "a difference of client or hand-over, not of concurrency",
                f"{more}read its speed-up from its own first worker",
            )


def _busy(summary: Summary, rows: Table) -> Iterator[Caution]:
    """Other work on the machine hits threads more than asyncio."""
    steal = float(np.median(np.nan_to_num(rows.numbers["steal_share"])))
    if steal > STEAL:
        yield Caution(
            "steal", f"the hypervisor took {steal:.0%} of the processors", "repeat on a machine with cores of its own"
        )
    cells = (summary.baseline, *(cell for curve in summary.curves for cell in curve.cells))
    spent = [cell.costs.others_s for cell in cells if cell.costs and cell.costs.others_s is not None]
    if spent and median(spent) > OTHERS * summary.cores:
        yield Caution(
            "load",
            f"other processes used {median(spent):.1f} of {summary.cores} cores during the runs",
            "end what else runs, and repeat",
        )


CHECKS: tuple[Callable[[Summary, Table], Iterator[Caution]], ...] = (_overflows, _server, _client, _busy)


def arithmetic(summary: Summary) -> bool:
    """Whether the tasks only wait, and not for each other: then the curve is a staircase that needs no measuring."""
    base = summary.baseline
    if not (base.per_s and base.costs) or base.costs.cpu_per_task_s * base.per_s >= ARITHMETIC:
        return False
    limited = [cell for curve in summary.curves for cell in curve.cells if cell.per_s and cell.limits]
    return all((cell.per_s or 0.0) >= UNHINDERED * cell.limits.waiting for cell in limited if cell.limits)


def _outliers(fit: Fit) -> Iterator[Caution]:
    """Single runs so slow that the statistics leave them out."""
    for (executor, options, workers), ratio, count in fit.outliers()[:_MOST_OUTLIERS]:
        if ratio < _WORTH_TELLING:
            return
        yield Caution(
            "outlier",
            f"{workers_of(executor, workers, options)}: one run of {count} took {ratio:.1f}× the others' time",
            "it is left out; if there are many, look what else runs",
        )


def _drift(fit: Fit) -> Iterator[Caution]:
    """Later blocks that are slower throughout."""
    drift = fit.drift()
    if drift > DRIFT:
        yield Caution(
            "drift",
            f"the machine's speed changed by {drift:.0%} during the sweep",
            "speed-ups are compared inside blocks and hold; throughputs belong to this hour",
        )
