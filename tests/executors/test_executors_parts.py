"""The parts of the executors where the contract does not reach: names and options, the bound, the parcel."""

from __future__ import annotations

import asyncio
import gc
import pickle
import selectors
import signal
import socket
import threading
import weakref
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import pairwise
from threading import Event
from typing import Any

import pytest

from poolbench import executors
from poolbench.errors import UsageError
from poolbench.executors import gathering, lifeline, worker
from poolbench.executors.base import Kind, describe, settle
from poolbench.executors.coroutines import AsyncioPool
from poolbench.executors.futures import FuturesPool
from poolbench.executors.worker import Parcel
from poolbench.testing.acting import ActingJob
from poolbench.workloads.base import AsyncStateless, Stateless, Workload


@dataclass(frozen=True)
class Same(Stateless):
    def run(self, context: None, item: Any) -> Any:
        return item


class Plain(Workload):
    """Has no coroutines."""

    def job(self, workers: int) -> Same:
        return Same()

    def async_job(self, workers: int) -> UsageError:
        return UsageError("no coroutines", "use threads")


class Coroutines(Workload):
    """Has nothing else."""

    @dataclass(frozen=True)
    class Job(AsyncStateless):
        async def run(self, context: None, item: Any) -> Any:
            await asyncio.sleep(0)
            return item

    def job(self, workers: int) -> UsageError:
        return UsageError("no plain function", "use asyncio")

    def async_job(self, workers: int) -> Job:
        return self.Job()


class Point:
    """An entry point."""

    def __init__(self, name: str, loads: Any, value: str = "thirdparty:KIND") -> None:
        self.name, self.value, self._loads = name, value, loads

    def load(self) -> Any:
        if isinstance(self._loads, BaseException):
            raise self._loads
        return self._loads


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Any:
    points: list[Point] = []

    def entry_points(group: str, name: str | None = None) -> list[Point]:
        assert group == "poolbench.executors"
        return [point for point in points if name in (None, point.name)]

    monkeypatch.setattr("poolbench.executors.entry_points", entry_points)
    return points


def usage(call: Any, *arguments: Any) -> tuple[str, str]:
    with pytest.raises(UsageError) as caught:
        call(*arguments)
    return caught.value.message, caught.value.tip


# Names and options.


def test_options_stand_over_the_defaults() -> None:
    found = executors.strategy(" processes:start=spawn:chunksize=4 ")
    assert found.kind.name == "processes"
    assert found.options == {"start": "spawn", "submission": "map", "chunksize": "4"}


