"""Percentiles and shapes of tasks' times, on times that are known."""

from __future__ import annotations

from math import exp, log, nan, pi, sqrt

import numpy as np
import pytest

from costed_sweeps import costs
from poolbench.analysis.latency import latencies
from poolbench.results.columns import Span
from poolbench.results.spans import TrialKey
from sweep_rows import cell, curve, summary

PARAMS = "client=httpx;latency=50ms"


def spans(*times: float, executor: str = "threads", workers: int = 4, block: int = 0, ok: bool = True) -> dict:
    key = TrialKey("flags", PARAMS, block, executor, "", workers)
    return {key: [Span(task, 0, 0.0, 1.0, 1.0 + spent, nan, ok) for task, spent in enumerate(times)]}


WITH_COSTS = summary(curve(cell("threads", 4, 40.0, costs=costs(0.001, latency_p50_s=0.5, latency_p99_s=0.9))))


def test_percentiles_are_those_of_the_csv_and_the_shape_is_of_the_spans() -> None:
    found = latencies(WITH_COSTS, spans(*np.linspace(1, 2, 50)))
    assert found is not None
    [row] = found.rows
    assert (row.workers, row.tasks, row.p50_s, row.p95_s, row.p99_s) == (4, 50, 0.5, 0.052, 0.9)
    assert row.shape[0][0] < 1.1 < 1.9 < row.shape[-1][0]
    assert (found.knee, found.curve.executor) == (4, "threads")


def test_without_spans_there_is_no_shape() -> None:
    found = latencies(WITH_COSTS, {})
    assert found is not None
    assert (found.rows[0].tasks, found.rows[0].shape) == (0, ())


def test_what_the_csv_does_not_have_comes_from_the_spans_of_all_blocks() -> None:
    made = summary(curve(cell("threads", 4, 40.0, p95_s=None)))
    found = latencies(made, spans(1.0, 2.0, 3.0) | spans(4.0, 5.0, block=1) | spans(9.0, ok=False, block=2))
    assert found is not None
    row = found.rows[0]
    assert (row.tasks, row.p50_s, row.p95_s, row.p99_s) == (5, 3.0, pytest.approx(4.8), pytest.approx(4.96))


def test_a_count_of_which_nothing_is_known_has_no_row_and_other_executors_have_none_here() -> None:
    made = summary(curve(cell("threads", 1, 10.0, p95_s=None), cell("threads", 4, 40.0, p95_s=None)))
    found = latencies(made, spans(1.0) | spans(7.0, executor="asyncio", workers=1))
    assert found is not None
    assert [row.workers for row in found.rows] == [4]
    assert latencies(made, {}) is None


def test_the_shape_is_a_density_over_log_time() -> None:
    dice = np.random.default_rng(7)
    found = latencies(WITH_COSTS, spans(*np.exp(dice.normal(log(0.05), 0.3, 4000))))
    assert found is not None
    at, height = np.array(found.rows[0].shape).T
    assert np.trapezoid(height, np.log(at)) == pytest.approx(1, abs=0.03)
    assert at[height.argmax()] == pytest.approx(0.05, rel=0.1)
    assert height.max() == pytest.approx(1 / (0.3 * sqrt(2 * pi)), rel=0.1)


def test_equal_times_are_a_peak() -> None:
    found = latencies(WITH_COSTS, spans(*[0.04] * 30))
    assert found is not None
    at, height = np.array(found.rows[0].shape).T
    assert at[height.argmax()] == pytest.approx(0.04, rel=0.02)
    assert at[-1] < 0.04 * exp(0.1)
