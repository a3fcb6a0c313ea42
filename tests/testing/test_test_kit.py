"""The test kit itself: the schedule that the scripted executor invents, to the digit."""

from __future__ import annotations

import pytest

from poolbench.testing import FakeClock, Script, scripted, scripted_workload


def run(script: Script, workers: int, tasks: int) -> list[tuple[int, int, float, float]]:
    workload = scripted_workload()
    pool = scripted(script).pool(workload, workers)
    pool.open()
    pool.warm(workload.warmup(workers))
    batch = pool.run(workload.items(tasks))
    pool.close()
    return [(task, raw[0], raw[1], raw[3]) for task, _, raw in batch.records]


def test_the_clock_moves_only_when_told() -> None:
    clock = FakeClock(5.0)
    assert (clock(), clock()) == (5.0, 5.0)
    clock.sleep(0.25)
    assert clock() == 5.25


def test_tasks_go_to_the_worker_that_is_free_first() -> None:
    clock = FakeClock(100.0)
    times = [3.0, 1.0, 1.0, 2.0]
    schedule = run(Script(clock, lambda task, _workers, _now: times[task], startup_s=0.5), workers=2, tasks=4)
    assert schedule == [(0, 0, 100.5, 103.5), (1, 1, 100.5, 101.5), (2, 1, 101.5, 102.5), (3, 1, 102.5, 104.5)]
    assert clock() == 104.5


def test_a_service_time_may_depend_on_workers_and_on_the_time() -> None:
    clock = FakeClock()
    schedule = run(Script(clock, lambda _task, workers, now: workers + now), workers=1, tasks=3)
    assert [finished for *_, finished in schedule] == [1.0, 3.0, 7.0]


def test_an_empty_batch_takes_no_time() -> None:
    clock = FakeClock(1.0)
    assert run(Script(clock), workers=3, tasks=0) == []
    assert clock() == 1.0


def test_errors_and_cpu_are_as_the_script_says() -> None:
    pool = scripted(Script(FakeClock(), cpu_share=0.25, failures={1: "ValueError: no"})).pool(scripted_workload(), 1)
    raws = [raw for _, _, raw in pool.run([7, 8, 9]).records]
    assert [raw[6] for raw in raws] == ["", "ValueError: no", ""]
    assert [raw[5] for raw in raws] == [7, 8, 9]
    assert [raw[4] - raw[2] for raw in raws] == [0.25, 0.25, 0.25]


def test_a_script_that_breaks_raises_in_place_of_the_batch() -> None:
    pool = scripted(Script(FakeClock(), breaks=OSError("gone"))).pool(scripted_workload(), 1)
    with pytest.raises(OSError, match="gone"):
        pool.run([1])


def test_the_workload_knows_its_own_numbers() -> None:
    workload = scripted_workload("mine")
    assert workload.name == "mine"
    assert list(workload.items(3)) == [0, 1, 2]
    assert workload.job(4).run(None, 5) == 5
    assert workload.check(3, 3) == ""
    assert workload.check(3, 4) == "4 is not 3"


def test_the_strategy_takes_the_name_that_it_is_given() -> None:
    assert scripted(Script(FakeClock()), "asyncio").kind.name == "asyncio"
