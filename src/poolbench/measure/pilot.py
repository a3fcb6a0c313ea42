"""A first look at a workload, one task at a time: how long a task takes, how much that varies, how much is CPU."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from statistics import fmean, pstdev
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

from poolbench import executors
from poolbench.errors import UsageError
from poolbench.executors.base import describe, settle
from poolbench.executors.patience import TaskTimeoutError
from poolbench.measure.surroundings import below, end, kept

if TYPE_CHECKING:
    from poolbench.executors.base import Batch, Kind, Pool
    from poolbench.measure.machine import Machine
    from poolbench.workloads.base import Workload

_FEWEST_TASKS = 5
_LONG_ENOUGH_S = 0.05
_MOST_TASKS = 2000
TRIAL_S = 0.25
"""A trial shorter than this is at the mercy of start-up noise: run-to-run deviation halves from 0.1 s to 0.25 s."""
_FEWEST_TASKS_A_TRIAL = 30
_MOST_TASKS_A_TRIAL = 100_000
_TRIAL_OVERHEAD_S = 0.02
_THEIRS = (Exception, SystemExit, TaskTimeoutError)
"""What may come out of a set-up, which may be the user's, and out of its end."""


@dataclass(frozen=True)
class Pilot:
    """What is known of a workload's tasks before the sweep."""

    task_s: float
    """Mean seconds of a task with nothing beside it."""
    variation: float
    """Standard deviation over mean."""
    cpu_s: float
    """Mean CPU seconds of a task."""
    values: tuple[Any, ...] = ()
    """What the first tasks returned."""

    def rate(self, kind: Kind, workers: int, machine: Machine) -> float:
        """Tasks per second to expect, roughly: as many at once as workers, until the CPU is full."""
        workers = min(workers, kind.most_workers or workers)
        lanes = 1 if kind.shares_interpreter and machine.gil else machine.cores
        return min(workers / self.task_s, lanes / max(self.cpu_s, 1e-9), 1 / max(kind.hand_over_s, 1e-9))

    def tasks(self, kind: Kind, workers: int, machine: Machine) -> int:
        """A batch of whole rounds, long enough for the steady rate and against start-up noise.

        Every cell then takes about the same time, whatever its worker count.
        """
        round_s = workers / self.rate(kind, workers, machine)
        fewest = 5 if self.variation <= 0.1 else 10 if self.variation <= 0.5 else 20
        rounds = max(fewest, ceil(TRIAL_S / round_s), ceil(_FEWEST_TASKS_A_TRIAL / workers))
        most = max(fewest, _MOST_TASKS_A_TRIAL // workers)
        return min(rounds, most) * workers

    def trial_s(self, kind: Kind, workers: int, tasks: int, machine: Machine) -> float:
        """Seconds that a trial should take in all."""
        return tasks / self.rate(kind, workers, machine) + kind.start_s * workers + _TRIAL_OVERHEAD_S


def pilot(workload: Workload, patience_s: float | None = None) -> Pilot:
    """Runs at least 5 tasks and 50 ms of them, or the whole of a given batch that is shorter.

    `patience_s`: seconds that a task may take; one that hangs longer is taken to take just so long.
    """
    most = len(workload.given) if workload.given is not None else _MOST_TASKS
    kind = executors.kind(executors.BASELINE)
    pool = settle(kind, {}).pool(workload, 1)
    patience_s = patience_s or workload.patience_s
    if patience_s is not None:
        pool.patience_s = patience_s
    known = below(kind, workload)
    try:
        with kept():
            return _first_look(pool, workload, most)
    except TaskTimeoutError:  # its trials will say so
        return Pilot(task_s=patience_s or TRIAL_S, variation=0.0, cpu_s=0.0)
    finally:
        _close(pool, workload)
        end(below(kind, workload) - known)


def _close(pool: Pool, workload: Workload) -> None:
    try:
        pool.close()
    except _THEIRS as problem:
        what = f"what a worker of {workload.name} was set up with cannot be closed ({describe(problem)})"
        raise UsageError(what, "mend its close") from None


def _first_look(pool: Pool, workload: Workload, most: int) -> Pilot:
    try:
        pool.open()
    except UsageError:
        raise
    except _THEIRS as problem:
        what = f"a worker of {workload.name} cannot be set up ({describe(problem)})"
        raise UsageError(what, "mend its set-up") from None
    few = min(_FEWEST_TASKS, most)
    # The first task meets cold caches and a connection that is not open yet.
    pool.run(workload.items(1))
    found = _look(pool, workload, few)
    if found.task_s * few < _LONG_ENOUGH_S and few < most:
        found = _look(pool, workload, min(most, _MOST_TASKS, ceil(_LONG_ENOUGH_S / found.task_s)))
    return found


def _look(pool: Pool, workload: Workload, tasks: int) -> Pilot:
    cpu, began = process_time(), perf_counter()
    batch = pool.run(workload.items(tasks))
    wall_s, cpu_s = perf_counter() - began, process_time() - cpu
    latencies = _latencies(batch)
    mean = fmean(latencies)
    return Pilot(
        task_s=max(wall_s / len(latencies), 1e-7),
        variation=pstdev(latencies) / mean if mean > 0 else 0.0,
        cpu_s=cpu_s / len(latencies),
        values=tuple(raw[5] for _, _, raw in batch.records[:_FEWEST_TASKS]),
    )


def _latencies(batch: Batch) -> list[float]:
    return [raw[3] - raw[1] for _, _, raw in batch.records] or [0.0]
