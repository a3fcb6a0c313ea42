from __future__ import annotations

from dataclasses import replace
from math import ceil, exp, expm1, log, sqrt

import pytest

from poolbench.analysis.model import Interval
from poolbench.analysis.quiet import Quiet, quietness
from sweep_rows import rows

STILL = Quiet(noise=0.01, difference=Interval(0.99, 1.01), repeats=3, others=0.01, steal=0.0, outliers=0)


def aa_test(size: float = 0.01, blocks: int = 12, ratio: float = 1.0, **changes: object) -> Quiet:
    """Two names for one thing whose logs lie `size` to either side, opposite to one another."""
    signs = [1 if block % 2 else -1 for block in range(blocks)]
    lanes = {
        ("threads", 1, "submission=map"): [100 * exp(size * sign) for sign in signs],
        ("threads", 1, "submission=as_completed"): [100 / ratio * exp(-size * sign) for sign in signs],
    }
    return quietness([replace(each, **changes) for each in rows(lanes)], 2)


@pytest.mark.parametrize("size", [0.001, 0.01, 0.04, 0.1])
@pytest.mark.parametrize("blocks", [4, 12])
def test_noise_and_repeats_by_hand(size, blocks):
    found = aa_test(size, blocks)
    # Squares of `size`, with half of (blocks - 1) degrees of freedom: the blocks' effects come from the same rows.
    spread = size * sqrt(2 * blocks / (blocks - 1))
    assert found.noise == pytest.approx(expm1(spread), rel=1e-6)
    assert found.repeats == max(3, ceil(2 * (2.8 * spread / log(1.05)) ** 2))


def test_a_machine_without_noise_needs_three():
    found = aa_test(0.0)
    assert (found.noise, found.repeats, found.outliers) == (pytest.approx(0, abs=1e-9), 3, 0)


def test_one_thing_under_two_names_does_not_differ():
    found = aa_test(0.01)
    assert 1.0 in found.difference
    assert found.troubles == ()


def test_what_does_differ_is_told():
    found = aa_test(0.01, ratio=1.3)
    assert found.difference.low < 1.3 < found.difference.high
    assert found.troubles == ("its speed changed during the test",)


def test_outliers_are_counted_and_are_no_noise():
    steps = [0.01, -0.01, 0.02, -0.02, 0.015, -0.015, 0.005, -0.005, 0.01, -0.01, 0.02, -0.02]
    lanes = {
        ("threads", 1, "submission=map"): [100 * exp(each) for each in steps],
        ("threads", 1, "submission=as_completed"): [100 * exp(-each) for each in steps],
    }
    calm = quietness(rows(lanes), 2)
    lanes["threads", 1, "submission=map"][5] = 30.0
    found = quietness(rows(lanes), 2)
    assert (calm.outliers, found.outliers) == (0, 1)
    assert found.noise < 0.1


@pytest.mark.parametrize(("machine_cpu_s", "share"), [(None, None), (0.1, 0.0), (0.6, 0.5)])
def test_what_others_use_is_a_share_of_the_cores(machine_cpu_s, share):
    """Half a second of two cores, of which ours used 0.1."""
    found = aa_test(machine_cpu_s=machine_cpu_s, cpu_s=0.1, wall_s=0.5).others
    assert found == (None if share is None else pytest.approx(share))


@pytest.mark.parametrize(("steal", "median"), [(None, 0.0), (0.2, 0.2)])
def test_steal_is_the_median(steal, median):
    assert aa_test(steal_share=steal).steal == median


def test_failed_runs_do_not_count():
    lanes = {
        ("threads", 1, "submission=map"): [100, None, 101, 99],
        ("threads", 1, "submission=as_completed"): [100] * 4,
    }
    assert quietness(rows(lanes), 2).noise < 0.02


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"noise": 0.05}, ()),
        ({"noise": 0.051}, ("runs differ by 5.1% from one to the next",)),
        ({"steal": 0.05}, ()),
        ({"steal": 0.06}, ("the hypervisor takes 6% of the processors",)),
        ({"others": 0.2}, ()),
        ({"others": 0.31}, ("other processes use 31% of the processors",)),
        ({"others": None}, ()),
        ({"difference": Interval(1.001, 1.1)}, ("its speed changed during the test",)),
        ({"difference": Interval(0.9, 0.999)}, ("its speed changed during the test",)),
        ({"difference": None}, ()),
    ],
)
def test_troubles_at_and_above_their_thresholds(change, said):
    assert replace(STILL, **change).troubles == said


def test_all_troubles_are_told():
    bad = Quiet(noise=0.2, difference=Interval(1.1, 1.2), repeats=30, others=0.9, steal=0.3, outliers=4)
    assert len(bad.troubles) == 4
