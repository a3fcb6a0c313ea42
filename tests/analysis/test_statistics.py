from __future__ import annotations

from math import exp, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolbench.analysis.model import Interval
from poolbench.analysis.statistics import Estimate, Spread, estimate, logs_of, paired, pooled

# Student's t, 95 % two-sided, as printed in any table.
T = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 10: 2.228, 30: 2.042, 120: 1.980}
MEDIAN_SPREAD = 1.2533


def blocks(*values: float, sweep: str = "a") -> dict[tuple[str, int], float]:
    return {(sweep, number): value for number, value in enumerate(values)}


@pytest.mark.parametrize(("dof", "t"), T.items())
def test_the_interval_reaches_as_far_as_the_table_of_t_says(dof, t):
    interval = Estimate(log(100), 0.01, dof).interval
    assert log(interval.high / 100) == pytest.approx(0.01 * t, rel=1e-3)
    assert log(100 / interval.low) == pytest.approx(0.01 * t, rel=1e-3)


def test_without_a_degree_of_freedom_there_is_no_interval():
    assert Estimate(log(100), 0.0, 0).interval is None


def test_variances_are_pooled_by_hand():
    # (1, 3): squares 2, dof 1. (2, 4, 9): mean 5, squares 9 + 1 + 16 = 26, dof 2. (7): nothing.
    spread = pooled([blocks(1, 3), blocks(2, 4, 9), blocks(7)])
    assert spread.dof == 3
    assert spread.sd == pytest.approx(sqrt(28 / 3))


@pytest.mark.parametrize("groups", [[], [blocks()], [blocks(1), blocks(5)]])
def test_single_values_say_nothing_of_the_spread(groups):
    assert pooled(groups) == Spread(0.0, 0)


def test_where_the_groups_lie_does_not_widen_the_spread():
    assert pooled([blocks(1, 3), blocks(101, 103)]).sd == pytest.approx(pooled([blocks(1, 3)]).sd)


@pytest.mark.parametrize(
    ("values", "centre", "factor"),
    [
        ((5.0,), 5.0, 1.0),
        ((5.0, 7.0), 6.0, 1.0),
        ((9.0, 5.0, 6.0), 6.0, MEDIAN_SPREAD),
        ((1.0, 2.0, 4.0, 9.0), 3.0, MEDIAN_SPREAD),
    ],
)
def test_the_centre_is_the_median_and_its_error_that_of_a_median(values, centre, factor):
    found = estimate(blocks(*values), Spread(0.2, 6))
    assert found.centre == centre
    assert found.error == pytest.approx(factor * 0.2 / sqrt(len(values)), rel=1e-4)
    assert found.dof == 6


def test_a_whole_interval_by_hand():
    # ln 90, ln 100, ln 110: the median is 100; squares from the mean by hand, two degrees of freedom.
    logs = logs_of(blocks(90, 100, 110))
    mean = (log(90) + log(100) + log(110)) / 3
    sd = sqrt(((log(90) - mean) ** 2 + (log(100) - mean) ** 2 + (log(110) - mean) ** 2) / 2)
    found = estimate(logs, pooled([logs]))
    assert found.value == pytest.approx(100)
    reach = T[2] * MEDIAN_SPREAD * sd / sqrt(3)
    assert found.interval.low == pytest.approx(100 * exp(-reach), rel=1e-3)
    assert found.interval.high == pytest.approx(100 * exp(reach), rel=1e-3)


def test_differences_are_taken_inside_of_blocks():
    assert paired(blocks(5, 7, 9), blocks(1, 2)) == {("a", 0): 4, ("a", 1): 5}


def test_blocks_of_two_sweeps_are_not_mistaken_for_each_other():
    ours, base = blocks(5) | blocks(6, sweep="b"), blocks(1) | blocks(3, sweep="b") | blocks(9, sweep="c")
    assert paired(ours, base) == {("a", 0): 4, ("b", 0): 3}


@given(st.lists(st.floats(0.5, 2), min_size=2, max_size=8), st.floats(1.1, 50))
def test_drift_that_hits_all_cells_of_a_block_alike_leaves_the_speedup_exact(drift, gain):
    base = logs_of(blocks(*(10 * each for each in drift)))
    ours = logs_of(blocks(*(10 * gain * each for each in drift)))
    ratios = paired(ours, base)
    found = estimate(ratios, pooled([ratios]))
    assert found.value == pytest.approx(gain)
    assert found.interval.low == pytest.approx(gain, rel=1e-6)
    assert found.interval.high == pytest.approx(gain, rel=1e-6)


def test_a_ratio_adds_the_errors_and_knows_no_more_than_the_worse_of_the_two():
    found = Estimate(log(30), 0.03, 8).over(Estimate(log(10), 0.04, 5))
    assert found.value == pytest.approx(3)
    assert found.error == pytest.approx(0.05)
    assert found.dof == 5
    assert Estimate(log(30), 0.03, 8).over(Estimate(log(10), 0.0, 0)).interval is None


@pytest.mark.parametrize(("value", "inside"), [(1.0, True), (2.0, True), (1.5, True), (0.999, False), (2.001, False)])
def test_an_interval_holds_its_ends(value, inside):
    assert (value in Interval(1.0, 2.0)) is inside
