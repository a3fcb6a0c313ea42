from __future__ import annotations

from math import exp, inf, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolbench.analysis.estimate import Estimate
from poolbench.analysis.model import Interval
from poolbench.analysis.statistics import fit, moderate

# Student's t, 95 % two-sided, as printed in any table.
T = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 10: 2.228, 30: 2.042, 120: 1.980}
ONE, FOUR, EIGHT = ("sequential", "", 1), ("threads", "", 4), ("threads", "", 8)


def blocks(*values: float | None, sweep: str = "a") -> dict[tuple[str, int], float]:
    return {(sweep, number): value for number, value in enumerate(values) if value is not None}


@pytest.mark.parametrize(("dof", "t"), T.items())
def test_the_interval_reaches_as_far_as_the_table_of_t_says(dof, t):
    interval = Estimate(log(100), 0.01, dof).interval
    assert log(interval.high / 100) == pytest.approx(0.01 * t, rel=1e-3)
    assert log(100 / interval.low) == pytest.approx(0.01 * t, rel=1e-3)


def test_without_a_degree_of_freedom_there_is_no_interval():
    assert Estimate(log(100), 0.0, 0).interval is None


def test_a_ratio_has_welchs_interval():
    # 0.03² / 8 and 0.04² / 5 by Satterthwaite: 0.0025² / (0.0009² / 8 + 0.0016² / 5) = 10.19.
    found = Estimate(log(30), 0.03, 8).over(Estimate(log(10), 0.04, 5))
    assert found.value == pytest.approx(3)
    assert found.error == pytest.approx(0.05)
    assert found.dof == pytest.approx(10.19, abs=0.01)


def test_a_ratio_to_something_of_unknown_spread_has_no_interval():
    assert Estimate(log(30), 0.03, 8).over(Estimate(log(10), 0.0, 0)).interval is None


def test_one_cell_alone_by_hand():
    logs = [log(90), log(100), log(110)]
    mean = sum(logs) / 3
    error = sqrt(sum((each - mean) ** 2 for each in logs) / 2) / sqrt(3)
    found = fit({FOUR: blocks(90, 100, 110)}).throughput(FOUR)
    assert found.value == pytest.approx(exp(mean))
    assert found.error == pytest.approx(error)
    assert found.interval.low == pytest.approx(exp(mean - T[2] * error), rel=1e-3)
    assert found.interval.high == pytest.approx(exp(mean + T[2] * error), rel=1e-3)


def test_a_single_block_has_no_interval():
    found = fit({ONE: blocks(10), FOUR: blocks(40)})
    assert found.throughput(FOUR).value == pytest.approx(40)
    assert found.throughput(FOUR).interval is None
    assert found.ratio(FOUR, ONE).value == pytest.approx(4)
    assert found.ratio(FOUR, ONE).interval is None


@given(st.lists(st.floats(0.5, 2), min_size=2, max_size=8), st.floats(1.1, 50))
def test_drift_that_hits_all_cells_of_a_block_alike_leaves_the_speedup_exact(drift, gain):
    found = fit({ONE: blocks(*(10 * each for each in drift)), FOUR: blocks(*(10 * gain * each for each in drift))})
    ratio = found.ratio(FOUR, ONE)
    assert ratio.value == pytest.approx(gain)
    assert ratio.interval.low == pytest.approx(gain, rel=1e-6)
    assert ratio.interval.high == pytest.approx(gain, rel=1e-6)


def test_drift_counts_where_something_measured_elsewhere_is_compared():
    found = fit({ONE: blocks(8, 10, 12.5), FOUR: blocks(32, 40, 50)})
    here, elsewhere = found.throughput(FOUR), found.throughput(FOUR, elsewhere=True)
    assert here.error == pytest.approx(0)
    # The blocks differ by ln 1.25 each: their variance is its square, over three blocks; and 2.3 + 7.5 / 3 times
    # that, since neighbouring blocks are alike and three of them have not seen all of the drift.
    assert elsewhere.error == pytest.approx(log(1.25) * sqrt((2.3 + 7.5 / 3) / 3))


@pytest.mark.parametrize(("last", "share"), [(10, 0.0), (12, 0.2), (10 / 1.2, 0.2)])
def test_drift_is_a_share_either_way(last, share):
    rates = [10, 10, (10 * last) ** 0.5, last, last, last][-6:]
    found = fit({ONE: blocks(10, *rates[1:]), FOUR: blocks(40, *(4 * each for each in rates[1:]))})
    assert found.drift() == pytest.approx(share)


def test_one_cell_cannot_tell_drift():
    assert fit({FOUR: blocks(10, 20, 30, 40)}).drift() == 0


NOISE = (1.0, 1.01, 0.99, 1.005, 0.995, 1.0)
STEADY = {ONE: blocks(*NOISE), FOUR: blocks(*(40 * each for each in NOISE[::-1])), EIGHT: blocks(*(80.0,) * 6)}


