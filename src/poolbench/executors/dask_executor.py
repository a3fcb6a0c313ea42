"""A `concurrent.futures.Executor` on the first workers of a Dask cluster, our own or a running one."""

from __future__ import annotations

import logging
import re
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import cloudpickle
from distributed import Client, LocalCluster

from poolbench.executors.host import pack
from poolbench.executors.lifeline import leave_interrupts_to_the_parent
from poolbench.executors.patience import TaskTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONNECT_S = 10
"""Seconds that a scheduler has to answer."""
_WORKERS_S = 60
"""Seconds that workers have to come; those of a running cluster may have been lost."""


class DaskExecutor(Executor):
    """`Client.get_executor` on the first workers of a cluster; shutting it down closes what it opened.

    A worker that is lost breaks it, as a worker process does in the standard library: Dask itself would give the
    tasks to fewer workers, or wait for ever.
    """

    def __init__(self, address: str, workers: int) -> None:
        self._opened = ExitStack()
        self._waiting: set[Future[Any]] = set()
        self._lost = ""
        with ExitStack() as opening:
            place = address or opening.enter_context(_local_cluster(workers)).scheduler_address
            self._client = opening.enter_context(Client(place, set_as_default=False, timeout=CONNECT_S))
            self._client.wait_for_workers(workers, timeout=_WORKERS_S)
            self.workers = first_workers(self._client)[:workers]
            self._all = self._pinned(self.workers)
            if not address:
                self.run_beside(leave_interrupts_to_the_parent)
            for each in self.workers:
                self._client.subscribe_topic(each, partial(self._hear, each))
            self._opened = opening.pop_all()

    def _pinned(self, workers: Sequence[str]) -> Executor:
        # Dask runs equal calls once unless it is told that they are not pure.
        pinned: Executor = self._client.get_executor(pure=False, workers=list(workers))
        return pinned

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As `Executor.submit`."""
        return self._submit(self._all, partial(function, *args, **kwargs))

    def each(self, calls: Sequence[Callable[[], Any]], patience_s: float | None = None) -> list[Any]:
        """What the first workers answer to `calls`, the first to the first; TaskTimeoutError for one that is late."""
        futures = [
            self._submit(self._pinned([worker]), call) for worker, call in zip(self.workers, calls, strict=False)
        ]
        try:
            return [future.result(patience_s) for future in futures]
        except TimeoutError:
            if all(future.done() for future in futures):
                raise  # a call's own
            raise TaskTimeoutError(patience_s or 0.0) from None

    def run_beside(self, function: Callable[..., Any], *args: Any) -> None:
        """Calls `function` in each worker, whatever that is doing; errors are dropped."""
        self._client.run(function, *args, workers=self.workers, on_error="ignore")

    def _submit(self, pinned: Executor, call: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        self._waiting.add(future)
        if self._lost:
            raise BrokenExecutor(self._lost)
        # Pickled here: Dask would look into arguments for tasks and data of its own.
        pinned.submit(_answer, cloudpickle.dumps(call)).add_done_callback(partial(self._arrive, future))
        return future

    def _arrive(self, future: Future[Any], answered: Future[bytes]) -> None:
        """On the client's thread, as `_hear` is."""
        if future not in self._waiting:
            return
        self._waiting.discard(future)
        if not future.set_running_or_notify_cancel():
            return
        try:
            good, value = cloudpickle.loads(answered.result())
        except BaseException as problem:  # noqa: BLE001  whatever it is, it is for the one who asked
            good, value = False, problem
        if good:
            future.set_result(value)
        else:
            future.set_exception(value)

    def _hear(self, worker: str, event: tuple[float, Any]) -> None:
        """The scheduler says that `worker` is gone."""
        if not isinstance(event[1], dict) or event[1].get("action") != "remove-worker":
            return
        self._lost = f"the Dask worker {worker} was lost"
        for future in list(self._waiting):
            self._waiting.discard(future)
            if future.set_running_or_notify_cancel():
                future.set_exception(BrokenExecutor(self._lost))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Drops what has not run, ends the client, and the cluster if it is our own."""
        del wait, cancel_futures
        for each in self.workers:
            self._client.unsubscribe_topic(each)
        self._all.shutdown(wait=False)  # cancels
        self._opened.close()


def _answer(call: bytes) -> bytes:
    """In the worker: a result or an error, pickled there so that one that cannot be is an error of its task."""
    try:
        good, value = True, cloudpickle.loads(call)()
    except BaseException as problem:  # noqa: BLE001  Dask would end a worker whose task calls sys.exit
        good, value = False, problem
    return pack(good=good, value=value, dumps=cloudpickle.dumps)


def _local_cluster(workers: int) -> LocalCluster:
    """One thread a worker process, and Dask's log kept from the screen."""
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",  # whichever port is free
        memory_limit=0,
        silence_logs=logging.CRITICAL + 1,  # it has critical words for a client that leaves early
    )


def first_workers(client: Client) -> list[str]:
    """The addresses of all workers, in an order that holds as long as the cluster is the same."""
    return sorted(client.scheduler_info(n_workers=-1)["workers"], key=_numbers_as_numbers)


def _numbers_as_numbers(address: str) -> list[tuple[int, str]]:
    return [(int(each), "") if each.isdecimal() else (0, each) for each in re.split(r"(\d+)", address)]
