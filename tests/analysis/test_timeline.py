"""One trial's spans on exact numbers: states, lanes, shares."""

from __future__ import annotations

from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolbench.analysis.timeline import Moment, of_trial, timeline
from poolbench.results.columns import Span
from poolbench.results.spans import TrialKey
from sweep_rows import cell, curve, summary

PARAMS = "client=httpx;latency=50ms"


def span(task: int, worker: int, start: float, end: float, *, ok: bool = True) -> Span:
    return Span(task, worker, 0.0, start, end, nan, ok)


TWO = [span(0, 0, 0.0, 1.0), span(1, 1, 0.5, 2.0), span(2, 0, 1.0, 4.0, ok=False)]


def test_states_add_up_at_every_moment() -> None:
    found = of_trial("threads", 2, TWO)
    assert found is not None
    assert [found.moments[0], *found.moments[-1:]] == [Moment(0.0, 3, 0, 0), Moment(4.0, 0, 0, 3)]
    assert {(each.at_s, each.running) for each in found.moments} >= {(0.5, 2), (2.0, 1)}
    assert all(each.pending + each.running + each.finished == 3 for each in found.moments)


def test_shares_are_of_the_whole_trial_and_of_all_workers() -> None:
    found = of_trial("threads", 4, TWO, block=2, blocks=5)
    assert found is not None
    assert (found.wall_s, found.block, found.of_blocks, found.tasks, found.failed) == (4.0, 2, 5, 3, 1)
    assert [(lane.worker, lane.busy) for lane in found.lanes] == [(0, 1.0), (1, 0.375)]
    assert found.busy == pytest.approx(1.375 / 4)  # two of four workers never ran a task
    assert (found.median_s, found.slowest.task, found.drain_s) == (1.5, 2, 3.0)


@pytest.mark.parametrize("spans", [[], [span(0, -1, nan, nan)], [span(0, -1, 0.0, 0.0)]])
def test_without_times_there_is_nothing_to_show(spans: list[Span]) -> None:
    assert of_trial("threads", 2, spans) is None


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(1e-6, 50), st.integers(0, 3)), min_size=1, max_size=40))
def test_any_trial_ends_with_all_tasks_finished(tasks: list[tuple[float, float, int]]) -> None:
    found = of_trial("x", 4, [span(n, worker, start, start + spent) for n, (start, spent, worker) in enumerate(tasks)])
    assert found is not None
    assert (found.moments[-1].pending, found.moments[-1].running, found.moments[-1].finished) == (0, 0, len(tasks))
    assert all(each.running >= 0 and each.pending >= 0 for each in found.moments)


def key(executor: str, workers: int, block: int) -> TrialKey:
    return TrialKey("flags", PARAMS, block, executor, "", workers)


THREADS = curve(cell("threads", 1, 10.0), cell("threads", 8, 80.0), cell("threads", 32, 81.0))
ASYNCIO = curve(cell("asyncio", 8, 70.0))
MADE = summary(THREADS, ASYNCIO)


@pytest.mark.parametrize(
    ("have", "shown"),
    [
        ([("threads", 8, 1), ("threads", 8, 2), ("threads", 32, 0)], ("threads", 8, 1)),
        ([("threads", 32, 0), ("threads", 1, 0)], ("threads", 32, 0)),
        ([("asyncio", 8, 0)], ("asyncio", 8, 0)),
    ],
)
def test_the_knee_of_the_best_curve_is_shown_or_what_is_nearest(have: list, shown: tuple[str, int, int]) -> None:
    found = timeline(MADE, {key(*each): TWO for each in have})
    assert found is not None
    assert (found.executor, found.workers, found.block) == shown


@pytest.mark.parametrize("spans", [{}, {key("sequential", 1, 0): TWO}, {key("threads", 8, 0): []}])
def test_without_spans_of_a_curve_there_is_no_timeline(spans: dict) -> None:
    assert timeline(MADE, spans) is None