def test_a_run_that_is_far_too_slow_is_left_out_and_named():
    found = fit(STEADY | {FOUR: STEADY[FOUR] | {("a", 3): 8.0}})
    [(cell, ratio, count)] = found.outliers()
    assert (cell, count) == (FOUR, 6)
    assert ratio == pytest.approx(40 / 8, rel=0.05)
    assert found.throughput(FOUR).value == pytest.approx(40, rel=0.01)


def test_noise_has_no_outliers():
    assert fit(STEADY).outliers() == []
    # Here the blocks explain all, and what remains is rounding.
    assert fit({cell: blocks(*(n * each for each in NOISE)) for n, cell in ((10, ONE), (40, FOUR))}).outliers() == []


def test_a_run_that_is_fast_is_no_outlier():
    assert fit(STEADY | {FOUR: STEADY[FOUR] | {("a", 3): 200.0}}).outliers() == []


def test_a_noisy_cell_keeps_its_slow_runs():
    """As measured: waiting threads hardly vary, 64 that fill the interpreter vary by 14 %."""
    runs = (548, 812, 656, 569, 764, 798, 813, 694, 626, 753)
    rng = np.random.default_rng(64)
    calm = {("threads", "", n): blocks(*n * rng.normal(10, 0.1, 10)) for n in (1, 2, 4, 8, 16)}
    many = ("threads", "", 64)
    assert fit(calm | {many: blocks(*runs)}).outliers() == []
    [(cell, ratio, _)] = fit(calm | {many: blocks(*runs[:-1], 200)}).outliers()
    assert cell == many
    assert ratio > 3


def test_of_two_runs_none_is_the_outlier():
    found = fit({ONE: blocks(*NOISE), FOUR: blocks(40, 8), EIGHT: blocks(*NOISE)})
    assert found.outliers() == []


def test_blocks_of_two_sweeps_are_not_mistaken_for_each_other():
    found = fit({ONE: blocks(10) | blocks(20, sweep="b"), FOUR: blocks(40) | blocks(80, sweep="b")})
    assert found.logs.shape == (2, 2)
    assert found.ratio(FOUR, ONE).interval.low == pytest.approx(4)


def test_blocks_that_a_cell_lacks_do_not_bias_its_ratio():
    found = fit({ONE: blocks(30, 30, 10, 10), EIGHT: blocks(240, 240, 80, 80), FOUR: blocks(None, None, 40, 40)})
    assert found.ratio(FOUR, ONE).value == pytest.approx(4)


def test_what_was_not_measured_is_none():
    found = fit({ONE: blocks(10, 11), FOUR: {}})
    assert found.cells == (ONE,)
    assert found.throughput(FOUR) is None
    assert found.ratio(FOUR, ONE) is None
    assert found.ratio(ONE, FOUR) is None
    assert fit({}).throughput(ONE) is None


def test_a_cell_over_itself_is_one_without_any_doubt():
    ratio = fit({ONE: blocks(10, 12, 9)}).ratio(ONE, ONE)
    assert (ratio.value, ratio.interval) == (1, Interval(1, 1))


def test_variances_that_agree_are_pooled():
    # (2 · 3 + 4 · 3 + 6 · 3) / 12 is 3 whatever the degrees of freedom.
    assert moderate(np.array([3.0, 3.0, 3.0]), np.array([2.0, 4.0, 6.0])) == (pytest.approx(3), inf)


def test_two_variances_are_too_few_to_moderate():
    # (2 · 1 + 6 · 5) / 8 = 4.
    assert moderate(np.array([1.0, 5.0]), np.array([2.0, 6.0])) == (pytest.approx(4), 0)


def test_variances_that_disagree_are_pooled_the_less():
    dof = np.full(6, 9.0)
    _, some = moderate(np.array([1.0, 2.0, 4.0, 0.5, 0.25, 8.0]), dof)
    _, few = moderate(np.array([1.0, 20.0, 400.0, 0.05, 0.0025, 8000.0]), dof)
    assert 0 < few < some < inf


def test_cells_without_any_noise_have_none():
    assert moderate(np.zeros(3), np.full(3, 2.0)) == (0.0, inf)
    assert moderate(np.zeros(3), np.zeros(3)) == (0.0, inf)


@pytest.mark.parametrize(("cells", "count"), [(2, 4), (8, 3)])
def test_the_intervals_hold_the_truth_as_often_as_they_say(cells, count):
    """With drift over the blocks; the noise is drawn from a seed, so the share is always the same."""
    dice = np.random.default_rng(7)
    lanes = [("threads", "", number) for number in range(cells)]
    held = 0
    for _ in range(200):
        drift = dice.normal(0, 0.1, count)
        rates = {lane: blocks(*np.exp(log(10 * (lane[2] + 1)) + drift + dice.normal(0, 0.03, count))) for lane in lanes}
        held += (lanes[1][2] + 1) in fit(rates).ratio(lanes[1], lanes[0]).interval
    assert 0.9 <= held / 200 <= 0.99


@pytest.mark.parametrize(("value", "inside"), [(1.0, True), (2.0, True), (1.5, True), (0.999, False), (2.001, False)])
def test_an_interval_holds_its_ends(value, inside):
    assert (value in Interval(1.0, 2.0)) is inside
