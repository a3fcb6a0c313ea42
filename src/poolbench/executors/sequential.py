"""sequential: one task after the other, in a plain loop. The baseline of everything."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from poolbench.errors import UsageError
from poolbench.executors.base import Batch, Kind
from poolbench.executors.coroutines import AsyncioPool
from poolbench.executors.patience import start_watched, watched
from poolbench.executors.records import FRESH, Records
from poolbench.executors.worker import LOOP, State, timed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolbench.executors.base import Pool
    from poolbench.workloads.base import Job, Workload


class LoopPool:
    """No pool at all: the caller does the work."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._states: list[State] = []
        self.patience_s: float | None = None

    def open(self) -> None:
        """Sets the caller up."""
        with start_watched(self._states.__len__):
            self._states.append(State(self._job, self._job.setup(), LOOP))

    def warm(self, items: Sequence[Any]) -> None:
        """Runs them."""
        self.run(items)

    def run(self, items: Sequence[Any]) -> Batch:
        """The loop; a task is submitted when it starts."""
        if not self._states:
            self.open()
        state, records = self._states[0], Records()
        fresh = records.fresh
        with watched(records.__len__, self.patience_s):
            began = perf_counter()
            for task, item in enumerate(items):
                raw = timed(state, item)
                fresh.append((task, raw[1], raw))
                if len(fresh) >= FRESH:
                    records.pack()
            return Batch(began, perf_counter(), records)

    def close(self) -> None:
        """Gives back what the caller was set up with."""
        with start_watched(self._states.__len__, "a worker's close"):
            while self._states:
                self._job.close(self._states.pop().context)


def _open_pool(workload: Workload, workers: int, options: Mapping[str, str]) -> Pool:
    del workers, options
    job = workload.job(1)
    if not isinstance(job, UsageError):
        return LoopPool(job)
    # A batch of coroutines has a baseline too: the same coroutines, one at a time.
    coroutines = workload.async_job(1)
    if isinstance(coroutines, UsageError):
        raise coroutines
    return AsyncioPool(coroutines, 1, "map")


KIND = Kind("sequential", _open_pool, shares_interpreter=True, most_workers=1)
