from __future__ import annotations

from math import inf, isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolbench.analysis.limits import Demand, Limits, limits, makespan, repairman, without_interpreter

SECONDS = st.floats(1e-4, 10)
WORKERS = st.integers(1, 200)


def mean_value_analysis(workers: int, wait_s: float, demand_s: float) -> float:
    """The textbook recursion: an arriving customer sees the queue of a network with one customer less."""
    queue = rate = 0.0
    for population in range(1, workers + 1):
        residence_s = demand_s * (1 + queue)
        rate = population / (wait_s + residence_s)
        queue = rate * residence_s
    return rate


@pytest.mark.parametrize("workers", [1, 2, 3, 8, 32, 64, 300])
@pytest.mark.parametrize("wait_s", [1e-4, 0.02, 0.08, 3.0])
@pytest.mark.parametrize("demand_s", [1e-5, 0.0006, 0.0069, 0.5])
def test_one_server_is_exact_mean_value_analysis(workers, wait_s, demand_s):
    assert repairman(workers, wait_s, demand_s, 1) == pytest.approx(
        mean_value_analysis(workers, wait_s, demand_s), rel=1e-9
    )


def test_two_workers_one_server_by_hand():
    # Wait 1, demand 1: states 0, 1, 2 at the server have weights 1, 2, 2; it is busy in 4 of 5.
    assert repairman(2, 1.0, 1.0, 1) == pytest.approx(4 / 5)


def test_three_workers_two_servers_by_hand():
    # Weights 1, 3, 3/2 * 2/1 ... step by step: 1; *3/1 = 3; *2/2 = 3; *1/2 = 1.5. Rates 0, 1, 2, 2 of a sum of 8.5.
    assert repairman(3, 1.0, 1.0, 2) == pytest.approx((3 * 1 + 3 * 2 + 1.5 * 2) / 8.5)


@given(WORKERS, SECONDS, SECONDS, st.integers(1, 8))
def test_never_above_the_two_asymptotes(workers, wait_s, demand_s, servers):
    rate = repairman(workers, wait_s, demand_s, servers)
    assert rate <= min(workers / (wait_s + demand_s), servers / demand_s) * (1 + 1e-9)


@given(st.integers(1, 8), SECONDS, SECONDS)
def test_as_many_servers_as_workers_never_queue(workers, wait_s, demand_s):
    assert repairman(workers, wait_s, demand_s, workers) == pytest.approx(workers / (wait_s + demand_s))


@pytest.mark.parametrize(
    ("workers", "asymptote"),
    [(1, 1 / 0.0206), (2, 2 / 0.0206), (1000, 1 / 0.0006)],
)
def test_the_asymptotes_are_reached_far_from_the_knee(workers, asymptote):
    assert repairman(workers, 0.02, 0.0006, 1) == pytest.approx(asymptote, rel=0.001)


@given(WORKERS, SECONDS, SECONDS, st.integers(1, 8))
def test_one_worker_more_never_slows_the_model(workers, wait_s, demand_s, servers):
    less, more = (repairman(n, wait_s, demand_s, servers) for n in (workers, workers + 1))
    assert more >= less * (1 - 1e-9)


@pytest.mark.parametrize(("wait_s", "demand_s"), [(0.05, 1e-6), (0.05, 0.01), (1e-6, 0.01), (100.0, 1e-6)])
def test_ten_thousand_workers_do_not_underflow(wait_s, demand_s):
    rate = repairman(10_000, wait_s, demand_s, 1)
    assert isfinite(rate)
    assert rate == pytest.approx(mean_value_analysis(10_000, wait_s, demand_s), rel=1e-6)


@pytest.mark.parametrize(
    ("workers", "wait_s", "demand_s", "servers", "rate"),
    [
        (8, 0.5, 0.0, 1, 16.0),
        (8, 0.0, 0.0, 1, inf),
        (8, 0.0, 0.25, 2, 8.0),
        (1, 0.0, 0.25, 2, 4.0),
        (8, -1.0, 0.25, 1, 4.0),
    ],
)
def test_nothing_to_wait_for_and_nothing_to_do(workers, wait_s, demand_s, servers, rate):
    assert repairman(workers, wait_s, demand_s, servers) == rate


@pytest.mark.parametrize(
    ("times_s", "workers", "spent_s"),
    [
        ([0, 1, 2, 3, 4], 3, 5),
        ([4, 3, 2, 1, 0], 3, 4),
        ([1.0] * 20, 16, 2),
        ([1.0] * 3, 16, 1),
        ([1, 2, 3], 1, 6),
        ([], 4, 0),
    ],
)
def test_a_greedy_schedule(times_s, workers, spent_s):
    assert makespan(times_s, workers) == spent_s


@given(st.lists(SECONDS, min_size=1, max_size=40), st.integers(1, 12))
def test_a_schedule_is_neither_shorter_than_its_work_nor_twice_the_best(times_s, workers):
    least = max(sum(times_s) / workers, *times_s) if len(times_s) > 1 else times_s[0]
    assert least * (1 - 1e-9) <= makespan(times_s, workers) <= 2 * least


@pytest.mark.parametrize(
    ("waiting", "interpreter", "cores", "lowest", "name"),
    [
        (10.0, 20.0, 30.0, 10.0, "waiting"),
        (30.0, 20.0, 40.0, 20.0, "interpreter"),
        (30.0, 20.0, 10.0, 10.0, "cores"),
        (30.0, None, 40.0, 30.0, "waiting"),
        (30.0, None, inf, 30.0, "waiting"),
        (50.0, None, 40.0, 40.0, "cores"),
    ],
)
def test_the_lowest_of_three(waiting, interpreter, cores, lowest, name):
    found = Limits(waiting, interpreter, cores, 5.0)
    assert (found.lowest, found.name) == (lowest, name)


def demand(*, interpreters: int | None = 1, cpu_s: float = 0.002, machine_cpu_s: float = 0.004) -> Demand:
    return Demand(0.02, 0.004, cpu_s, machine_cpu_s, 2, interpreters)


def test_the_limits_of_a_cell_by_hand():
    found = limits(demand(), 8, 100)
    assert (found.waiting, found.interpreter, found.cores) == pytest.approx((400, 500, 500))
    assert found.model == pytest.approx(mean_value_analysis(8, 0.016, 0.002))
    assert found.name == "waiting"


def test_processes_queue_for_the_cores_with_the_cpu_of_the_whole_machine():
    found = limits(demand(interpreters=None), 8, 100)
    assert found.interpreter is None
    assert found.model == pytest.approx(repairman(8, 0.016, 0.004, 2))


def test_a_given_job_is_limited_by_its_schedule():
    found = limits(demand(), 3, 5, [0, 1, 2, 3, 4])
    assert found.waiting == 1.0
    assert found.model == 1.0


def test_without_cpu_only_waiting_limits():
    found = limits(demand(cpu_s=0.0, machine_cpu_s=0.0), 8, 100)
    assert (found.interpreter, found.cores, found.lowest) == (None, inf, 400)
    assert found.model == 400


def test_a_task_that_is_all_cpu_has_no_wait():
    found = limits(Demand(0.01, 0.02, 0.01, 0.01, 2, interpreters=1), 4, 100)
    assert found.model == pytest.approx(100)


def test_released_the_interpreter_is_no_limit():
    found = without_interpreter(limits(demand(), 64, 100), demand(), 64)
    assert (found.interpreter, found.name) == (None, "cores")
    assert found.model == pytest.approx(repairman(64, 0.016, 0.004, 2))
