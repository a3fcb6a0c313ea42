"""One trial: its row to the digit, its outcomes, and what it leaves behind."""

from __future__ import annotations

import gc
import math
import os
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from measure_doubles import LoggedPool, cell, clock_and_script, strategy_of

from poolbench.errors import UsageError
from poolbench.measure import meters, trial
from poolbench.measure.cells import Cell, Place
from poolbench.measure.machine import this_machine
from poolbench.measure.trial import Attempt, run_trial
from poolbench.testing import FakeClock, Script, scripted, scripted_workload
from poolbench.workloads.base import ServerFigures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolbench.executors.records import Record


def test_a_trial_that_succeeds_to_the_digit() -> None:
    clock, script = clock_and_script(startup_s=0.5, cpu_share=0.25)
    row, spans, values = run_trial(cell(script), Place("name", 3, 1), clock=clock)
    assert (row.sweep, row.block, row.position) == ("name", 3, 1)
    assert (row.workload, row.params, row.executor, row.options, row.workers) == ("scripted", "", "threads", "", 2)
    assert (row.tasks, row.ok, row.failed, row.outcome, row.reason) == (8, 8, 0, "ok", "")
    assert (row.startup_s, row.wall_s, row.shutdown_s) == (0.5, 4.0, 0.0)
    assert (row.throughput_per_s, row.steady_per_s) == (2.0, 2.0)
    assert (row.latency_p50_s, row.latency_p95_s, row.latency_p99_s, row.queue_p50_s) == (1.0, 1.0, 1.0, 1.5)
    assert (row.server_busy_s, row.server_in_flight_max) == (None, None)
    assert (row.machine, row.python) == (this_machine().id, this_machine().python)
    assert datetime.fromisoformat(row.started_at).utcoffset() is not None
    assert values == list(range(8))
    assert [tuple(span) for span in spans[:3]] == [
        (0, 0, 0.0, 0.0, 1.0, 0.25, True),
        (1, 1, 0.0, 0.0, 1.0, 0.25, True),
        (2, 0, 0.0, 1.0, 2.0, 0.25, True),
    ]
    assert row.cpu_s is not None
    assert row.cpu_per_task_s == row.cpu_s / 8


def test_a_failed_task_leaves_the_row_and_takes_the_throughput() -> None:
    clock, script = clock_and_script(failures={5: "ValueError: late", 3: "ValueError: no"})
    row, spans, _ = run_trial(cell(script), Place(), clock=clock)
    assert (row.outcome, row.ok, row.failed) == ("failed", 6, 2)
    assert row.reason == "2 of 8 tasks: ValueError: no"
    assert (row.throughput_per_s, row.steady_per_s) == (None, None)
    assert (row.wall_s, row.latency_p50_s) == (4.0, 1.0)
    assert [span.task for span in spans if not span.ok] == [3, 5]


def test_a_value_that_is_wrong_is_a_failed_task() -> None:
    workload = scripted_workload()
    workload.check = lambda item, value: "too odd" if value % 4 == 3 else ""  # type: ignore[method-assign]
    clock, script = clock_and_script()
    row, spans, values = run_trial(Cell(workload, scripted(script), 2, 8), Place(), clock=clock)
    assert (row.outcome, row.reason, row.throughput_per_s) == ("failed", "2 of 8 tasks: too odd", None)
    assert [span.task for span in spans if not span.ok] == [3, 7]
    assert len(values) == 8


def test_a_batch_that_does_not_answer_for_all_tasks_does_not_count() -> None:
    records: list[Record] = [(0, 0.0, ("a", 0.0, 0.0, 0.5, 0.0, 0, ""))]
    row, _, _ = run_trial(Cell(scripted_workload(), strategy_of(LoggedPool(records=records)), 1, 2), Place())
    assert (row.outcome, row.reason, row.ok, row.failed) == ("failed", "1 of 2 tasks: no answer", 1, 1)


@pytest.mark.parametrize(
    ("breaks", "outcome", "reason"),
    [
        (BrokenProcessPool("a worker died"), "crashed", "BrokenProcessPool: a worker died"),
        (OSError("no more\nfiles"), "failed", "OSError: no more files"),
    ],
)
def test_a_pool_that_breaks(breaks: BaseException, outcome: str, reason: str) -> None:
    clock, script = clock_and_script(startup_s=0.5, breaks=breaks)
    row, spans, values = run_trial(cell(script), Place(), clock=clock)
    assert (row.outcome, row.reason, row.ok, row.failed) == (outcome, reason, 0, 8)
    assert (row.startup_s, row.wall_s, row.throughput_per_s, row.steady_per_s) == (0.5, None, None, None)
    assert (row.cpu_s, row.cpu_per_task_s, row.peak_rss_bytes, row.latency_p50_s) == (None, None, None, None)
    assert (list(spans), values) == ([], [])


