"""What runs inside a worker of a `concurrent.futures` pool, whatever that is made of.

Spans are taken here and not with `Future.add_done_callback`. A callback is cheaper (a no-op task on four threads went
from 20 to 23 microseconds with one, to 28 with the clocks in the worker; of these 8, CPU clocks are the larger part)
but it runs in the parent: it knows neither when a task started nor on which worker nor its CPU time, and for
processes it fires only after the result has crossed back. What it saves it does not measure.
"""

from __future__ import annotations

import gc
import os
import pickle
import socket
import threading
from contextlib import ExitStack
from functools import lru_cache
from itertools import count
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any

from poolbench.executors.base import describe, stops

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from poolbench.executors.base import Raw
    from poolbench.workloads.base import Job

_serial = count()
_worker = threading.local()
READY, GO = b"r", b"g"
LOOP = "loop"
"""The worker that is the parent itself."""


class Parcel:
    """A job on its way to workers: by reference inside a process, pickled once for all tasks beyond it."""

    def __init__(self, job: Job, origin: tuple[int, int] | None = None) -> None:
        self.job = job
        self.origin = origin or (os.getpid(), next(_serial))
        self.contexts: list[Any] = []
        self._pickled: bytes | None = None

    def __reduce__(self) -> tuple[Callable[[bytes], Parcel], tuple[bytes]]:
        if self._pickled is None:
            self._pickled = pickle.dumps((self.job, self.origin))
        return _unpack, (self._pickled,)

    def close(self) -> None:
        """Gives back what workers of this process were set up with; other processes end with theirs."""
        with ExitStack() as stack:  # one that raises must not keep the others open
            while self.contexts:
                stack.callback(self.job.close, self.contexts.pop())


@lru_cache(maxsize=2)
def _unpack(pickled: bytes) -> Parcel:
    """The same object for the same bytes, so that a worker recognises the job that it was set up for."""
    job, origin = pickle.loads(pickled)  # noqa: S301  written by our own parent, through the pool's own pipe
    if origin[0] != os.getpid():
        # The parent pauses its collector for the batch; a worker's must not run in it either.
        gc.collect()
        gc.disable()
    return Parcel(job, origin)


class _State:
    """What one worker holds for one job."""

    def __init__(self, parcel: Parcel) -> None:
        self.parcel = parcel
        self.run = parcel.job.run
        self.context = parcel.job.setup()
        self.identity: Hashable = (os.getpid(), threading.get_ident())
        parcel.contexts.append(self.context)


def _state(parcel: Parcel) -> _State:
    state: _State | None = getattr(_worker, "state", None)
    if state is None or state.parcel is not parcel:
        state = _worker.state = _State(parcel)
    return state


def work(parcel: Parcel, item: Any) -> Raw:
    """One task, with its times."""
    state = _state(parcel)
    return timed(state.run, state.context, item, state.identity)


def work_chunk(parcel: Parcel, items: Sequence[Any]) -> list[Raw]:
    """Several tasks at the price of one hand-over."""
    state = _state(parcel)
    return [timed(state.run, state.context, item, state.identity) for item in items]


def timed(run: Callable[[Any, Any], Any], context: Any, item: Any, identity: Hashable) -> Raw:
    """The clocks around one task; an error becomes text, since not every error can be pickled.

    Ctrl-C is raised in the main thread only: a KeyboardInterrupt in any other worker is the task's own.
    """
    error, value = "", None
    started, cpu_started = perf_counter(), thread_time()
    try:
        value = run(context, item)
    except BaseException as problem:  # a task that calls sys.exit has failed, no more
        if identity == LOOP and stops(problem):
            raise
        error = describe(problem)
    cpu_finished, finished = thread_time(), perf_counter()
    return identity, started, cpu_started, finished, cpu_finished, value, error


def attend(parcel: Parcel, address: tuple[str, int], items: Sequence[Any]) -> None:
    """Sets this worker up, runs `items`, and holds it until all its siblings are there: none can answer twice."""
    work_chunk(parcel, items)
    with socket.create_connection(address) as line:
        line.sendall(READY)
        if line.recv(1) != GO:
            raise ConnectionAbortedError("the pool was closed while its workers gathered")
