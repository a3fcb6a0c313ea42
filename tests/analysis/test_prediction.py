"""Predictions from sweeps of a machine that is the model itself: what it would do elsewhere is then known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costed_sweeps import base, costed, explained, only, true_sweep
from poolbench.analysis.limits import repairman
from poolbench.analysis.model import Summary
from poolbench.analysis.prediction import Prediction, predict
from sweep_rows import cell

COUNTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
CPU_S = 0.0006
AT_20MS = {"params": "client=httpx;latency=20ms"}


def one(found: list[Prediction]) -> Prediction:
    [each] = found
    return each


def rates(found: Prediction) -> list[float]:
    return [point.per_s for point in found.points]


def true_rates(wait_s: float, cpu_s: float, servers: int = 1) -> list[float]:
    return [repairman(n, wait_s, cpu_s, servers) for n in COUNTS]


def true_knee(known: list[float]) -> int:
    return next(n for n, rate in zip(COUNTS, known, strict=True) if rate >= 0.95 * max(known))


def test_what_was_measured_is_what_is_expected_where_nothing_changes():
    found = one(predict(true_sweep(0.02, CPU_S, COUNTS, **AT_20MS), COUNTS))
    assert rates(found) == pytest.approx(true_rates(0.02, CPU_S))
    assert (found.error, found.worst) == pytest.approx((0, 0), abs=1e-9)


@pytest.mark.parametrize("latency_s", [0.001, 0.005, 0.08, 0.2])
@pytest.mark.parametrize(("executor", "servers"), [("threads", 1), ("asyncio", 1), ("processes", 2)])
def test_the_knee_at_another_latency(latency_s, executor, servers):
    found = one(predict(true_sweep(0.02, CPU_S, COUNTS, executor, **AT_20MS), COUNTS, wait_s=latency_s))
    known = true_rates(latency_s, CPU_S, servers)
    assert rates(found) == pytest.approx(known)
    assert found.knee.workers == true_knee(known)


@pytest.mark.parametrize(("outer", "expected"), [(2, [2, 4, 8, 16, 32, 64, 128, 256]), (3, [3, 6, 12])])
def test_two_levels_have_as_many_workers_in_each(outer, expected):
    summary = true_sweep(0.02, CPU_S, [outer * n for n in (1, 2, 4)], "processes", **AT_20MS)
    curve = replace(only(summary), executor="processes/threads", options=f"processes={outer}")
    found = one(predict(replace(summary, curves=(curve,)), COUNTS))
    assert [point.workers for point in found.points] == expected


def test_ten_times_the_latency_moves_the_knee_by_hand():
    # 33 workers fill the interpreter at 20 ms of wait and 0.6 ms of CPU, 334 at 200 ms: of the counts here 64 and 256.
    sweep = true_sweep(0.02, CPU_S, COUNTS, **AT_20MS)
    near, far = (one(predict(sweep, COUNTS, wait_s=wait_s)) for wait_s in (0.02, 0.2))
    assert (near.knee.workers, far.knee.workers) == (64, 256)
    assert (near.knee.bound_by, far.knee.bound_by) == ("interpreter", "waiting")


@given(st.floats(0.001, 0.5), st.floats(0.001, 0.5), st.floats(0.0001, 0.01))
def test_there_and_elsewhere_agree_whatever_the_latencies(here_s, there_s, cpu_s):
    sweep = true_sweep(here_s, cpu_s, COUNTS, params=f"latency={here_s:.12f}s")
    assert rates(one(predict(sweep, COUNTS, wait_s=there_s))) == pytest.approx(true_rates(there_s, cpu_s), rel=1e-6)


def test_what_the_latency_does_not_explain_stays():
    # Of 25 ms of waiting the parameter makes 20: the other 5 are there at 80 ms, too.
    found = one(predict(true_sweep(0.025, CPU_S, COUNTS, **AT_20MS), COUNTS, wait_s=0.08))
    assert rates(found) == pytest.approx(true_rates(0.085, CPU_S))


@pytest.mark.parametrize("params", ["", "client=requests;url=http://127.0.0.1:8002"])
def test_without_the_parameter_the_whole_wait_is_replaced(params):
    found = one(predict(true_sweep(0.025, CPU_S, COUNTS, params=params), COUNTS, wait_s=0.08))
    assert rates(found) == pytest.approx(true_rates(0.08, CPU_S))


def test_no_latency_at_all_leaves_the_cpu():
    found = one(predict(true_sweep(0.02, CPU_S, COUNTS, **AT_20MS), COUNTS, wait_s=0.0))
    assert rates(found) == pytest.approx([1 / CPU_S] * len(COUNTS))
    assert found.knee.workers == 1


@pytest.mark.parametrize("cpu_s", [0.0001, 0.002, 0.03])
def test_another_cpu_cost_leaves_the_wait(cpu_s):
    found = one(predict(true_sweep(0.02, CPU_S, COUNTS, **AT_20MS), COUNTS, cpu_s=cpu_s))
    assert rates(found) == pytest.approx(true_rates(0.02, cpu_s))


def test_both_at_once():
    found = one(predict(true_sweep(0.02, CPU_S, COUNTS, **AT_20MS), COUNTS, wait_s=0.08, cpu_s=0.002))
    assert rates(found) == pytest.approx(true_rates(0.08, 0.002))


def test_no_cpu_is_a_staircase_without_end():
    found = one(predict(true_sweep(0.02, CPU_S, COUNTS, **AT_20MS), COUNTS, cpu_s=0.0))
    assert rates(found) == pytest.approx([n / 0.02 for n in COUNTS])


def test_another_cpu_cost_leaves_the_servers():
    made = costed("processes", 4, 100, 0.001, machine_cpu_per_task_s=0.003)
    found = one(predict(explained(base(50, 0.001), made), [64], cpu_s=0.004))
    assert found.points[0].limit_per_s == pytest.approx(2 / (0.004 + 0.002))


def grown() -> Summary:
    """CPU per task of 1 ms with 4 workers, 4 ms with 16."""
    return explained(base(50, 0.001), costed("threads", 4, 190, 0.001), costed("threads", 16, 249, 0.004))


@pytest.mark.parametrize(
    ("workers", "cpu_s", "measured"),
    [(1, 0.001, False), (4, 0.001, True), (8, 0.002, False), (16, 0.004, True), (1000, 0.004, False)],
)
def test_cpu_per_task_between_and_beyond_the_counts(workers, cpu_s, measured):
    [point] = one(predict(grown(), [workers])).points
    assert point.measured_here is measured
    assert point.per_s == pytest.approx(repairman(workers, 0.019, cpu_s, 1))
    assert point.limit_per_s == pytest.approx(min(workers / 0.02, 1 / cpu_s))


@pytest.mark.parametrize(("counts", "reaches"), [((4, 8, 16), True), ((1024, 2048), False)])
def test_a_knee_beyond_the_last_run_is_known(counts, reaches):
    assert one(predict(grown(), counts)).reaches is reaches


def test_the_error_is_that_of_the_model_in_the_sweep_itself():
    truth = [repairman(n, 0.019, 0.001, 1) for n in (2, 4, 8)]
    off = [1.25, 1.0, 0.8]
    cells = [costed("threads", n, rate * each, 0.001) for n, rate, each in zip((2, 4, 8), truth, off, strict=True)]
    found = one(predict(explained(base(50, 0.001), *cells), [8]))
    # Model over measured: 0.8, 1, 1.25.
    assert (found.error, found.worst) == pytest.approx((0.2, 0.25))


def test_cells_that_failed_or_have_no_costs_are_left_out():
    sweep = explained(
        base(50, 0.001),
        costed("threads", 4, 190, 0.001),
        cell("threads", 8, None),
        cell("threads", 9, 9.0, limits=None),
    )
    assert [point.measured_here for point in one(predict(sweep, [4, 8, 9])).points] == [True, False, False]


@pytest.mark.parametrize("lacking", ["baseline", "costs", "curves"])
def test_nothing_to_predict_from(lacking):
    sweep = grown()
    sweep = {
        "baseline": replace(sweep, baseline=cell("sequential", 1, None)),
        "costs": replace(sweep, baseline=cell("sequential", 1, 50.0)),
        "curves": replace(sweep, curves=()),
    }[lacking]
    assert predict(sweep, COUNTS) == []


def test_a_curve_for_each_strategy():
    sweep = true_sweep(0.02, CPU_S, COUNTS, **AT_20MS)
    two = replace(sweep, curves=(only(sweep), replace(only(sweep), executor="asyncio")))
    assert [each.curve.executor for each in predict(two, COUNTS)] == ["threads", "asyncio"]
