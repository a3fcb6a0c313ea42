from __future__ import annotations

from collections import Counter

import pytest

from poolbench.errors import UsageError
from poolbench.flagserver import FAULTS, ServerOptions
from poolbench.flagserver.delays import delay_s, fault, stream, uniform


def test_uniform_fills_the_unit_interval():
    drawn = [uniform(stream(0, "CN"), task) for task in range(10_000)]
    assert 0 <= min(drawn) < 0.01 < 0.99 < max(drawn) < 1
    assert sum(drawn) / len(drawn) == pytest.approx(0.5, abs=0.02)
    tenths = Counter(int(each * 10) for each in drawn)
    assert all(850 < count < 1150 for count in tenths.values())


def test_splitmix64_as_published():
    # The first outputs of the reference implementation with seed 1234567.
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [uniform(1234567, task) for task in range(3)] == [(each >> 11) * 2.0**-53 for each in published]


def test_the_same_task_has_the_same_delay_and_never_less_than_the_latency():
    options = ServerOptions(latency_s=0.02, jitter_s=0.03)
    first, again = ([delay_s(options, stream(7, cc), 17) for cc in ("CN", "cn")] for _ in range(2))
    assert first == again
    assert first[0] == first[1]
    delays = [delay_s(options, stream(7, "CN"), task) for task in range(1000)]
    assert min(delays) >= 0.02
    assert max(delays) < 0.05
    assert len(set(delays)) == 1000


def test_seeds_and_countries_differ():
    options = ServerOptions(jitter_s=1)
    starts = [stream(0, "CN"), stream(1, "CN"), stream(0, "IN")]
    assert len({delay_s(options, start, 0) for start in starts}) == 3


def test_without_jitter_the_delay_is_the_latency():
    assert delay_s(ServerOptions(latency_s=0.25), stream(0, "CN"), 3) == 0.25


def test_faults_come_at_their_rate_in_equal_shares():
    options = ServerOptions(error_rate=0.2, faults=FAULTS)
    kinds = Counter(fault(options, stream(0, "US"), task) for task in range(20_000))
    assert kinds.pop("") == pytest.approx(16_000, rel=0.03)
    assert set(kinds) == set(FAULTS)
    assert all(count == pytest.approx(800, rel=0.2) for count in kinds.values())


@pytest.mark.parametrize(("rate", "expected"), [(0.0, ""), (1.0, "reset")])
def test_no_faults_and_nothing_but_faults(rate, expected):
    options = ServerOptions(error_rate=rate, faults=("reset",))
    assert {fault(options, stream(0, "US"), task) for task in range(100)} == {expected}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"latency_s": -1.0}, "latency -1 is not possible"),
        ({"jitter_s": float("nan")}, "jitter nan is not possible"),
        ({"bandwidth": float("inf")}, "bandwidth inf is not possible"),
        ({"error_rate": 1.5}, "error rate 1.5 is not a share"),
        ({"concurrency": -2}, "concurrency -2 is negative"),
        ({"port": 70_000}, "no port 70000"),
        ({"faults": ("resett",)}, "no fault named resett"),
        ({"error_rate": 0.1, "faults": ()}, "without a kind of fault"),
    ],
)
def test_options_that_make_no_sense(wrong, message):
    with pytest.raises(UsageError, match=message) as caught:
        ServerOptions(**wrong)
    assert caught.value.tip
