"""Where tasks become futures: the executor of a pool, or one made here for what has none of its own.

Whatever the strategy, a task is a `concurrent.futures.Future` that its executor takes from pending to running to
finished. asyncio's own tasks know no `running()`: here that means that a coroutine has passed the semaphore.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol

from poolbench.errors import UsageError
from poolbench.executors.coroutines import AsyncioPool
from poolbench.executors.ending import end_processes
from poolbench.executors.sequential import LoopPool
from poolbench.watching.worker import answer, answer_awaited

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolbench.executors.base import Kind, Strategy
    from poolbench.watching.worker import Answer, AsyncReportingJob
    from poolbench.workloads.base import Workload


class Stage(Protocol):
    """Workers that can be watched. `open` to `close` are called once each."""

    def open(self) -> None:
        """Every worker is there and set up."""

    def submit(self, item: tuple[int, Any]) -> Future[Any]:
        """The future of one task."""

    def stop(self) -> None:
        """Ends at once what can be ended: worker processes, coroutines, not threads."""

    def close(self) -> None:
        """Waits for what runs; afterwards there are no workers."""


def stage(strategy: Strategy, workload: Workload, workers: int) -> Stage:
    """For a workload whose jobs report. UsageError for a pool that has no executor."""
    pool: Any = strategy.pool(workload, workers)
    if hasattr(pool, "executor") and hasattr(pool, "parcel"):
        return PoolStage(pool, strategy.kind)
    if isinstance(pool, LoopPool):
        return LoopStage(pool)
    if isinstance(pool, AsyncioPool):
        return CoroutineStage(workload.async_job(workers), workers)
    raise UsageError(
        f"{strategy.kind.name} cannot be watched: it has no concurrent.futures executor", "watch threads or processes"
    )


class PoolStage:
    """Any `concurrent.futures.Executor`."""

    def __init__(self, pool: Any, kind: Kind) -> None:
        self._pool = pool
        self._answer: Callable[..., Any] = answer_awaited if kind.asynchronous else answer
        self._elsewhere = kind.elsewhere
        self._children: set[Any] = set()

    def open(self) -> None:
        """As for a trial."""
        before = set(multiprocessing.active_children())
        self._pool.open()
        self._children = set(multiprocessing.active_children()) - before

    def submit(self, item: tuple[int, Any]) -> Future[Any]:
        """To the executor itself."""
        future: Future[Any] = self._pool.executor.submit(
            self._answer, self._pool.parcel, item, elsewhere=self._elsewhere
        )
        return future

    def stop(self) -> None:
        """The standard library would wait for a process that runs a task; threads cannot be ended at all."""
        end_processes(self._pool.executor)
        for child in self._children:  # of executors that keep theirs to themselves
            child.terminate()

    def close(self) -> None:
        """As after a trial."""
        self._pool.close()


class LoopStage:
    """No pool at all: a task is done when `submit` returns."""

    def __init__(self, pool: LoopPool) -> None:
        self._pool = pool

    def open(self) -> None:
        """Sets the caller up."""
        self._pool.open()

    def submit(self, item: tuple[int, Any]) -> Future[Any]:
        """Runs it."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        [(_, _, raw)] = self._pool.run([item]).records
        _settle(future, raw[5])
        return future

    def stop(self) -> None:
        """A call cannot be ended."""

    def close(self) -> None:
        """Gives back what the caller was set up with."""
        self._pool.close()


class CoroutineStage:
    """Coroutines on a loop of their own thread, behind a semaphore of as many as there are workers."""

    def __init__(self, job: Any, workers: int) -> None:
        self._job: AsyncReportingJob = job
        self._workers = workers
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="poolbench-asyncio", daemon=True)
        self._free: asyncio.Queue[Any] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Starts the loop and sets each worker up on it."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._set_up(), self._loop).result()

    def submit(self, item: tuple[int, Any]) -> Future[Any]:
        """A task of the loop for it."""
        future: Future[Any] = Future()
        self._loop.call_soon_threadsafe(self._begin, future, item)
        return future

    def stop(self) -> None:
        """Cancels what runs."""
        self._loop.call_soon_threadsafe(self._cancel)

    def close(self) -> None:
        """Waits for it, gives back the contexts, ends the loop."""
        try:
            if self._thread.is_alive():
                asyncio.run_coroutine_threadsafe(self._tear_down(), self._loop).result()
        finally:
            if self._thread.is_alive():
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join()
            self._loop.close()

    async def _set_up(self) -> None:
        for _ in range(self._workers):
            self._free.put_nowait(await self._job.setup())

    async def _tear_down(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks)
        while not self._free.empty():
            await self._job.close(self._free.get_nowait())

    def _begin(self, future: Future[Any], item: tuple[int, Any]) -> None:
        task = self._loop.create_task(self._run(future, item))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _run(self, future: Future[Any], item: tuple[int, Any]) -> None:
        context = None
        try:
            context = await self._free.get()
            if future.set_running_or_notify_cancel():
                _settle(future, await self._job.run(context, item))
        finally:
            if context is not None:
                self._free.put_nowait(context)
            if not future.done() and not future.cancel():
                future.set_exception(asyncio.CancelledError())


def _settle(future: Future[Any], found: Answer) -> None:
    if found.problem is not None:
        future.set_exception(found.problem)
    else:
        future.set_result(found.value)
