"""The steady rate against values worked out by hand."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolbench.measure.rates import percentiles, steady_rate


@pytest.mark.parametrize(
    ("finished", "workers", "rate"),
    [
        ([1.0, 2.0, 3.0, 4.0], 1, 1.0),  # one worker: m / T
        ([0.5, 1.0, 3.0, 8.0, 10.0], 1, 0.5),
        ([1, 1, 2, 2, 3, 3, 4, 4], 2, 2.0),  # in lock-step
        ([1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5], 2, 2.0),
        ([1, 1, 2, 2, 3, 3, 9, 9], 2, 2.0),  # the last round lies outside
        # k = 8 - 6, weights 1 2 1 over 4: (2 + 2 * 2 + 3.2) / 4 less (0.2 + 2 * 1 + 2) / 4
        ([0.2, 1, 2, 2, 3.2, 4, 9, 9], 2, 2 / (9.2 / 4 - 4.2 / 4)),
        # k = 15 - 9, weights 1 2 3 2 1 over 9: from a mean of 12 / 9 to one of 30 / 9
        ([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5], 3, 3.0),
    ],
)
def test_by_hand(finished: list[float], workers: int, rate: float) -> None:
    assert steady_rate(finished, workers) == pytest.approx(rate, rel=1e-12)
    shuffled = finished[:]
    random.Random(1).shuffle(shuffled)
    assert steady_rate(shuffled, workers) == steady_rate(finished, workers)


@pytest.mark.parametrize(
    ("tasks", "workers"),
    [(0, 1), (3, 1), (7, 2), (9, 2), (6, 2), (12, 4), (15, 4), (1, 64), (20, 64)],
)
def test_none_unless_at_least_four_whole_rounds(tasks: int, workers: int) -> None:
    assert steady_rate([float(k + 1) for k in range(tasks)], workers) is None


@pytest.mark.parametrize("workers", [1, 2])
def test_none_where_no_time_passed(workers: int) -> None:
    assert steady_rate([0.0] * 8, workers) is None


@given(
    workers=st.integers(1, 64),
    rounds=st.integers(4, 12),
    task_s=st.floats(1e-4, 100.0),
    seed=st.integers(0, 1000),
)
def test_equal_tasks_in_whole_rounds_give_the_exact_rate(workers: int, rounds: int, task_s: float, seed: int) -> None:
    finished = [task_s * (k // workers + 1) for k in range(workers * rounds)]
    random.Random(seed).shuffle(finished)
    assert steady_rate(finished, workers) == pytest.approx(workers / task_s, rel=1e-9)


@pytest.mark.parametrize("slots", [8, 12, 20])
def test_bursts_of_a_server_with_fewer_slots_than_workers_weigh_little(slots: int) -> None:
    """Tasks end `slots` at a time, once a second, whatever the number of workers."""
    for workers in range(slots + 1, 65):
        finished = [float(k // slots + 1) for k in range(5 * workers)]
        assert steady_rate(finished, workers) == pytest.approx(slots, rel=0.01)


@given(workers=st.integers(1, 32), rounds=st.integers(4, 12), task_s=st.floats(1e-3, 10.0))
def test_workers_out_of_step_give_the_same_rate(workers: int, rounds: int, task_s: float) -> None:
    finished = [task_s * (k + 1) / workers for k in range(workers * rounds)]
    assert steady_rate(finished, workers) == pytest.approx(workers / task_s, rel=1e-9)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_no_values_have_no_percentiles(count: int) -> None:
    assert percentiles([], *range(count)) == (None,) * count


def test_percentiles_are_interpolated() -> None:
    assert percentiles([4.0, 1.0, 3.0, 2.0], 0, 50, 95, 100) == pytest.approx((1.0, 2.5, 3.85, 4.0))