@pytest.mark.parametrize("error", [UsageError("no", "yes"), KeyboardInterrupt()])
def test_a_usage_error_and_ctrl_c_go_through_and_the_pool_is_closed(error: BaseException) -> None:
    pool = LoggedPool(fails={"run": error})
    with pytest.raises(type(error)):
        run_trial(Cell(scripted_workload(), strategy_of(pool), 1, 1), Place())
    assert pool.log == ["open", "warm", "run", "close"]


@pytest.mark.parametrize(
    ("where", "log"),
    [
        ("open", ["open", "close"]),
        ("warm", ["open", "warm", "close"]),
        ("run", ["open", "warm", "run", "close"]),
        ("close", ["open", "warm", "run", "close"]),
    ],
)
def test_the_pool_is_closed_wherever_it_failed(where: str, log: list[str]) -> None:
    pool = LoggedPool(fails={where: RuntimeError(where)})
    row, _, _ = run_trial(Cell(scripted_workload(), strategy_of(pool), 1, 1), Place())
    assert pool.log == log
    assert (row.outcome, row.reason, row.throughput_per_s) == ("failed", f"RuntimeError: {where}", None)


def test_the_first_trouble_is_the_reason() -> None:
    pool = LoggedPool(fails={"run": BrokenProcessPool("first"), "close": OSError("second")})
    row, _, _ = run_trial(Cell(scripted_workload(), strategy_of(pool), 1, 1), Place())
    assert (row.outcome, row.reason) == ("crashed", "BrokenProcessPool: first")


class ColdScript:
    """Starts up inside the batch, as a pool does that nobody has opened."""

    def __init__(self, script: Script) -> None:
        self.inner = scripted(script).pool(scripted_workload(), 2)
        self.script = script

    def run(self, items: Any) -> Any:
        self.script.clock.sleep(0.5)
        return self.inner.run(items)

    def close(self) -> None:
        self.inner.close()


def test_cold_times_start_up_and_batch_as_one() -> None:
    clock, script = clock_and_script()
    pool = ColdScript(script)  # has neither open nor warm
    row, _, _ = run_trial(Cell(scripted_workload(), strategy_of(pool), 2, 8), Place(), cold=True, clock=clock)
    assert (row.outcome, row.startup_s, row.wall_s) == ("ok", None, 4.5)
    assert row.throughput_per_s == 8 / 4.5


@pytest.fixture
def collector() -> Iterator[None]:
    yield
    gc.enable()


@pytest.mark.parametrize("was_on", [True, False])
@pytest.mark.parametrize("breaks", [None, OSError()])
def test_the_collector_rests_during_the_batch_and_is_as_before(was_on: bool, breaks: Any, collector: None) -> None:
    seen: list[bool] = []
    clock, script = clock_and_script(service=lambda *_: seen.append(gc.isenabled()) or 1.0, breaks=breaks)
    if not was_on:
        gc.disable()
    run_trial(cell(script), Place(), clock=clock)
    assert gc.isenabled() is was_on
    assert set(seen) == (set() if breaks else {False})


def test_workers_are_numbered_in_the_order_of_their_first_task() -> None:
    def record(task: int, worker: Any, started: float) -> Record:
        return task, 0.0, (worker, started, 0.0, started + 0.1, 0.0, task, "")

    records = [record(0, "late", 0.3), record(1, "early", 0.1), record(2, None, 0.0), record(3, "middle", 0.2)]
    records.append(record(4, "early", 0.5))
    attempt = Attempt(Cell(scripted_workload(), strategy_of(LoggedPool(records=records)), 3, 5))
    attempt.open()
    attempt.run()
    attempt.close()
    assert [span.worker for span in attempt.spans()] == [2, 0, -1, 1, 0]


def test_cpu_time_is_the_parents_and_that_of_workers_in_other_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there, yonder = (os.getpid(), 1), (os.getpid() + 1, 1), (os.getpid() + 2, 1)

    def record(task: int, worker: Any, cpu_before: float, cpu_after: float) -> Record:
        return task, 0.0, (worker, 0.0, cpu_before, 0.5, cpu_after, task, "")

    records = [
        record(0, there, 3.0, 3.1),
        record(1, yonder, 9.0, 9.5),
        record(2, there, 3.4, 3.75),  # between its tasks it spent 0.3 on the hand-over
        record(3, here, 1.0, 2.0),  # in the parent's own time already
        record(4, 0, math.nan, math.nan),  # a coroutine
        record(5, None, 0.0, 0.0),  # lost
    ]
    cpu = iter([10.0, 12.0])
    monkeypatch.setattr(meters, "read", lambda: meters.Reading(next(cpu), 1.5, 10, 50, 100, 7))
    row, spans, _ = run_trial(Cell(scripted_workload(), strategy_of(LoggedPool(records=records)), 3, 6), Place())
    assert row.cpu_s == pytest.approx(2.0 + 0.75 + 0.5)
    assert row.cpu_per_task_s == pytest.approx(3.25 / 6)
    assert math.isnan(spans[4].cpu_s)
    assert (row.load_before, row.steal_share, row.listen_overflows) == (1.5, 0.0, 0)


