"""Trials of a search on the scripted executor: exact rates, rows like those of a sweep."""

from __future__ import annotations

import pytest

from poolbench.measure.machine import this_machine
from poolbench.measure.pilot import Pilot
from poolbench.testing import FakeClock, Script, scripted, scripted_workload
from poolbench.tuning.answer import _enough
from poolbench.tuning.bench import Bench, snapped
from poolbench.tuning.evidence import Choice


class Kept:
    """A sink that keeps rows."""

    def __init__(self) -> None:
        self.rows, self.spans = [], []

    def add(self, trial, spans):
        self.rows.append(trial)
        self.spans.append(spans)


def bench(tasks: int | None = None, **script: object) -> tuple[Bench, Kept]:
    clock, kept = FakeClock(), Kept()
    lanes = {name: scripted(Script(clock, **script), name) for name in ("threads", "asyncio")}
    look = Pilot(task_s=1.0, variation=0.0, cpu_s=0.0)
    return Bench(scripted_workload(), lanes, look, this_machine(), tasks, kept, "tuned", clock), kept


def test_a_run_is_a_row_and_a_rate():
    one, kept = bench(startup_s=2.0)
    trial, per_s, spent_s = one.measure(Choice("threads", 4))
    assert (trial.tasks, trial.wall_s, per_s, spent_s) == (32, 8.0, 4.0, 10.0)
    assert (trial.sweep, trial.block, trial.position) == ("tuned", 0, 0)
    assert kept.rows == [trial]
    assert len(kept.spans[0]) == 32


def test_batches_are_whole_rounds_whatever_the_workers():
    one, _ = bench()
    for workers in (1, 3, 7, 64):
        assert one.cell(Choice("threads", workers)).tasks % workers == 0


def test_each_visit_of_a_choice_is_a_block_and_places_go_on():
    one, kept = bench()
    for lane, workers in [("threads", 2), ("asyncio", 2), ("threads", 2), ("threads", 4)]:
        one.measure(Choice(lane, workers))
    assert [(each.executor, each.workers, each.block, each.position) for each in kept.rows] == [
        ("threads", 2, 0, 0),
        ("asyncio", 2, 0, 1),
        ("threads", 2, 1, 2),
        ("threads", 4, 0, 3),
    ]
    assert one.runs(Choice("threads", 2)) == len(one.of(Choice("threads", 2))) == 2
    assert one.of(Choice("asyncio", 4)) == []


def test_a_given_job_is_run_whole_and_counts_from_start_to_end():
    one, _ = bench(tasks=20)
    trial, per_s, _ = one.measure(Choice("threads", 16))
    assert (one.rate, trial.tasks, per_s) == ("makespan", 20, 10.0)


def test_a_run_that_failed_has_no_rate():
    one, _ = bench(failures={3: "ValueError: no"})
    trial, per_s, _ = one.measure(Choice("threads", 4))
    assert (trial.outcome, per_s) == ("failed", None)
    assert one.of(Choice("threads", 4)) == []
    assert one.runs(Choice("threads", 4)) == 1


@pytest.mark.parametrize(
    ("workers", "tasks", "found"), [(16, 20, 10), (20, 20, 20), (19, 20, 10), (9, 20, 7), (1, 20, 1), (64, 48, 48)]
)
def test_fewer_workers_that_need_no_more_rounds(workers, tasks, found):
    assert snapped(workers, tasks) == found


@pytest.mark.parametrize(("variation", "tasks", "workers"), [(0.0, 20, 10), (0.5, 20, 16), (0.0, None, 16)])
def test_only_equal_tasks_go_in_whole_rounds(variation, tasks, workers):
    found, _ = bench(tasks)
    found.pilot = Pilot(task_s=1.0, variation=variation, cpu_s=0.0)
    assert _enough(found, found.strategies["threads"], 16) == workers
