"""The first look at a workload, on the fake clock, and the batches that come of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measure_doubles import MACHINE

from poolbench.executors.base import Kind
from poolbench.measure import pilot as module
from poolbench.measure.pilot import Pilot, pilot
from poolbench.testing import FakeClock, Script, scripted, scripted_workload
from poolbench.testing.script import ScriptedPool
from poolbench.workloads.own import OwnWorkload

THREADS = Kind("threads", lambda *_: None, shares_interpreter=True)
PROCESSES = Kind("processes", lambda *_: None, start_s=0.012)
LONELY = Kind("sequential", lambda *_: None, shares_interpreter=True, most_workers=1)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a pilot over scripted tasks: what it found, and how many tasks each look took."""

    def look(service: Any, cpu_s: float = 0.0, given: list[int] | None = None) -> tuple[Pilot, list[int]]:
        clock, looks = FakeClock(), []
        strategy = scripted(Script(clock, service), "sequential")
        workload = scripted_workload()
        workload.given = given
        items = workload.items
        workload.items = lambda count: looks.append(count) or items(count)  # type: ignore[method-assign]
        monkeypatch.setattr("poolbench.executors.kind", lambda name: strategy.kind)
        monkeypatch.setattr(module, "perf_counter", clock)
        monkeypatch.setattr(module, "process_time", lambda: clock() * cpu_s)
        return pilot(workload), looks

    return look


def test_slow_tasks_are_looked_at_five_times_after_the_first(looked: Any) -> None:
    found, looks = looked(lambda *_: 0.02, cpu_s=0.5)
    assert looks == [1, 5]
    assert found.task_s == pytest.approx(0.02)
    assert found.variation == pytest.approx(0.0, abs=1e-9)
    assert found.cpu_s == pytest.approx(0.01)


def test_short_tasks_are_looked_at_for_50_ms(looked: Any) -> None:
    found, looks = looked(lambda *_: 0.001)
    assert looks == [1, 5, 50]
    assert found.task_s == pytest.approx(0.001)


def test_tasks_of_no_time_are_bounded(looked: Any) -> None:
    found, looks = looked(lambda *_: 0.0)
    assert looks == [1, 5, 2000]
    assert (found.task_s, found.variation) == (1e-7, 0.0)


@pytest.mark.parametrize(("size", "looks"), [(1, [1, 1]), (3, [1, 3]), (20, [1, 5, 20])])
def test_a_given_batch_is_never_exceeded(looked: Any, size: int, looks: list[int]) -> None:
    assert looked(lambda *_: 0.001, given=list(range(size)))[1] == looks


def test_the_variation_is_deviation_over_mean(looked: Any) -> None:
    found, _ = looked(lambda task, *_: [1.0, 1.0, 1.0, 1.0, 6.0][task])
    assert (found.task_s, found.variation) == (pytest.approx(2.0), pytest.approx(1.0))


def test_the_pool_is_closed_when_a_pilot_breaks(looked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(ScriptedPool, "close", lambda self: closed.append(True))
    with pytest.raises(ZeroDivisionError):
        looked(lambda *_: 1 / 0)
    assert closed == [True]


def test_a_pilot_of_failing_tasks_still_gives_times() -> None:
    def fail(item: int) -> None:
        raise ValueError(item)

    found = pilot(OwnWorkload("mine", fail, [1, 2, 3]))
    assert found.task_s > 0


@pytest.mark.parametrize(
    ("kind", "workers", "rate"),
    [
        (THREADS, 1, 20.0),
        (THREADS, 4, 80.0),
        (THREADS, 64, 100.0),  # the interpreter is full
        (PROCESSES, 64, 400.0),  # so are four cores
        (LONELY, 8, 20.0),  # never more than one
    ],
)
def test_the_expected_rate(kind: Kind, workers: int, rate: float) -> None:
    assert Pilot(task_s=0.05, variation=0.0, cpu_s=0.01).rate(kind, workers, MACHINE) == pytest.approx(rate)


def test_without_a_gil_threads_have_all_cores() -> None:
    from dataclasses import replace

    free = replace(MACHINE, gil=False)
    assert Pilot(0.05, 0.0, 0.01).rate(THREADS, 64, free) == pytest.approx(400.0)


@pytest.mark.parametrize(
    ("found", "workers", "tasks"),
    [
        (Pilot(0.05, 0.0, 0.0), 1, 30),  # at least 30 tasks
        (Pilot(0.05, 0.0, 0.0), 16, 80),  # five rounds
        (Pilot(0.05, 0.3, 0.0), 16, 160),  # ten where times vary
        (Pilot(0.05, 0.9, 0.0), 16, 320),  # twenty where they vary more
        (Pilot(0.001, 0.0, 0.0), 4, 1000),  # a quarter of a second
        (Pilot(1e-7, 0.0, 0.0), 1, 100_000),  # bounded
        (Pilot(1e-7, 0.0, 0.0), 30_000, 150_000),  # but for the fewest rounds
        (Pilot(0.05, 0.0, 0.0), 7, 35),
    ],
)
def test_batches_by_hand(found: Pilot, workers: int, tasks: int) -> None:
    assert found.tasks(THREADS, workers, MACHINE) == tasks


@given(
    found=st.builds(Pilot, st.floats(1e-6, 10), st.floats(0, 3), st.floats(0, 1)),
    workers=st.integers(1, 4096),
    kind=st.sampled_from([THREADS, PROCESSES, LONELY]),
)
def test_batches_are_whole_rounds_of_at_least_30_tasks(found: Pilot, workers: int, kind: Kind) -> None:
    tasks = found.tasks(kind, workers, MACHINE)
    assert tasks % workers == 0
    assert tasks >= 30
    assert tasks >= 5 * workers, "enough for the steady rate"


def test_a_trial_costs_its_batch_its_start_up_and_something_more() -> None:
    found = Pilot(0.05, 0.0, 0.0)
    assert found.trial_s(THREADS, 4, 40, MACHINE) == pytest.approx(0.5 + 0.004 + 0.02)
    assert found.trial_s(PROCESSES, 4, 40, MACHINE) == pytest.approx(0.5 + 0.048 + 0.02)


def test_no_more_tasks_are_expected_than_can_be_handed_over() -> None:
    dear = Kind("dear", lambda *_: None, hand_over_s=0.004)
    assert Pilot(0.001, 0.0, 0.0).rate(dear, 8, MACHINE) == pytest.approx(250)
    assert Pilot(0.1, 0.0, 0.0).rate(dear, 8, MACHINE) == pytest.approx(80)
