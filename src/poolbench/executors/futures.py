"""One adapter for everything that implements `concurrent.futures.Executor`."""

from __future__ import annotations

from collections import deque
from concurrent.futures import BrokenExecutor
from queue import SimpleQueue
from time import perf_counter
from typing import TYPE_CHECKING, Any

from poolbench.executors.base import Batch, describe
from poolbench.executors.gathering import gather
from poolbench.executors.worker import Parcel, work, work_chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor, Future

    from poolbench.executors.base import Raw, Record
    from poolbench.workloads.base import Job

_IN_FLIGHT = 1024
"""Futures held at once, at least: as `Executor.map` up to here, in bounded memory beyond."""
_IN_FLIGHT_PER_WORKER = 8


class FuturesPool:
    """Runs a job on an executor that `make` starts, results in order (`map`) or as they come (`as_completed`)."""

    def __init__(
        self, make: Callable[[], Executor], job: Job, workers: int, *, submission: str, chunksize: int = 1
    ) -> None:
        self._make = make
        self._workers = workers
        self._ordered = submission == "map"
        self._chunksize = chunksize
        self._limit = max(_IN_FLIGHT, _IN_FLIGHT_PER_WORKER * workers)
        self._parcel = Parcel(job)
        self._executor: Executor | None = None

    @property
    def executor(self) -> Executor:
        """The executor itself, started if it was not."""
        if self._executor is None:
            self._executor = self._make()
        return self._executor

    @property
    def parcel(self) -> Parcel:
        """The job as its workers know it."""
        return self._parcel

    def open(self) -> None:
        """Every worker is there and set up."""
        gather(self.executor, self._parcel, [()] * self._workers)

    def warm(self, items: Sequence[Any]) -> None:
        """Each worker runs one."""
        gather(self.executor, self._parcel, [(item,) for item in items])

    def run(self, items: Sequence[Any]) -> Batch:
        """Submits and collects; nothing else happens between the two readings of the clock."""
        executor = self.executor
        run = self._in_order if self._ordered else self._as_completed
        began = perf_counter()
        records = run(executor, items)
        return Batch(began, perf_counter(), records)

    def _calls(self, items: Sequence[Any]) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
        """First task, number of tasks, and what to submit for them."""
        size, parcel = self._chunksize, self._parcel
        if size == 1:
            for task, item in enumerate(items):
                yield task, 1, (work, parcel, item)
        else:
            for task in range(0, len(items), size):
                chunk = items[task : task + size]
                yield task, len(chunk), (work_chunk, parcel, chunk)

    def _in_order(self, executor: Executor, items: Sequence[Any]) -> list[Record]:
        records: list[Record] = []
        pending: deque[tuple[int, int, float, Future[Any]]] = deque()
        for task, size, call in self._calls(items):
            submitted = perf_counter()
            pending.append((task, size, submitted, executor.submit(*call)))
            if len(pending) >= self._limit:
                _take(records, *pending.popleft())
        while pending:
            _take(records, *pending.popleft())
        return records

    def _as_completed(self, executor: Executor, items: Sequence[Any]) -> list[Record]:
        records: list[Record] = []
        pending: dict[Future[Any], tuple[int, int, float]] = {}
        done: SimpleQueue[Future[Any]] = SimpleQueue()
        for task, size, call in self._calls(items):
            submitted = perf_counter()
            future = executor.submit(*call)
            pending[future] = (task, size, submitted)
            # Cheaper than concurrent.futures.as_completed, which wants all futures before it yields the first.
            future.add_done_callback(done.put)
            if len(pending) >= self._limit:
                future = done.get()
                _take(records, *pending.pop(future), future)
        while pending:
            future = done.get()
            _take(records, *pending.pop(future), future)
        return records

    def close(self) -> None:
        """Waits for what runs, then gives back what the workers were set up with."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
        self._parcel.close()


def _take(records: list[Record], task: int, size: int, submitted: float, future: Future[Any]) -> None:
    """Appends what a future holds: one record, a chunk of them, or its error for each of its tasks."""
    try:
        result = future.result()
    except BrokenExecutor:
        raise
    except Exception as problem:  # noqa: BLE001  such as a result that cannot be pickled
        now = perf_counter()
        lost: Raw = (None, now, 0.0, now, 0.0, None, describe(problem))
        records.extend((task + k, submitted, lost) for k in range(size))
        return
    if isinstance(result, list):
        records.extend((task + k, submitted, raw) for k, raw in enumerate(result))
    else:
        records.append((task, submitted, result))
