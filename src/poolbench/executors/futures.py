"""One adapter for everything that implements `concurrent.futures.Executor`."""

from __future__ import annotations

import pickle
from collections import deque
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from itertools import count, repeat
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import TYPE_CHECKING, Any

from poolbench.executors.base import Batch, describe, is_far
from poolbench.executors.ending import close
from poolbench.executors.gathering import gather
from poolbench.executors.patience import START_S, TaskTimeoutError
from poolbench.executors.records import FRESH, Chunk, Records
from poolbench.executors.worker import Parcel, attend, work, work_chunk
from poolbench.interrupts import held, shielded

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
    from concurrent.futures import Executor, Future

    from poolbench.workloads.base import Job

    _Calls = Iterator[tuple[int, int, tuple[Any, ...]]]
    """First task, number of tasks, and what to submit for them."""

_Pending = tuple[int, int, float, "Future[Any]"]
"""First task, number of tasks, when they were submitted, and where their answer comes."""
_IN_FLIGHT = 4096
"""Tasks in flight at once: as `Executor.map` up to here, in bounded memory beyond, as earlier ones come back."""
_IN_FLIGHT_PER_WORKER = 8
"""Futures at least, where chunks are large or workers many."""
_HOPELESS = (KeyboardInterrupt, TimeoutError, BrokenExecutor)
"""A task's timeout is of the first kind, a missing worker of the second; where one died, others may be deaf."""
_STARTS = 10
"""A task may wait for a worker that starts with the batch so many times as long as the first one did."""


