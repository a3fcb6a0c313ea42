"""How fast a cell could be at most, and what to expect near that: from the tasks' own times, nothing fitted.

Three limits hold for each cell. *Waiting*: so many workers cannot finish more tasks than the tasks' own lengths
allow. *Interpreter*: under a GIL, or on one event loop, CPU seconds cannot overlap. *Cores*: nor can more of them
than there are cores. Near the point where two limits meet nobody reaches either, because tasks queue; what to expect
there is the machine-repairman model: n workers, each waiting for Z seconds on average, then queueing for c seconds
of one of m servers. It is a closed product-form network, so that its mean values are exact for any distribution of
the wait (Reiser and Lavenberg 1980, "Mean-value analysis of closed multichain queuing networks", J. ACM 27).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

ABOVE = 1.4
"""A cell may lie so far above a limit before the limit is wrong: CPU time holds work done without the GIL, such as
system calls. Measured, threads that download lie up to 1.2 times above; at 1.4 two cores explain as much as one."""


@dataclass(frozen=True)
class Limits:
    """Tasks per second that a cell cannot exceed, and that it should reach."""

    waiting: float
    interpreter: float | None
    """None where workers do not share an interpreter, or it has no GIL."""
    cores: float
    model: float

    @property
    def lowest(self) -> float:
        """Of the three."""
        return min(self._named.values())

    @property
    def name(self) -> str:
        """Which is the lowest: `waiting`, `interpreter` or `cores`."""
        return min(self._named, key=lambda name: self._named[name])

    @property
    def _named(self) -> dict[str, float]:
        found = {"waiting": self.waiting, "interpreter": self.interpreter, "cores": self.cores}
        return {name: limit for name, limit in found.items() if limit is not None}


def makespan(times_s: Sequence[float], workers: int) -> float:
    """Seconds that a greedy schedule needs: each task goes, in order, to the worker that is free first."""
    free = [0.0] * min(workers, len(times_s))
    for time_s in times_s:
        heapq.heappush(free, heapq.heappop(free) + time_s)
    return max(free, default=0.0)


def repairman(workers: int, wait_s: float, demand_s: float, servers: int) -> float:
    """Tasks per second of `workers` that wait for `wait_s`, then queue for `demand_s` at one of `servers`.

    The birth-death chain of the number at the servers, solved in logs so that 10,000 workers do not underflow.
    """
    if demand_s <= 0:
        return workers / wait_s if wait_s > 0 else float("inf")
    if wait_s <= 0:
        return min(workers, servers) / demand_s
    there = np.arange(1, workers + 1)
    rate = np.minimum(there, servers) / demand_s
    steps = np.log((workers - there + 1) / wait_s) - np.log(rate)
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    shares = np.exp(logs - logs.max())
    return float((shares[1:] * rate).sum() / shares.sum())


@dataclass(frozen=True)
class Demand:
    """What a task asks for, and of what."""

    service_s: float
    """Mean seconds of a task with nothing beside it: the baseline's."""
    idle_cpu_s: float
    """CPU seconds in that."""
    cpu_s: float
    """CPU seconds of a task in the cell itself: on a busy machine they are fewer, in a crowded client more."""
    machine_cpu_s: float
    """With those of the workload's own server."""
    cores: int
    interpreters: int | None
    """That the workers share, each running one of them at a time; None where they do not wait for one another."""


def limits(demand: Demand, workers: int, tasks: int, times_s: Sequence[float] = ()) -> Limits:
    """Of a cell with `workers`; `times_s` are the tasks' own times where a given job makes their order matter."""
    waiting = tasks / makespan(times_s, workers) if times_s else workers / demand.service_s
    shared = demand.interpreters
    interpreter = shared / demand.cpu_s if shared and demand.cpu_s > 0 else None
    cores = demand.cores / demand.machine_cpu_s if demand.machine_cpu_s > 0 else float("inf")
    wait_s = max(demand.service_s - demand.idle_cpu_s, 0.0)
    model = _at_interpreters(workers, wait_s, demand)
    if interpreter is None or (shared or 1) > 1:
        model = min(model, repairman(workers, wait_s, demand.machine_cpu_s, demand.cores))
    return Limits(waiting, interpreter, cores, min(model, waiting, cores))


def _at_interpreters(workers: int, wait_s: float, demand: Demand) -> float:
    """As if processors were free: each interpreter has its own workers, as evenly spread as they can be."""
    if demand.interpreters is None:
        return float("inf")
    least, more = divmod(workers, demand.interpreters)
    sizes = ((least + 1, more), (least, demand.interpreters - more))
    return sum(count * repairman(each, wait_s, demand.cpu_s, 1) for each, count in sizes if each and count)


def without_interpreter(found: Limits, demand: Demand, workers: int) -> Limits:
    """For tasks that turned out to release the GIL: their CPU seconds do overlap, up to the cores."""
    wait_s = max(demand.service_s - demand.idle_cpu_s, 0.0)
    model = repairman(workers, wait_s, demand.machine_cpu_s, demand.cores)
    return Limits(found.waiting, None, found.cores, min(model, found.waiting, found.cores))
