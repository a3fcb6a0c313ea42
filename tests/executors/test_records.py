"""Records in columns, and the clocks that fill them."""

from __future__ import annotations

import pickle
import random
import tracemalloc
from typing import Any

import pytest

from poolbench import executors
from poolbench.executors import worker
from poolbench.executors.base import Batch
from poolbench.executors.records import FRESH, Chunk, Record, Records
from poolbench.executors.worker import CPU_STEP_S, State, timed
from poolbench.workloads.base import Stateless
from poolbench.workloads.own import OwnWorkload


def some(count: int) -> list[Record]:
    dice = random.Random(5)
    workers: list[Any] = [(1, 1), (1, 2), ("boot", 1, 1), 0, "loop", None]

    def record(task: int) -> Record:
        times = [dice.random() for _ in range(4)]
        error = "ValueError: no" if task % 7 == 3 else ""
        return task, dice.random(), (dice.choice(workers), *times, {"of": task}, error)  # type: ignore[return-value]

    return [record(task) for task in range(count)]


@pytest.mark.parametrize("count", [0, 1, FRESH - 1, FRESH, 2 * FRESH + 5])
def test_records_are_what_was_given(count: int) -> None:
    given = some(count)
    found = Records(given)
    assert len(found) == count
    assert list(found) == given
    assert [found[at] for at in range(count)] == given
    assert found[-3:] == given[-3:]


def test_a_pool_appends_and_packs() -> None:
    given, found = some(3 * FRESH), Records()
    fresh = found.fresh
    for number, record in enumerate(given):
        fresh.append(record)
        if len(fresh) >= FRESH:
            found.pack()
        assert len(found) == number + 1
    assert found.fresh is fresh
    assert list(found) == given


def chunk(task: int, submitted: float, worker: Any, *errors: str) -> tuple[list[Record], Chunk]:
    """The same as records and as a worker sends it."""
    raws: list[Any] = [
        (worker, *(task + at + part / 10 for part in range(4)), {"of": at}, error) for at, error in enumerate(errors)
    ]
    return [(task + at, submitted, raw) for at, raw in enumerate(raws)], Chunk.of(raws)


def test_chunks_stand_between_records_as_they_came_and_are_sorted_like_them() -> None:
    found, expected = Records(), some(3)
    found.fresh.extend(expected)
    for task, errors in ((10, ("", "no", "")), (7, ("late",)), (4, ("", ""))):
        records, sent = chunk(task, task / 2, (1, task % 2), *errors)
        found.join(task, task / 2, pickle.loads(pickle.dumps(sent)))
        expected += records
    found.fresh.append(last := (3, 9.0, (("boot", 1, 1), 1.0, 2.0, 3.0, 4.0, None, "broke")))
    expected.append(last)
    assert len(found) == 10
    assert list(found) == expected
    found.columns.sort()
    assert list(found) == sorted(expected, key=lambda record: record[0])


def test_those_of_another_machine_end_when_they_arrive_and_nothing_else_moves() -> None:
    before, found = some(2), Records()
    found.fresh.extend(before)
    records, sent = chunk(5, 1.0, ("boot", 1, 1), "", "")
    found.join(5, 1.0, sent)
    found.columns.arrive(2, 100.0)
    assert found[:2] == before
    assert found[-1][2][3] == 100.0
    lasted = [raw[3] - raw[1] for _, _, raw in records]
    assert [raw[3] - raw[1] for _, _, raw in found[2:]] == pytest.approx(lasted)
    assert [raw[2] for _, _, raw in found[2:]] == [raw[2] for _, _, raw in records]


def test_a_place_that_is_not_there() -> None:
    with pytest.raises(IndexError):
        Records(some(3))[3]


def test_sorted_records_keep_what_belongs_together() -> None:
    given = some(40)
    shuffled = given[:]
    random.Random(3).shuffle(shuffled)
    found = Records(shuffled)
    assert [shuffled[at][0] for at in found.columns.order()] == list(range(40))
    found.columns.sort()
    assert list(found) == given