def test_asking_for_processes_does_not_fix_the_start_method() -> None:
    import subprocess
    import sys

    program = (
        "import multiprocessing as m; from poolbench import executors;"
        "executors.strategy('processes'); m.set_start_method('spawn'); print(m.get_start_method())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "spawn\n"


@pytest.mark.parametrize(
    ("text", "message", "tip"),
    [
        ("thread", "no executor named thread", "did you mean threads?"),
        ("quantum", "no executor named quantum", "choose from asyncio, dask, interpreters, loky, processes, "),
        ("threads:submision=map", "no option of threads named submision", "did you mean submission?"),
        ("threads:submission=mapp", "no submission for threads named mapp", "did you mean map?"),
        ("processes:start=spwan", "no start for processes named spwan", "did you mean spawn?"),
        ("sequential:submission=map", "sequential takes no options", "write sequential alone"),
        ("threads:map", "cannot read --executor threads:map", "write options as name:key=value"),
    ],
)
def test_a_strategy_that_cannot_be(text: str, message: str, tip: str, registered: Any) -> None:
    said = usage(executors.strategy, text)
    assert said[0] == message
    assert said[1].startswith(tip)


def test_the_baseline_is_not_one_of_the_strategies() -> None:
    found = executors.strategies("sequential, threads,asyncio:submission=as_completed,")
    assert [each.kind.name for each in found] == ["threads", "asyncio"]
    assert found[1].options == {"submission": "as_completed"}


def test_no_executor_at_all() -> None:
    assert usage(executors.strategies, " , ") == ("no executor is named", "write --executor threads,processes,asyncio")


@pytest.mark.parametrize("size", ["0", "-1", "many", "1.5", "", "9999999999"])
def test_a_chunksize_that_cannot_be(size: str) -> None:
    assert usage(executors.strategy, f"processes:chunksize={size}") == (
        f"cannot use chunksize={size}",
        "write a whole number, such as chunksize=8",
    )


def test_a_third_party_executor_is_found_by_its_name(registered: Any) -> None:
    theirs = Kind("magic", lambda *_: None, {"wands": "2"})
    registered += [Point("magic", theirs), Point("threads", None)]
    assert executors.names()[:4] == ("sequential", "threads", "processes", "asyncio")
    assert executors.names()[-1] == "magic"
    assert executors.kind("magic") is theirs
    assert executors.strategy("magic:wands=3").options == {"wands": "3"}
    assert executors.kind("threads").name == "threads", "ours cannot be replaced"


def test_a_third_party_executor_that_is_not_installed_says_what_to_install(registered: Any) -> None:
    registered.append(Point("magic", ModuleNotFoundError("No module named 'thirdparty'")))
    message, tip = usage(executors.kind, "magic")
    assert message == "executor magic cannot be loaded (No module named 'thirdparty')"
    assert tip == "install thirdparty:KIND"


@pytest.mark.parametrize("name", ["sequential", "threads", "processes", "asyncio"])
def test_a_kind_without_a_fitting_job_is_refused(name: str) -> None:
    other = Coroutines("coroutines", {}) if name != "asyncio" else Plain("plain", {})
    strategy = executors.strategy(name)
    if name == "sequential":
        assert isinstance(strategy.pool(other, 1), AsyncioPool), "a batch of coroutines has a baseline too"
    else:
        usage(strategy.verify, other)
        usage(strategy.pool, other, 2)


def test_the_baseline_of_coroutines_runs_them_one_at_a_time() -> None:
    pool = executors.strategy("sequential").pool(Coroutines("coroutines", {}), 4)
    try:
        pool.open()
        records = pool.run(range(5)).records
    finally:
        pool.close()
    assert [raw[5] for _, _, raw in records] == [0, 1, 2, 3, 4]
    assert {raw[0] for _, _, raw in records} == {0}
    for (_, _, before), (_, _, after) in pairwise(records):
        assert before[3] <= after[1]


def test_a_workload_with_no_job_at_all_has_no_baseline() -> None:
    class Neither(Coroutines):
        def async_job(self, workers: int) -> Any:
            return UsageError("nothing to run", "write a function")

    assert usage(executors.strategy("sequential").pool, Neither("neither", {}), 1)[0] == "nothing to run"


def test_a_confined_workload_is_refused_only_for_other_processes() -> None:
    class Confined(Plain):
        def confined(self) -> str:
            return "it is a closure"

    workload = Confined("mine", {})
    executors.strategy("threads").verify(workload)
    assert usage(executors.strategy("processes").verify, workload) == (
        "worker processes cannot receive mine (it is a closure)",
        "write it as a def at the top of the file, or use --executor threads",
    )


def test_settling_takes_no_value_that_is_not_a_choice() -> None:
    kind = Kind("mine", lambda *_: None, {"free": "1", "bound": "a"}, {"bound": ("a", "b")})
    assert settle(kind, {"free": "anything"}).options == {"free": "anything", "bound": "a"}
    assert usage(settle, kind, {"bound": "c"})[0] == "no bound for mine named c"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("a\n  b"), "ValueError: a b"),
        (KeyError(), "KeyError"),
        (RuntimeError("x" * 1000), "RuntimeError: " + "x" * 300),
    ],
)
def test_an_error_is_described_in_one_line(error: Exception, text: str) -> None:
    assert describe(error) == text


# The bound on what is in flight.


class Counting(ThreadPoolExecutor):
    """Knows how many of its futures somebody still holds."""

    def __init__(self) -> None:
        super().__init__(2)
        self.alive: weakref.WeakSet[Future[Any]] = weakref.WeakSet()
        self.most = 0

    def submit(self, *arguments: Any) -> Any:
        future = super().submit(*arguments)
        self.alive.add(future)
        self.most = max(self.most, len(self.alive))
        return future


