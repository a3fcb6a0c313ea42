"""Where to search: the executors that can run a workload, and how many workers of each this machine allows."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolbench.analysis.curves import TOLERANCE
from poolbench.analysis.limits import repairman
from poolbench.errors import Caution
from poolbench.measure.machine import free_bytes, room_for
from poolbench.tuning.search import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from poolbench.executors.base import Kind, Strategy
    from poolbench.measure.machine import Machine
    from poolbench.measure.pilot import Pilot
    from poolbench.tuning.evidence import Evidence

MOST_WORKERS = 64
PROCESSES_PER_CORE = 8
"""Beyond that, more of them have never been seen to help, and each costs tens of megabytes."""
_MEMORY_SHARE = 0.5
"""Of what is free, for all workers together."""
_COSTS = {"sequential": 0.1, "asyncio": 0.5, "threads": 1.0, "interpreters": 4.0}
_DEAR = 8.0
"""A worker process, beside a thread."""


@dataclass(frozen=True)
class Room:
    """How many workers fit, and what set that number."""

    most: int
    why: str = ""
    """Empty where it is what was asked for."""


def room(kind: Kind, asked: int | None, tasks: int | None, machine: Machine) -> Room:
    """For `kind`: at most what was `asked`, `tasks` of a given batch, and what open files allow."""
    most = asked or MOST_WORKERS
    if kind.elsewhere and asked is None:
        most = min(most, PROCESSES_PER_CORE * machine.cores)
    found = Room(min(most, kind.most_workers or most, tasks or most))
    allowed, why = room_for(processes=kind.elsewhere)
    return Room(allowed, f"{why} {allowed} workers") if allowed < found.most else found


def fits(room_: Room, one_bytes: int | None, two_bytes: int | None) -> Room:
    """Of worker processes, weighed by the first two: the peak memory with one of them and with two."""
    if not one_bytes or not two_bytes or two_bytes <= one_bytes:
        return room_
    each = two_bytes - one_bytes
    most = max(int(_MEMORY_SHARE * free_bytes() / each), 2)
    return Room(most, f"memory allows {most} of {each / 2**20:.0f} MB each") if most < room_.most else room_


def edge(evidence: Evidence, lanes: Sequence[Lane], tasks: int | None) -> Iterator[Caution]:
    """Where the answer may lie beyond what was looked at: never beyond the number of `tasks` of a job.

    Worker processes beyond some a core have never helped.
    """
    found = evidence.recommendation
    for each in lanes:
        if found is None or each.name != found.choice.lane or each.cost >= _DEAR or each.most_workers == tasks:
            continue
        if found.workers_range[1] >= (1 - evidence.tolerance) * each.most_workers > 1:
            what = f"{each.name} still gain at {each.most_workers} workers, where the search ends"
            yield Caution("edge", what, f"look further with --max-workers {4 * each.most_workers}")


def lane(name: str, strategy: Strategy, most: int, pilot: Pilot, machine: Machine) -> Lane:
    """For the search, with the place where the queueing model would look first."""
    kind = strategy.kind
    cost = _COSTS.get(kind.name, _DEAR if kind.elsewhere else 1.0)
    servers = 1 if kind.shares_interpreter and (machine.gil or kind.asynchronous) else machine.cores
    return Lane(name, most, cost, knee(pilot, most, servers))


def default_workers(executor: str, machine: Machine) -> int | None:
    """What the library takes when nothing is said; asyncio has no such number."""
    # As ProcessPoolExecutor counts them: from Python 3.13 on, those that this process may use.
    cores = getattr(os, "process_cpu_count", os.cpu_count)() or 1
    return {"threads": machine.default_threads, "processes": cores}.get(executor)


def knee(pilot: Pilot, most: int, servers: int) -> int:
    """The fewest workers within tolerance of the best, were the machine the model itself."""
    wait_s = max(pilot.task_s - pilot.cpu_s, 0.0)
    rates = [repairman(n, wait_s, pilot.cpu_s, servers) for n in range(1, most + 1)]
    return next(n for n, rate in enumerate(rates, 1) if rate >= (1 - TOLERANCE) * max(rates))