def test_columns_are_the_same_for_tuples_and_for_records() -> None:
    given = some(20)
    mine, theirs = Batch(0.0, 1.0, Records(given)).columns, Batch(0.0, 1.0, given).columns
    assert (mine.started, mine.values, mine.errors) == (theirs.started, theirs.values, theirs.errors)
    assert {*mine.workers} == {raw[0] for _, _, raw in given}


def test_a_task_leaves_a_hundred_bytes_behind_and_not_five_hundred() -> None:
    count = 60_000
    pool = executors.strategy("sequential").pool(OwnWorkload("none", lambda _: None, range(count)), 1)
    pool.open()
    tracemalloc.start()
    try:
        batch = pool.run(range(count))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(batch.records) == count
    assert peak / count < 130


class Clocks:
    """Both clocks of a worker: the task moves them."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now, self.cpu, self.looks = 100.0, 7.0, 0
        patch.setattr(worker, "perf_counter", lambda: self.now)
        patch.setattr(worker, "thread_time", self._look)

    def _look(self) -> float:
        self.looks += 1
        return self.cpu

    def pass_by(self, seconds: float, cpu_share: float = 1.0) -> None:
        self.now += seconds
        self.cpu += seconds * cpu_share


class Passing(Stateless):
    """Takes as long as its item says, a fifth of it on the CPU."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks

    def run(self, context: None, item: float) -> None:
        self._clocks.pass_by(item, 0.2)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


def spent(state: State, seconds: float) -> float:
    _, _, before, _, after, _, _ = timed(state, seconds)
    return after - before


def test_a_long_task_is_told_its_cpu_time(clocks: Clocks) -> None:
    state = State(Passing(clocks), None, "loop")
    for _ in range(3):
        assert spent(state, 0.01) == pytest.approx(0.002)
        clocks.pass_by(0.001)
    assert clocks.looks == 6


def test_the_cpu_clock_is_left_alone_between_short_tasks(clocks: Clocks) -> None:
    state = State(Passing(clocks), None, "loop")
    assert [spent(state, 1e-6) for _ in range(40)] == pytest.approx([1e-6] * 40, rel=1e-3)
    assert clocks.looks == 1
    for _ in range(960):
        assert 0 <= spent(state, 1e-6) <= 1.001e-6
    assert 8 < clocks.looks < 13, "one look for each step"


def test_cpu_time_is_wrong_by_a_step_at_most_and_never_runs_back(clocks: Clocks) -> None:
    dice = random.Random(9)
    state = State(Passing(clocks), None, "loop")
    for _ in range(2000):
        seconds = 10 ** dice.uniform(-6, -3)
        before = clocks.cpu
        found = spent(state, seconds)
        assert 0 <= found <= seconds * (1 + 1e-6)
        assert abs(found - (clocks.cpu - before)) <= CPU_STEP_S * 1.001
        clocks.pass_by(10 ** dice.uniform(-6, -4), dice.random())


def test_a_worker_as_a_whole_is_wrong_by_a_step_at_most(clocks: Clocks) -> None:
    state = State(Passing(clocks), None, "loop")
    first, began = timed(state, 1e-6), clocks.cpu
    for _ in range(5000):
        last = timed(state, 3e-6)
        clocks.pass_by(2e-6, 0.5)
    assert abs((last[4] - first[2]) - (clocks.cpu - began)) <= 1.1 * CPU_STEP_S


def test_the_text_of_a_batch_does_not_grow_with_it() -> None:
    few, many = (repr(Batch(0.0, 1.0, Records(some(count)))) for count in (1, 500))
    assert abs(len(few) - len(many)) < 10


@pytest.mark.parametrize(("tasks", "order"), [([2, 0, 1], [1, 2, 0]), ([7, 3], [1, 0]), ([1, 0, 0], [1, 2, 0])])
def test_the_order_of_whole_batches_and_of_parts(tasks: list[int], order: list[int]) -> None:
    found = Records((task, 0.0, (1, 0.0, 0.0, 0.0, 0.0, None, "")) for task in tasks)
    assert list(found.columns.order()) == order