@pytest.mark.parametrize("submission", ["map", "as_completed"])
@pytest.mark.parametrize(("bound", "per_worker", "limit"), [(4, 1, 4), (1, 3, 6)])
def test_the_futures_that_are_held_are_bounded(
    submission: str, bound: int, per_worker: int, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poolbench.executors.futures._IN_FLIGHT", bound)
    monkeypatch.setattr("poolbench.executors.futures._IN_FLIGHT_PER_WORKER", per_worker)
    executor = Counting()
    pool = FuturesPool(lambda: executor, Same(), 2, submission=submission)
    assert len(pool.run(range(500)).records) == 500
    pool.close()
    # Each of the two workers may hold on to the one that it has just finished, the loop to the one it takes.
    assert limit <= executor.most <= limit + 3


class Waiting(Same):
    """The first task ends after one that is submitted long after it."""

    def __init__(self, last: int) -> None:
        self.last, self.gone = last, Event()

    def run(self, context: Any, item: Any) -> Any:
        if item == self.last:
            self.gone.set()
        return self.gone.wait(60) if item == 0 else super().run(context, item)


@pytest.mark.parametrize("chunksize", [1, 2])
def test_a_slow_task_does_not_hold_up_those_after_it(chunksize: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolbench.executors.futures._IN_FLIGHT", 4)
    monkeypatch.setattr("poolbench.executors.futures._IN_FLIGHT_PER_WORKER", 1)
    pool = FuturesPool(lambda: ThreadPoolExecutor(2), Waiting(90), 2, submission="map", chunksize=chunksize)
    records = pool.run(range(100)).records
    pool.close()
    assert [raw[5] for _, _, raw in records] == [True, *range(1, 100)]


def test_items_are_drawn_as_they_are_submitted() -> None:
    executor = Counting()
    pool = FuturesPool(lambda: executor, Same(), 2, submission="map", chunksize=7)
    assert [raw[5] for _, _, raw in pool.run(range(20)).records] == list(range(20))
    pool.close()
    assert executor.most <= 3, "twenty items in chunks of seven are three hand-overs"


def test_closing_a_pool_that_was_never_opened_starts_nothing() -> None:
    FuturesPool(lambda: pytest.fail("started"), Same(), 2, submission="map").close()
    AsyncioPool(Coroutines("coroutines", {}).async_job(1), 1, "map").close()


# A job on its way.


def test_a_parcel_is_one_object_per_worker_process_and_pauses_its_collector(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel = Parcel(ActingJob(str(tmp_path / "log")))
    sent = [pickle.dumps(parcel), pickle.dumps(parcel)]
    monkeypatch.setattr(worker.os, "getpid", lambda: 1)  # as if in another process
    worker._unpack.cache_clear()
    was_on = gc.isenabled()
    try:
        first, second = map(pickle.loads, sent)
        assert not gc.isenabled()
    finally:
        worker._unpack.cache_clear()
        if was_on:
            gc.enable()
    assert first is second
    assert (first.job, first.sender) == (parcel.job, parcel.sender)


def test_equal_jobs_are_different_parcels() -> None:
    assert pickle.loads(pickle.dumps(Parcel(Same()))) is not pickle.loads(pickle.dumps(Parcel(Same())))


def test_ctrl_c_is_left_to_the_parent() -> None:
    pool = executors.strategy("processes:start=fork").pool(Handler("handler", {}), 1)
    try:
        pool.open()
        assert [raw[5] for _, _, raw in pool.run([0]).records] == [True]
    finally:
        pool.close()


@pytest.mark.parametrize("opened", [False, True])
def test_no_worker_is_interrupted_while_it_is_born(opened: bool) -> None:
    blocked: list[bool] = []

    class Watched(ProcessPoolExecutor):
        def submit(self, *call: Any) -> Any:
            blocked.append(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
            return super().submit(*call)

    pool = FuturesPool(lambda: Watched(1, initializer=lifeline.begin), Same(), 1, submission="map")
    try:
        if opened:
            pool.open()
        blocked.clear()
        assert [raw[5] for _, _, raw in pool.run([1, 2]).records] == [1, 2]
        assert blocked == [not opened] * 2
    finally:
        pool.close()


@dataclass(frozen=True)
class AsksForHandler(Stateless):
    def run(self, context: None, item: Any) -> bool:
        return signal.getsignal(signal.SIGINT) == signal.SIG_IGN and not gc.isenabled()


class Handler(Plain):
    def job(self, workers: int) -> AsksForHandler:
        return AsksForHandler()


@dataclass(frozen=True)
class Interrupted(Stateless):
    def run(self, context: None, item: Any) -> None:
        raise KeyboardInterrupt


@dataclass(frozen=True)
class AsyncInterrupted(AsyncStateless):
    log: list[str]

    async def run(self, context: None, item: Any) -> None:
        if item == 0:
            signal.raise_signal(signal.SIGINT)
        await asyncio.Event().wait()

    async def close(self, context: None) -> None:
        self.log.append("closed")


class Interruption(Plain):
    def job(self, workers: int) -> Interrupted:
        return Interrupted()


def test_ctrl_c_during_a_task_is_no_failed_task() -> None:
    pool = executors.strategy("sequential").pool(Interruption("interruption", {}), 1)
    try:
        with pytest.raises(KeyboardInterrupt):
            pool.run([0])
    finally:
        pool.close()


@pytest.mark.parametrize("name", ["threads", "processes:start=fork"])
def test_a_keyboard_interrupt_of_a_worker_is_its_tasks_own(name: str) -> None:
    pool = executors.strategy(name).pool(Interruption("interruption", {}), 1)
    try:
        [(_, _, raw)] = pool.run([0]).records
    finally:
        pool.close()
    assert raw[6] == "KeyboardInterrupt"


def test_ctrl_c_ends_the_loop_and_its_workers_are_given_back() -> None:
    log: list[str] = []
    pool = AsyncioPool(AsyncInterrupted(log), 3, "map")
    try:
        with pytest.raises(KeyboardInterrupt):
            pool.run(range(5))
    finally:
        pool.close()
    assert log == ["closed"] * 3


def test_a_cancelled_batch_of_coroutines_is_not_a_batch_of_failed_tasks() -> None:
    seen: list[Any] = []

    class Slow(AsyncStateless):
        async def run(self, context: None, item: Any) -> None:
            seen.append(item)
            await asyncio.Event().wait()

    async def cancel_it() -> None:
        pool = AsyncioPool(Slow(), 2, "map")
        await pool._set_up()
        batch = asyncio.create_task(pool._batch(range(4)))
        while len(seen) < 2:
            await asyncio.sleep(0)
        batch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await batch
        pool._runner.close()

    asyncio.run(cancel_it())
    assert seen == [0, 1], "the workers did not go on with the next item"


# Gathering.


def test_a_worker_is_told_when_the_pool_gives_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        told = pool.submit(worker.attend, Parcel(Same()), listener.getsockname(), [])
        line, _ = listener.accept()
        line.close()
        with pytest.raises(ConnectionError):
            told.result(10)


def test_a_worker_that_hangs_up_is_asked_for_its_error() -> None:
    broken: Future[None] = Future()
    broken.set_exception(BrokenProcessPool("a worker died"))
    lines: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener, selectors.DefaultSelector() as selector:
        socket.create_connection(listener.getsockname()).close()
        selector.register(listener, selectors.EVENT_READ)
        with pytest.raises(BrokenProcessPool):
            gathering._hear(listener, selector, [broken], lines)
    (line,) = lines
    line.close()


def test_a_line_that_is_reset_is_no_answer() -> None:
    class Reset:
        def recv(self, size: int) -> bytes:
            raise ConnectionResetError

    assert gathering._answers(Reset()) is False


def test_threads_have_names_that_tell_whose_they_are() -> None:
    class Names(Plain):
        @dataclass(frozen=True)
        class Job(Stateless):
            def run(self, context: None, item: Any) -> str:
                return threading.current_thread().name

        def job(self, workers: int) -> Job:
            return self.Job()

    pool = executors.strategy("threads").pool(Names("names", {}), 2)
    try:
        names = {raw[5] for _, _, raw in pool.run(range(4)).records}
    finally:
        pool.close()
    assert all(name.startswith("poolbench") for name in names)
