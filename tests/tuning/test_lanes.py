"""How many workers fit, and where to look first."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from poolbench import executors
from poolbench.executors import strategy
from poolbench.measure import machine
from poolbench.measure.machine import this_machine
from poolbench.measure.pilot import Pilot
from poolbench.tuning.evidence import Choice
from poolbench.tuning.lanes import default, default_workers, edge, failures, knee, lane
from poolbench.tuning.rooms import Room, fits, room
from poolbench.tuning.search import Lane

MACHINE = replace(this_machine(), cores=2, gil=True)
MB = 2**20


@pytest.fixture(autouse=True)
def many_files(monkeypatch):
    for limit in ("_files", "_threads"):
        monkeypatch.setattr(machine, limit, lambda: 10_000)
    monkeypatch.setattr(machine, "free_bytes", lambda: 10_000 * machine._BYTES_PER_PROCESS)


@pytest.mark.parametrize(
    ("name", "asked", "tasks", "most"),
    [
        ("threads", None, None, 64),
        ("threads", 512, None, 512),
        ("threads", None, 20, 20),
        ("asyncio", 8, 20, 8),
        ("processes", None, None, 16),
        ("processes", 40, None, 40),
        ("processes", None, 5, 5),
        ("sequential", None, None, 1),
    ],
)
def test_as_many_as_asked_and_as_there_is_work_for(name, asked, tasks, most):
    assert room(executors.kind(name), asked, tasks, MACHINE) == Room(most)


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (None, Room(64)),
        (64, Room(64)),
        (30, Room(30, "open files allow 30 workers")),
        (-5, Room(1, "open files allow 1 workers")),
    ],
)
def test_never_more_than_the_open_files_allow(files, found, monkeypatch):
    monkeypatch.setattr(machine, "_files", lambda: files)
    assert room(executors.kind("threads"), None, None, MACHINE) == found


def test_a_worker_has_a_connection_and_a_file(monkeypatch):
    resource = pytest.importorskip("resource")
    monkeypatch.undo()
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    assert machine._files() == (1024 - 64) // 4
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert machine._files() is None


@pytest.mark.parametrize(
    ("one", "two", "found"),
    [
        (100 * MB, 150 * MB, Room(16)),
        (100 * MB, 200 * MB, Room(10, "memory allows 10 of 100 MB each")),
        (100 * MB, 5000 * MB, Room(2, "memory allows 2 of 4900 MB each")),
        (None, 200 * MB, Room(16)),
        (100 * MB, 90 * MB, Room(16)),
    ],
)
def test_processes_are_weighed_by_the_first_two(one, two, found, monkeypatch):
    monkeypatch.setattr("poolbench.tuning.rooms.free_bytes", lambda: 2000 * MB)
    assert fits(Room(16), one, two) == found


def test_the_model_says_where_to_look_first():
    waits, computes = Pilot(0.05, 0.0, 0.0005), Pilot(0.005, 0.0, 0.005)
    # 49.5 ms of waiting and 0.5 ms at one server: 100 would fill it, were there no queue.
    assert 80 < knee(waits, 128, 1) < 128
    assert knee(waits, 64, 1) == 61
    assert knee(computes, 64, 1) == 1
    assert knee(computes, 64, 2) == 2


@pytest.mark.parametrize(
    ("name", "gil", "first"),
    [("threads", True, 1), ("threads", False, 2), ("asyncio", False, 1), ("processes", True, 2)],
)
def test_who_shares_an_interpreter_is_expected_to(name, gil, first):
    computes = Pilot(0.005, 0.0, 0.005)
    found = lane(name, strategy(name), 8, computes, replace(MACHINE, gil=gil))
    assert (found.name, found.most_workers, found.first_look) == (name, 8, first)


@pytest.mark.parametrize(
    ("answer", "searched", "found"),
    [
        ("threads", {"threads": 64}, Choice("threads", 6)),
        ("threads", {"threads": 5}, None),  # more than there is room for
        ("asyncio", {"asyncio": 64, "threads": 64}, Choice("threads", 6)),
        ("asyncio", {"asyncio": 64, "processes": 16, "threads:submission=as_completed": 64}, "second"),
        ("asyncio", {"asyncio": 64}, None),
        ("sequential", {"asyncio": 64, "threads": 64}, Choice("threads", 6)),
        ("sequential", {"asyncio": 64}, None),
    ],
)
def test_what_the_library_would_have_taken(answer, searched, found):
    strategies = {name: strategy(name) for name in ("sequential", *searched)}
    lanes = [Lane(name, most) for name, most in searched.items()]
    expected = Choice("threads:submission=as_completed", 6) if found == "second" else found
    assert default(answer, strategies, lanes, replace(MACHINE, default_threads=6)) == expected


@pytest.mark.parametrize("answer", ["processes:chunksize=20", "processes"])
def test_the_library_hands_over_one_task_at_a_time(answer):
    strategies = {name: strategy(name) for name in ("sequential", "processes", "processes:chunksize=20")}
    cores = default_workers("processes", MACHINE)
    assert default(answer, strategies, [Lane(answer, 64)], MACHINE) == Choice("processes", cores)


def test_a_process_is_dearer_than_a_thread_and_a_coroutine_as_dear():
    costs = [
        lane(name, strategy(name), 8, Pilot(1, 0, 0), MACHINE).cost
        for name in ("sequential", "asyncio", "threads", "processes")
    ]
    assert costs[0] < costs[1] == costs[2] < costs[3]


@pytest.mark.parametrize(
    ("name", "most", "high", "told"),
    [
        ("threads", 64, 61, ["threads still gain at 64 workers, where the search ends"]),
        ("threads", 64, 60, []),
        ("processes", 16, 16, []),
        ("sequential", 1, 1, []),
    ],
)
def test_an_answer_at_the_end_of_what_was_looked_at(name, most, high, told):
    found = SimpleNamespace(choice=Choice(name, high), workers_range=(high - 1, high))
    evidence = SimpleNamespace(recommendation=found, tolerance=0.05)
    searched = lane(name, strategy(name), most, Pilot(0.005, 0.0, 0.005), MACHINE)
    assert [each.text for each in edge(evidence, [searched], None)] == told
    assert [each.text for each in edge(evidence, [searched], 1000)] == told
    assert list(edge(evidence, [searched], most)) == []
    assert list(edge(SimpleNamespace(recommendation=None), [searched], None)) == []


def test_failures_are_told_with_the_smallest_count_and_a_reason():
    ok, small, large = (
        SimpleNamespace(executor="threads", outcome=outcome, workers=n, reason=reason)
        for outcome, n, reason in (("ok", 8, ""), ("failed", 24, "429 too many"), ("failed", 48, "429 too many"))
    )
    [caution] = failures([ok, small, large])
    assert caution.text == "2 runs of threads failed, the smallest at 24 threads (429 too many)"
    assert list(failures([ok])) == []
