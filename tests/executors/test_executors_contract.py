"""What trials make of executors whose set-up, tasks or workers fail; what all promise is in `poolbench.testing`."""

from __future__ import annotations

import multiprocessing
from importlib.util import find_spec
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from poolbench.executors import strategy
from poolbench.measure.cells import Cell, Place
from poolbench.measure.trial import run_trial
from poolbench.workloads.loiter import DEFAULTS, LoiterWorkload

if TYPE_CHECKING:
    from poolbench.executors.base import Batch
    from poolbench.testing.acting import ActingWorkload

SUBMISSIONS = ("map", "as_completed")
STARTS = multiprocessing.get_all_start_methods()
HERE = ["sequential", *(f"{kind}:submission={each}" for kind, each in product(("threads", "asyncio"), SUBMISSIONS))]
LEVELED = [f"processes:2/{inner}:submission={each}" for inner, each in product(("threads", "asyncio"), SUBMISSIONS)]
FEW_ELSEWHERE = [
    *(f"processes:start={STARTS[0]}:submission={submission}:chunksize=3" for submission in SUBMISSIONS),
    *(f"processes:start={start}" for start in STARTS),
    *(["loky"] if find_spec("loky") else []),
    *LEVELED,
]
"""Where neither the start method nor the chunks can matter to one another."""
FEW = HERE + FEW_ELSEWHERE
FORKED = HERE + FEW_ELSEWHERE[:3] + LEVELED
"""Where the start method cannot matter either."""


def chunksize(way: str) -> int:
    return int(way.rpartition("chunksize=")[2]) if "chunksize" in way else 1


def run(way: str, workload: ActingWorkload, workers: int = 2) -> Batch:
    """Without a trial around it: what comes is what the pool itself gives."""
    pool = strategy(way).pool(workload, workers)
    try:
        pool.open()
        return pool.run(workload.items(100))
    finally:
        pool.close()


def trial(way: str, workload: ActingWorkload, workers: int = 2, *, cold: bool = False) -> Any:
    return run_trial(Cell(workload, strategy(way), workers, len(workload.given or ())), Place(), cold=cold)


def by_task(batch: Batch) -> dict[int, Any]:
    assert len({task for task, _, _ in batch.records}) == len(batch.records)
    return {task: raw for task, _, raw in sorted(batch.records, key=lambda record: record[0])}


@pytest.mark.parametrize("way", [*HERE, *(f"processes:start={start}" for start in STARTS), *LEVELED])
def test_what_workers_were_set_up_with_is_given_back(way: str, acting: Any) -> None:
    workload = acting([("give", number) for number in range(9)])
    trial(way, workload, 1 if way == "sequential" else 3)
    closed = [line.removeprefix("close ") for line in workload.log.lines("close")]
    assert sorted(closed) == sorted(line.removeprefix("setup ") for line in workload.log.lines("setup"))


@pytest.mark.parametrize("way", FEW)
def test_a_set_up_that_raises_ends_the_trial_and_leaves_nothing(way: str, acting: Any, leaves_nothing: Any) -> None:
    with leaves_nothing():
        row, spans, values = trial(way, acting([("give", 1)] * 4, breaks="setup"))
    assert (row.outcome, row.reason) == ("failed", "RuntimeError: no client here")
    assert (row.ok, row.failed, row.throughput_per_s, row.wall_s) == (0, 4, None, None)
    assert (list(spans), values) == ([], [])


@pytest.mark.parametrize("way", ["threads", "asyncio", *(f"processes:start={start}" for start in STARTS)])
def test_one_set_up_that_raises_frees_the_workers_that_wait(way: str, acting: Any, leaves_nothing: Any) -> None:
    workload = acting([("give", 1)] * 4, breaks="second")
    with leaves_nothing():
        row, _, _ = trial(way, workload, workers=4)
    assert row.outcome == "failed"
    assert row.reason.startswith("FileExistsError: ")
    assert len(workload.log.lines("close")) == 1


@pytest.mark.parametrize("way", FORKED)
def test_cold_a_set_up_that_raises_fails_the_trial(way: str, acting: Any, leaves_nothing: Any) -> None:
    with leaves_nothing():
        row, _, _ = trial(way, acting([("give", 1)] * 4, breaks="setup"), cold=True)
    assert (row.outcome, row.failed, row.throughput_per_s) == ("failed", 4, None)
    assert "RuntimeError: no client here" in row.reason


@pytest.mark.parametrize("way", FORKED)
def test_cold_trials_have_no_start_up_of_their_own_and_no_warm_up(way: str, acting: Any, leaves_nothing: Any) -> None:
    workload = acting([("give", number) for number in range(6)])
    with leaves_nothing():
        row, spans, _ = trial(way, workload, 1 if way == "sequential" else 2, cold=True)
    assert (row.outcome, row.startup_s, row.ok) == ("ok", None, 6)
    assert workload.log.lines("run warm") == []
    assert row.wall_s is not None
    assert row.wall_s >= max(span.finished_s for span in spans)


