"""asyncio: coroutines on one event loop, as many at once as there are workers."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from poolbench.executors.base import SUBMISSIONS, Batch, Kind, describe, plain_or_coroutine

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence

    from poolbench.executors.base import Pool, Raw, Record
    from poolbench.workloads.base import AsyncJob, Workload

_NO_CPU = float("nan")
"""Coroutines share a thread: whose CPU time passed between two clock readings cannot be told."""


class AsyncioPool:
    """Workers are coroutines that draw from one batch, each with what its set-up gave it."""

    def __init__(self, job: AsyncJob, workers: int, submission: str) -> None:
        import asyncio  # here and below: whoever only asks what this kind takes should not wait for it

        self._job = job
        self._workers = workers
        self._ordered = submission == "map"
        self._runner = asyncio.Runner()
        self._contexts: list[Any] = []

    def open(self) -> None:
        """Starts the loop and sets each worker up on it."""
        self._runner.run(self._set_up())

    def warm(self, items: Sequence[Any]) -> None:
        """One worker draws one item, since all start before any has finished."""
        self._runner.run(self._batch(items))

    def run(self, items: Sequence[Any]) -> Batch:
        """The batch is handed over whole, as to `asyncio.gather`, but held as an iterator."""
        return self._runner.run(self._batch(items))

    def close(self) -> None:
        """Gives back the contexts, then ends the loop."""
        try:
            if self._contexts:
                self._runner.run(self._tear_down())
        finally:
            self._runner.close()

    async def _set_up(self) -> None:
        while len(self._contexts) < self._workers:
            self._contexts.append(await self._job.setup())

    async def _tear_down(self) -> None:
        while self._contexts:
            await self._job.close(self._contexts.pop())

    async def _batch(self, items: Sequence[Any]) -> Batch:
        import asyncio

        await self._set_up()
        records: list[Record] = []
        feed = enumerate(items)
        began = perf_counter()
        async with asyncio.TaskGroup() as group:
            for worker, context in enumerate(self._contexts[: len(items)]):
                group.create_task(self._worker(worker, context, feed, began, records))
        ended = perf_counter()
        if self._ordered:
            records.sort(key=_task)
        return Batch(began, ended, records)

    async def _worker(
        self, worker: int, context: Any, feed: Iterator[tuple[int, Any]], began: float, records: list[Record]
    ) -> None:
        run = self._job.run
        for task, item in feed:
            records.append((task, began, await timed(run, context, item, worker)))


async def timed(run: Callable[[Any, Any], Awaitable[Any]], context: Any, item: Any, worker: Hashable) -> Raw:
    """The clocks around one task; an error becomes text."""
    error, value = "", None
    started = perf_counter()
    try:
        value = await run(context, item)
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        if cancelled():
            raise
        error = describe(problem)
    return worker, started, _NO_CPU, perf_counter(), _NO_CPU, value, error


def cancelled() -> bool:
    """Whether this worker was cancelled from outside; a task may raise CancelledError of its own."""
    import asyncio

    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _task(record: Record) -> int:
    return record[0]


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
