"""asyncio: coroutines on one event loop, as many at once as there are workers."""

from __future__ import annotations

from contextlib import closing, contextmanager, suppress
from multiprocessing import parent_process
from time import perf_counter
from typing import TYPE_CHECKING, Any

from poolbench.executors import strays
from poolbench.executors.base import SUBMISSIONS, Batch, Kind, describe, plain_or_coroutine, stops
from poolbench.executors.patience import start_watched, watched
from poolbench.executors.records import FRESH, Records

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence

    from poolbench.executors.base import Pool
    from poolbench.executors.records import Raw
    from poolbench.workloads.base import AsyncJob, Workload

_NO_CPU = float("nan")
"""Coroutines share a thread: whose CPU time passed between two clock readings cannot be told."""

_END_S = 0.5
"""How long coroutines that hang may take over each step of their end."""


class AsyncioPool:
    """Workers are coroutines that draw from one batch, each with what its set-up gave it."""

    def __init__(self, job: AsyncJob, workers: int, submission: str) -> None:
        import asyncio  # here and below: whoever only asks what this kind takes should not wait for it

        self._job = job
        self._workers = workers
        self._ordered = submission == "map"
        self._runner = asyncio.Runner()
        self._contexts: list[Any] = []
        self.patience_s: float | None = None
        self._records = Records()
        self._hung = False

    def open(self) -> None:
        """Starts the loop and sets each worker up on it."""
        with self._noting(), start_watched(lambda: len(self._contexts)):
            self._runner.run(self._set_up())

    def warm(self, items: Sequence[Any]) -> None:
        """One worker draws one item, since all start before any has finished."""
        self.run(items)

    def run(self, items: Sequence[Any]) -> Batch:
        """The batch is handed over whole, as to `asyncio.gather`, but held as an iterator."""
        self._records = Records()
        self.open()  # if nobody did: set-up is no part of a task
        with self._noting(), watched(self._records.__len__, self.patience_s):
            return self._runner.run(self._batch(items))

    def close(self) -> None:
        """Gives back the contexts, then ends the loop."""
        if self._hung:
            self._give_up()
            return
        with closing(self._runner), start_watched(lambda: len(self._contexts), "a worker's close"):
            if self._contexts:
                self._runner.run(self._tear_down())

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Whoever was interrupted or lost patience does not wait at the end either."""
        try:
            yield
        except KeyboardInterrupt:  # a timeout is one too
            self._hung = True
            raise

    def _give_up(self) -> None:
        """The same after a batch that hung: what still waits is cancelled, what still computes is broken off."""
        self._runner.get_loop().set_exception_handler(lambda *_: None)  # its tasks have failed: nobody asks how
        # An interrupt inside a task comes out of the loop again when that goes on.
        for end in (self._cancel, self._cancel, self._tear_down):
            with suppress(Exception, KeyboardInterrupt), watched(lambda: 0, _END_S):
                self._runner.run(end())
        with suppress(Exception, KeyboardInterrupt), watched(lambda: 0, _END_S):
            self._runner.close()

    async def _cancel(self) -> None:
        import asyncio

        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=_END_S / 2)

    async def _set_up(self) -> None:
        while len(self._contexts) < self._workers:
            self._contexts.append(await self._job.setup())

    async def _tear_down(self) -> None:
        while self._contexts:
            await self._job.close(self._contexts.pop())

    async def _batch(self, items: Sequence[Any]) -> Batch:
        import asyncio

        records = self._records
        feed = enumerate(items)
        began = perf_counter()
        async with asyncio.TaskGroup() as group:
            for worker, context in enumerate(self._contexts[: len(items)]):
                group.create_task(self._worker(worker, context, feed, began, records))
        ended = perf_counter()
        if self._ordered:
            records.columns.sort()
        return Batch(began, ended, records)

    async def _worker(
        self, worker: int, context: Any, feed: Iterator[tuple[int, Any]], began: float, records: Records
    ) -> None:
        run, fresh = self._job.run, records.fresh
        for task, item in feed:
            fresh.append((task, began, await timed(run, context, item, worker)))
            if len(fresh) >= FRESH:
                records.pack()


@strays.task
async def timed(run: Callable[[Any, Any], Awaitable[Any]], context: Any, item: Any, worker: Hashable) -> Raw:
    """The clocks around one task; an error becomes text."""
    error, value = "", None
    started = perf_counter()
    try:
        value = await run(context, item)
    except BaseException as problem:
        if cancelled() or (stops(problem) and parent_process() is None):  # in a worker it is the task's own
            raise
        error = describe(problem)
    finished = perf_counter()
    if strays.here:
        strays.end()
    return worker, started, _NO_CPU, finished, _NO_CPU, value, error


def cancelled() -> bool:
    """Whether this worker was cancelled from outside; a task may raise CancelledError of its own."""
    import asyncio

    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _open_pool(workload: Workload, workers: int, options: Mapping[str, str]) -> Pool:
    job: Any = plain_or_coroutine(KIND, workload, workers)
    return AsyncioPool(job, workers, options["submission"])


KIND = Kind(
    "asyncio",
    _open_pool,
    defaults={"submission": "map"},
    choices={"submission": SUBMISSIONS},
    asynchronous=True,
    shares_interpreter=True,
)