@pytest.mark.parametrize("way", HERE)
def test_a_context_that_cannot_be_closed_fails_the_trial(way: str, acting: Any, leaves_nothing: Any) -> None:
    with leaves_nothing():
        row, spans, _ = trial(way, acting([("give", 1)] * 4, breaks="close"), 1 if way == "sequential" else 2)
    assert (row.outcome, row.reason, row.throughput_per_s) == ("failed", "OSError: cannot close", None)
    assert len(spans) == 4


@pytest.mark.parametrize("way", FEW_ELSEWHERE)
def test_a_worker_that_dies_is_a_crash(way: str, acting: Any, leaves_nothing: Any) -> None:
    with leaves_nothing():
        row, spans, _ = trial(way, acting([("give", 1), ("die", 0), *[("give", 2)] * 5]))
    assert (row.outcome, row.failed, row.throughput_per_s, len(spans)) == ("crashed", 7, None, 0)
    assert row.reason.startswith(("BrokenProcessPool: ", "TerminatedWorkerError: "))
    assert row.shutdown_s is not None


@pytest.mark.parametrize("way", FEW)
def test_nothing_is_said_beside_the_answer(way: str, acting: Any, capfd: pytest.CaptureFixture[str]) -> None:
    trial(way, acting([("give", number) for number in range(6)]), 1 if way == "sequential" else 2)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("start", STARTS)
def test_a_worker_that_dies_while_it_is_set_up_is_a_crash(start: str, acting: Any, leaves_nothing: Any) -> None:
    with leaves_nothing():
        row, _, _ = trial(f"processes:start={start}", acting([("give", 1)] * 4, breaks="die"), workers=3)
    assert row.outcome == "crashed"


@pytest.mark.parametrize("way", FEW_ELSEWHERE)
def test_a_result_that_cannot_be_pickled_fails_its_hand_over_alone(way: str, acting: Any) -> None:
    row, spans, values = trial(way, acting([*[("give", 1)] * 3, ("lock", 0), *[("give", 2)] * 3]))
    lost = [3, 4, 5] if chunksize(way) == 3 else [3]
    assert [span.task for span in spans if not span.ok] == lost
    assert [span.task for span in spans if span.worker == -1] == lost
    assert row.outcome == "failed"
    assert row.reason.startswith((f"{len(lost)} of 7 tasks: TypeError: ", f"{len(lost)} of 7 tasks: PicklingError: "))
    assert sorted(value for value in values if value) == [10] * 3 + [20] * (4 - len(lost))


@pytest.mark.parametrize("way", ["processes", "processes:submission=as_completed", "processes:chunksize=3"])
def test_an_item_that_cannot_be_pickled_fails_with_a_reason(way: str, acting: Any) -> None:
    row, _, _ = trial(way, acting([("give", 1), ("give", lambda: 0)]))
    assert row.outcome == "failed"
    assert "pickle" in row.reason.lower()


@pytest.mark.parametrize("way", FORKED[1:])
def test_more_tasks_than_may_be_in_flight(way: str, acting: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolbench.executors.futures._IN_FLIGHT", 3)
    monkeypatch.setattr("poolbench.executors.futures._IN_FLIGHT_PER_WORKER", 1)
    batch = run(way, acting([("give", number) for number in range(40)]))
    assert [raw[5] for raw in by_task(batch).values()] == [10 * number for number in range(40)]
    if "as_completed" not in way:
        assert [task for task, _, _ in batch.records] == list(range(40))


@pytest.mark.parametrize("way", FORKED[1:])
def test_more_workers_than_tasks(way: str, acting: Any) -> None:
    row, spans, _ = trial(way, acting([("give", 1), ("give", 2)]), workers=5)
    assert (row.outcome, row.ok, row.workers) == ("ok", 2, 5)
    assert {span.worker for span in spans} <= {0, 1}


@pytest.mark.parametrize("submission", SUBMISSIONS)
def test_five_loiterers_on_three_threads(submission: str) -> None:
    workload = LoiterWorkload({**DEFAULTS, "unit": "200ms"})
    row, spans, values = run_trial(Cell(workload, strategy(f"threads:submission={submission}"), 3, 5), Place())
    assert row.outcome == "ok"
    assert sorted(values) == [0, 10, 20, 30, 40]
    if submission == "map":
        assert values == [0, 10, 20, 30, 40]
    started, finished = [span.started_s for span in spans], [span.finished_s for span in spans]
    assert [task for task in range(5) if started[task] < finished[1]] == [0, 1, 2, 3]
    assert started[4] >= finished[1]
    for task, span in enumerate(spans):
        assert span.finished_s - span.started_s >= task * 0.2, "a sleep is never early"
    assert sorted({span.worker for span in spans}) == [0, 1, 2]