class FuturesPool:
    """Runs a job on an executor that `make` starts, results in order (`map`) or as they come (`as_completed`).

    Where workers are on another machine, whose clock is never compared with ours, a task is taken to end when its
    result arrives, and to have started as much earlier as it took by its worker's clock.
    """

    def __init__(
        self,
        make: Callable[[], Executor],
        job: Job,
        workers: int,
        *,
        submission: str,
        chunksize: int = 1,
        dumps: Callable[[Any], bytes] = pickle.dumps,
        awaited: bool = False,
    ) -> None:
        """`awaited`: the executor's workers are coroutines, and so is the job."""
        self._make = make
        self._workers = workers
        self._ordered = submission == "map"
        self._chunksize = chunksize
        self._work: Callable[..., Any] = work
        self._attend: Callable[..., Any] = attend
        if awaited:
            from poolbench.executors import awaiting  # which imports asyncio: slow, and needed by few

            self._work, self._attend = awaiting.work, awaiting.attend
        self._limit = max(_IN_FLIGHT // chunksize, _IN_FLIGHT_PER_WORKER * workers)
        self._parcel = Parcel(job, dumps)
        self._executor: Executor | None = None
        self._far = False
        self._start_s = START_S
        self.patience_s: float | None = None
        self._overdue = False

    @property
    def executor(self) -> Executor:
        """The executor itself, started if it was not."""
        if self._executor is None:
            with shielded():  # some start their workers here
                self._executor = self._make()
        return self._executor

    @property
    def parcel(self) -> Parcel:
        """The job as its workers know it."""
        return self._parcel

    def open(self) -> None:
        """Every worker is there and set up."""
        self._start_s = 0.0
        self._far = any(map(is_far, self._gather([()] * self._workers)))

    def warm(self, items: Sequence[Any]) -> None:
        """Each worker runs one."""
        self._gather([(item,) for item in items], self.patience_s)

    def _gather(self, errands: Sequence[Sequence[Any]], patience_s: float | None = None) -> list[Hashable]:
        """One worker for each errand, and none twice."""
        with self._noting():
            return gather(self.executor, self._parcel, errands, self._attend, patience_s)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Whoever was interrupted, lost patience or a worker, does not wait at the end either."""
        try:
            yield
        except _HOPELESS:
            self._overdue = True
            raise

    def run(self, items: Sequence[Any]) -> Batch:
        """Submits and collects; nothing else happens between the two readings of the clock."""
        executor = self.executor
        # Taken in order, a result of another machine would seem to have arrived with those before it.
        run = self._in_order if self._ordered and not self._far else self._as_completed
        records, calls = Records(), self._calls(items)
        with self._noting():
            began = perf_counter()
            run(self._submit(executor), calls, records)
            ended = perf_counter()
        if self._ordered:
            records.columns.sort()
        return Batch(began, ended, records)

    def _submit(self, executor: Executor) -> Callable[..., Future[Any]]:
        """Where worker processes start with the batch, none that is half born hears of an interrupt: as in `gather`."""
        if not (self._start_s and hasattr(executor, "_processes")):
            return executor.submit

        def submit(*call: Any) -> Future[Any]:
            with shielded(), held():
                return executor.submit(*call)

        return submit

    def _calls(self, items: Sequence[Any]) -> _Calls:
        size, parcel = self._chunksize, self._parcel
        if size == 1:
            return zip(count(), repeat(1), zip(repeat(self._work), repeat(parcel), items, strict=False), strict=False)
        starts = range(0, len(items), size)
        chunks = (items[task : task + size] for task in starts)
        return ((task, len(chunk), (work_chunk, parcel, chunk)) for task, chunk in zip(starts, chunks, strict=True))

    def _patience(self, records: Records) -> float | None:
        """For one hand-over. Where workers start with the batch, their start is no part of a task."""
        if self.patience_s is None:
            return None
        if self._start_s == START_S and records:  # the first to come says how long a start takes
            _, submitted, raw = records[0]
            self._start_s = _STARTS * (raw[1] - submitted)
        return self.patience_s * self._chunksize + self._start_s

    def _in_order(self, submit: Callable[..., Future[Any]], calls: _Calls, records: Records) -> None:
        limit, patient = self._limit, self.patience_s is None  # a call a task is felt
        pending: deque[_Pending] = deque()
        try:
            for task, size, call in calls:
                pending.append((task, size, perf_counter(), submit(*call)))
                if len(pending) >= limit:
                    if not pending[0][-1].done():  # which must not hold up those that are not yet submitted
                        waiting = {each[-1]: each for each in pending}
                        pending.clear()
                        self._as_completed(submit, calls, records, waiting)
                        return
                    _take(records, pending.popleft())
            while pending:
                # The tasks before it have ended: it runs, or a worker is free for it.
                _take(records, pending.popleft(), None if patient else self._patience(records))
        finally:
            _cancel(each[-1] for each in pending)

    def _as_completed(
        self,
        submit: Callable[..., Future[Any]],
        calls: _Calls,
        records: Records,
        waiting: dict[Future[Any], _Pending] | None = None,
    ) -> None:
        """`waiting`: what was submitted before."""
        limit, pending = self._limit, waiting or {}
        done: SimpleQueue[Future[Any]] = SimpleQueue()
        try:
            for future in pending:
                future.add_done_callback(done.put)
            for task, size, call in calls:
                if len(pending) >= limit:
                    _take(records, pending.pop(_next(done, self._patience(records))))
                submitted = perf_counter()
                future = submit(*call)
                pending[future] = (task, size, submitted, future)
                # Cheaper than concurrent.futures.as_completed, which wants all futures before it yields the first.
                future.add_done_callback(done.put)
            while pending:
                _take(records, pending.pop(_next(done, self._patience(records))))
        finally:
            _cancel(pending)

    def close(self) -> None:
        """Waits for what runs unless that hangs, then gives back what the workers were set up with."""
        try:
            if self._executor is not None:
                close(self._executor, overdue=self._overdue)
        finally:
            self._parcel.close()


def _next(done: SimpleQueue[Future[Any]], patience_s: float | None) -> Future[Any]:
    """The future that is done next."""
    try:
        return done.get(timeout=patience_s)
    except Empty:
        raise TaskTimeoutError(patience_s or 0.0) from None


def _cancel(futures: Iterable[Future[Any]]) -> None:
    """What a batch that broke leaves behind. Not every executor can do it when it is shut down."""
    for future in futures:
        future.cancel()


def _take(records: Records, pending: _Pending, patience_s: float | None = None) -> None:
    """Appends what a future holds: one record, a chunk of them, or its error for each of its tasks."""
    task, size, submitted, future = pending
    try:
        result = future.result(patience_s)
    except BrokenExecutor:
        raise
    except TimeoutError:
        if not future.done():
            raise TaskTimeoutError(patience_s or 0.0) from None
        raise
    except Exception as problem:  # noqa: BLE001  such as a result that cannot be pickled
        now = perf_counter()
        result = Chunk.of([(None, now, 0.0, now, 0.0, None, describe(problem))] * size)
    if type(result) is tuple and type(result[0][0]) is int:  # one record of this machine: the usual, and the quickest
        records.fresh.append((task, submitted, result))
        if len(records.fresh) >= FRESH:
            records.pack()
        return
    now = perf_counter()
    chunk = result if type(result) is Chunk else Chunk.of([result])
    records.join(task, submitted, chunk)
    if is_far(chunk.worker):
        records.columns.arrive(size, now)
