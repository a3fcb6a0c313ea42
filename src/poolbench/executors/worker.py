"""What runs inside a worker of a `concurrent.futures` pool, whatever that is made of.

Spans are taken here and not with `Future.add_done_callback`, which runs in the parent: it knows neither when a task
started nor on which worker nor its CPU time, and for processes it fires only after the result has crossed back.

The CPU clock is the dear one, a microsecond a reading on some machines where `perf_counter` costs a twentieth of that:
it is read when that says that enough time has passed since it was read last.
"""

from __future__ import annotations

import gc
import os
import pickle
import platform
import socket
from contextlib import ExitStack
from functools import cache, lru_cache
from itertools import count
from math import inf
from multiprocessing.util import Finalize
from pathlib import Path
from threading import get_ident
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any

from poolbench.executors import strays
from poolbench.executors.base import describe, stops
from poolbench.executors.records import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from poolbench.executors.records import Raw
    from poolbench.workloads.base import Job

_serial = count()
_HERE = os.urandom(8)
"""Of this interpreter alone: several may share a process."""
READY, GO = b"r", b"g"
LOOP = "loop"
"""The worker that is the parent itself."""
CPU_STEP_S = 100e-6
"""For so long after a reading of the CPU clock a worker is taken to compute all the time."""


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
        self.states: dict[int, State] = {}
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


class State:
    """What one worker holds for one job, and its CPU clock."""

    __slots__ = ("ahead_s", "context", "due", "identity", "run")

    def __init__(self, job: Job, context: Any, identity: Hashable) -> None:
        self.run = job.run
        self.context = context
        self.identity = identity
        self.ahead_s = 0.0
        """CPU seconds at the last reading, less the time then."""
        self.due = -inf
        """When the next reading is."""

    def look(self) -> None:
        """Reads the CPU clock."""
        cpu, now = thread_time(), perf_counter()
        self.ahead_s = cpu - now
        self.due = now + CPU_STEP_S


def _enter(parcel: Parcel) -> State:
    """Sets this thread up."""
    here = (os.getpid(), get_ident())
    identity: Hashable = here if parcel.clock == clock() else (clock(), *here)
    state = parcel.states[get_ident()] = State(parcel.job, parcel.job.setup(), identity)
    return state


def work(parcel: Parcel, item: Any) -> Raw:
    """One task, with its times."""
    return timed(parcel.states.get(get_ident()) or _enter(parcel), item)


def work_chunk(parcel: Parcel, items: Sequence[Any]) -> Chunk:
    """Several tasks at the price of one hand-over."""
    state = parcel.states.get(get_ident()) or _enter(parcel)
    return Chunk.of([timed(state, item) for item in items])


@strays.task
def timed(state: State, item: Any) -> Raw:
    """The clocks around one task; an error becomes text, since not every error can be pickled.

    Its CPU seconds are exact to CPU_STEP_S, and never more than it took: all of that for a task between two readings.
    Ctrl-C is raised in the main thread only: a KeyboardInterrupt in any other worker is the task's own.
    """
    error, value = "", None
    started = perf_counter()
    if started > state.due:
        state.look()
        started = perf_counter()
    cpu_started = started + state.ahead_s
    try:
        value = state.run(state.context, item)
    except BaseException as problem:  # a task that calls sys.exit has failed, no more
        if state.identity == LOOP and stops(problem):
            raise
        error = describe(problem)
    finished = perf_counter()
    cpu_finished = finished + state.ahead_s
    if finished > state.due:
        state.look()
        cpu_finished = max(cpu_started, min(cpu_finished, finished + state.ahead_s))
    if strays.here:
        strays.end()
    return state.identity, started, cpu_started, finished, cpu_finished, value, error


def visit(parcel: Parcel, items: Sequence[Any]) -> Hashable:
    """Sets this worker up and runs `items`, whose results are dropped; says which worker it is."""
    state = parcel.states.get(get_ident()) or _enter(parcel)
    for item in items:
        timed(state, item)
    return state.identity


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
