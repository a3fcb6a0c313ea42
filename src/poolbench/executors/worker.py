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
import platform
import socket
import threading
from contextlib import ExitStack
from functools import cache, lru_cache
from itertools import count
from multiprocessing.util import Finalize
from pathlib import Path
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any

from poolbench.executors import strays
from poolbench.executors.base import describe, stops

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from poolbench.executors.base import Raw
    from poolbench.workloads.base import Job

_serial = count()
_HERE = os.urandom(8)
"""Of this interpreter alone: several may share a process."""
READY, GO = b"r", b"g"
LOOP = "loop"
"""The worker that is the parent itself."""


@cache
def clock() -> str:
    """Names the clock that `perf_counter` reads: one for all processes of a machine, from one boot to the next."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:  # not Linux
        return platform.node()
    offsets = Path("/proc/self/timens_offsets")  # a container may have its own; kernels before 5.6 have none
    return " ".join([boot, *offsets.read_text().split()]) if offsets.exists() else boot


class Parcel:
    """A job on its way to workers: by reference inside an interpreter, pickled once for all tasks beyond it."""

    def __init__(self, job: Job, dumps: Callable[[Any], bytes] = pickle.dumps) -> None:
        self.job = job
        self.sender = (os.getpid(), _HERE, next(_serial))
        self.clock = clock()
        self.states: dict[int, _State] = {}
        """Of the workers of this interpreter, by thread. No thread-local: a thread that calls into an interpreter has
        new ones at each call."""
        self._dumps = dumps
        self._pickled: bytes | None = None

    def __reduce__(self) -> tuple[Callable[[bytes], Parcel], tuple[bytes]]:
        if self._pickled is None:
            self._pickled = self._dumps((self.job, self.sender, self.clock))
        return _unpack, (self._pickled,)

    def close(self) -> None:
        """Gives back what workers of this interpreter were set up with; other processes do so when they end."""
        with ExitStack() as stack:  # one that raises must not keep the others open
            while self.states:
                stack.callback(self.job.close, self.states.popitem()[1].context)


@lru_cache(maxsize=2)
def _unpack(pickled: bytes) -> Parcel:
    """The same object for the same bytes, so that a worker recognises the job that it was set up for."""
    job, sender, senders_clock = pickle.loads(pickled)  # noqa: S301  written by our own parent, through the pool's pipe
    parcel = Parcel(job)
    parcel.sender, parcel.clock = sender, senders_clock
    if sender[:2] != (os.getpid(), _HERE):
        # The parent pauses its collector for the batch; a worker's must not run in it either.
        gc.collect()
        gc.disable()
        Finalize(None, parcel.close, exitpriority=0)
    return parcel


class _State:
    """What one worker holds for one job."""

    def __init__(self, parcel: Parcel) -> None:
        self.run = parcel.job.run
        self.context = parcel.job.setup()
        here = (os.getpid(), threading.get_ident())
        self.identity: Hashable = here if parcel.clock == clock() else (clock(), *here)


def _state(parcel: Parcel) -> _State:
    thread = threading.get_ident()
    state = parcel.states.get(thread)
    if state is None:
        state = parcel.states[thread] = _State(parcel)
    return state


def work(parcel: Parcel, item: Any) -> Raw:
    """One task, with its times."""
    state = _state(parcel)
    return timed(state.run, state.context, item, state.identity)


def work_chunk(parcel: Parcel, items: Sequence[Any]) -> list[Raw]:
    """Several tasks at the price of one hand-over."""
    state = _state(parcel)
    return [timed(state.run, state.context, item, state.identity) for item in items]


@strays.task
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
    if strays.here:
        strays.end()
    return identity, started, cpu_started, finished, cpu_finished, value, error


def visit(parcel: Parcel, items: Sequence[Any]) -> Hashable:
    """Sets this worker up and runs `items`, whose results are dropped; says which worker it is."""
    work_chunk(parcel, items)
    return _state(parcel).identity


def attend(parcel: Parcel, address: tuple[str, int], items: Sequence[Any]) -> Hashable:
    """A `visit` that holds the worker until all its siblings are there: none can answer twice."""
    worker = visit(parcel, items)
    with socket.create_connection(address) as line:
        line.sendall(READY)
        if line.recv(1) != GO:
            raise ConnectionAbortedError("the pool was closed while its workers gathered")
    return worker


def release(parcel: Parcel) -> None:
    """Ends the work of one that outlives the pool: as it was before, it collects its garbage again."""
    _unpack.cache_clear()
    gc.enable()
    parcel.close()
