from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolbench.analysis.comparison import verdict
from poolbench.analysis.estimate import Estimate

MANY = 1e6
"""Degrees of freedom: the interval reaches 1.96 standard errors."""


@pytest.mark.parametrize(
    ("ratio", "error", "said"),
    [
        (1.2, 0.01, "faster"),
        (1.06, 0.02, "faster"),
        (1.06, 0.04, "unclear"),
        (0.8, 0.01, "slower"),
        (0.94, 0.04, "unclear"),
        (1.0, 0.001, "no change"),
        (1.03, 0.001, "no change"),  # surely faster, and not by enough to matter
        (0.97, 0.001, "no change"),
        (1.0, 0.1, "unclear"),
    ],
)
def test_four_verdicts(ratio, error, said):
    assert verdict(Estimate(log(ratio), error, MANY)) == said


def test_few_runs_need_more():
    # Two degrees of freedom reach 4.3 standard errors, so the same figures leave 1 inside.
    assert verdict(Estimate(log(1.2), 0.05, MANY)) == "faster"
    assert verdict(Estimate(log(1.2), 0.05, 2)) == "unclear"


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0])
def test_without_an_interval_nothing_is_clear(ratio):
    assert verdict(Estimate(log(ratio), 0.0, 0.0)) == "unclear"


@given(st.floats(0.2, 5), st.floats(0.001, 0.5))
def test_old_over_new_is_the_reverse(ratio, error):
    one, other = (verdict(Estimate(sign * log(ratio), error, MANY)) for sign in (1, -1))
    mirror = {"faster": "slower", "slower": "faster"}
    # The margin is not alike on both sides (1/1.05 > 0.95), so what is near it may be called or not.
    assert {one, other} <= {"no change", "faster", "slower", "unclear"}
    if one in mirror and other in mirror:
        assert other == mirror[one]
    assert (one, other) not in {("faster", "faster"), ("slower", "slower")}


@given(st.floats(-0.5, 0.5), st.floats(0.001, 0.5), st.floats(1, 100))
def test_the_p_value_and_the_interval_agree(centre, error, dof):
    ratio = Estimate(centre, error, dof)
    if abs(ratio.p_value - 0.05) > 1e-6:
        assert (ratio.p_value < 0.05) == (1 not in ratio.interval)


def test_without_spread_chance_explains_nothing_or_all():
    assert Estimate(0.1, 0.0, 5).p_value == 0
    assert Estimate(0.0, 0.0, 5).p_value == 1
    assert Estimate(0.1, 0.1, 0).p_value == 1