def test_the_server_is_asked_around_the_batch() -> None:
    log: list[str] = []
    pool = LoggedPool(log)
    workload = scripted_workload()
    figures = iter([ServerFigures(1.0, 9), ServerFigures(1.5, 7)])

    def server(*, reset: bool = False) -> ServerFigures:
        log.append("reset" if reset else "asked")
        return next(figures)

    workload.server = server  # type: ignore[method-assign]
    row, _, _ = run_trial(Cell(workload, strategy_of(pool), 1, 1), Place())
    assert log == ["open", "warm", "reset", "run", "asked", "close"]
    assert (row.server_busy_s, row.server_in_flight_max) == (0.5, 7)


def test_the_workloads_own_processes_do_not_count_as_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    server = psutil.Process(os.getppid())
    monkeypatch.setattr(trial.surroundings, "below", lambda *_: {server})
    monkeypatch.setattr(trial.meters, "peak_rss_bytes", lambda pids: asked.append(pids) or 4096)
    workload = scripted_workload()
    workload.pids = (server.pid,)
    clock, script = clock_and_script()
    row, _, _ = run_trial(Cell(workload, scripted(script), 2, 8), Place(), clock=clock)
    assert (asked, row.peak_rss_bytes) == ([{os.getpid()}], 4096)


def test_the_memory_of_workers_that_are_not_below_this_process_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, script = clock_and_script()
    monkeypatch.setattr(trial.records, "processes", lambda _: {os.getpid(), os.getppid()})
    row, _, _ = run_trial(Cell(scripted_workload(), scripted(script), 2, 8), Place(), clock=clock)
    assert (row.outcome, row.peak_rss_bytes) == ("ok", None)


@pytest.mark.parametrize(
    ("starts", "shared", "looks"), [(True, True, 2), (False, False, 2), (True, False, 2), (False, True, 0)]
)
def test_processes_are_looked_for_where_there_may_be_some(
    starts: bool, shared: bool, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(psutil.Process, "children", lambda _, recursive: seen.append(recursive) or [])
    workload, (clock, script) = scripted_workload(), clock_and_script()
    workload.starts_processes = starts
    strategy = scripted(script)
    strategy = replace(strategy, kind=replace(strategy.kind, shares_interpreter=shared))
    row, _, _ = run_trial(Cell(workload, strategy, 2, 8), Place(), clock=clock)
    assert (row.outcome, len(seen)) == ("ok", looks)


def test_a_cell_is_recognised_by_its_key() -> None:
    script = Script(FakeClock())
    mine = Cell(scripted_workload(), replace(scripted(script), options={"b": "2", "a": "1"}), 4, 8)
    assert mine.options == "a=1;b=2"
    assert mine.key == ("scripted", "", "threads", "a=1;b=2", 4)
    assert replace(mine, tasks=16).key == mine.key


def test_a_batch_that_takes_no_time_has_no_throughput() -> None:
    clock, script = clock_and_script(service=lambda *_: 0.0)
    row, _, _ = run_trial(cell(script), Place(), clock=clock)
    assert (row.outcome, row.wall_s, row.throughput_per_s, row.steady_per_s) == ("ok", 0.0, None, None)


@pytest.mark.parametrize("answers", [0, 1])
def test_the_pool_is_closed_when_the_server_has_gone(answers: int) -> None:
    pool = LoggedPool()
    workload = scripted_workload()
    asked = iter(range(answers))

    def server(*, reset: bool = False) -> ServerFigures:
        if next(asked, None) is None:
            raise RuntimeError("the flag server does not answer")
        return ServerFigures(0.0, 0)

    workload.server = server  # type: ignore[method-assign]
    row, _, _ = run_trial(Cell(workload, strategy_of(pool), 1, 1), Place())
    assert pool.log[-1] == "close"
    assert row.outcome != "ok"


def test_a_set_up_that_exits_ends_the_trial_only() -> None:
    pool = LoggedPool(fails={"open": SystemExit("no client")})
    row, _, _ = run_trial(Cell(scripted_workload(), strategy_of(pool), 1, 1), Place())
    assert (row.outcome, row.reason) == ("failed", "SystemExit: no client")
