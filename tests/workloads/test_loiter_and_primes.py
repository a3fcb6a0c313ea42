"""The two workloads that need no network, and what every workload has by default."""

from __future__ import annotations

from typing import Any

import pytest

from poolbench.workloads import recipe
from poolbench.workloads.base import Workload
from poolbench.workloads.loiter import LoiterWorkload
from poolbench.workloads.primes import PrimesWorkload, is_prime, primes_below

WAYS = ("sequential", "threads", "processes", "asyncio")
PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97]


def loiter(unit: str = "0", sleeps: str = "0..4") -> LoiterWorkload:
    return LoiterWorkload({"unit": unit, "sleeps": sleeps})


@pytest.mark.parametrize("way", WAYS)
def test_loiterers_return_ten_times_their_item(way: str, trial: Any) -> None:
    row, spans, values = trial(loiter("2ms"), way, 1 if way == "sequential" else 2, 7)
    assert (row.outcome, values) == ("ok", [0, 10, 20, 30, 40, 0, 10])
    assert row.params == "sleeps=0..4;unit=2ms"
    for task, span in enumerate(spans):
        assert span.finished_s - span.started_s >= 0.002 * (task % 5), "a sleep is never early"


@pytest.mark.parametrize(
    ("sleeps", "items"),
    [("0..4", [0, 1, 2, 3, 4, 0, 1]), ("2..0", [2, 1, 0, 2, 1, 0, 2]), ("3", [3] * 7), ("5..5", [5] * 7)],
)
def test_sleeps_are_cycled(sleeps: str, items: list[int]) -> None:
    workload = loiter(sleeps=sleeps)
    assert list(workload.items(7)) == items
    assert list(workload.warmup(3)) == [min(items)] * 3


@pytest.mark.parametrize("sleeps", ["", "a", "1..", "..1", "-1..2", "1.5", "1,2", "1234567"])
def test_sleeps_that_cannot_be_read(sleeps: str, usage: Any) -> None:
    assert usage(loiter, sleeps=sleeps) == (
        f"cannot read sleeps {sleeps}",
        "write 0..4, 4..0 or a single number of units",
    )


def test_a_unit_needs_a_unit(usage: Any) -> None:
    assert usage(loiter, "10")[0] == "cannot read unit 10"
    assert loiter("0.01s").params["unit"] == "10ms", "shown the shortest way"


@pytest.mark.parametrize(("value", "reason"), [(20, ""), (10, "loiter(2) gave 10, not 20"), (None, None)])
def test_a_loiterer_that_returns_something_else_is_found_out(value: Any, reason: str | None) -> None:
    assert loiter().check(2, value) == ("loiter(2) gave None, not 20" if reason is None else reason)


@pytest.mark.parametrize("way", WAYS)
def test_primes_are_proved_by_every_executor(way: str, trial: Any) -> None:
    row, _, values = trial(PrimesWorkload({"digits": "4"}), way, 1 if way == "sequential" else 2, 11)
    assert (row.outcome, row.params, values) == ("ok", "digits=4", [True] * 11)


def test_what_is_prime() -> None:
    assert [number for number in range(-3, 100) if is_prime(number)] == PRIMES


def test_the_largest_primes_below_a_limit() -> None:
    assert primes_below(100, 3) == [97, 89, 83]
    assert primes_below(10, 8) == [7, 5, 3, 2]
    assert primes_below(2, 8) == []


@pytest.mark.parametrize("digits", range(1, 8))
def test_items_are_primes_of_so_many_digits_at_most(digits: int) -> None:
    items = PrimesWorkload({"digits": str(digits)}).items(20)
    assert len(items) == 20
    assert all(is_prime(item) and item < 10**digits for item in items)
    assert items[8:] == items[:12] or digits == 1


@pytest.mark.parametrize("digits", ["0", "16", "-1", "ten", "", "1.5"])
def test_digits_that_cannot_be(digits: str, usage: Any) -> None:
    assert usage(PrimesWorkload, {"digits": digits}) == (
        f"cannot use digits={digits}",
        "write a whole number from 1 to 15",
    )


@pytest.mark.parametrize(("value", "reason"), [(True, ""), (False, "gave False"), (1, "gave 1"), (None, "gave None")])
def test_a_prime_that_was_not_proved_is_found_out(value: Any, reason: str) -> None:
    assert PrimesWorkload({"digits": "2"}).check(97, value) == (f"is_prime(97) {reason}" if reason else "")


@pytest.mark.parametrize("name", ["flags", "loiter", "primes"])
def test_recipes_make_their_workload_of_their_defaults(name: str) -> None:
    found = recipe(name)
    workload = found.make(found.defaults, 0)
    assert (workload.name, workload.given, workload.confined()) == (name, None, "")
    assert "*" in found.workers


def test_a_workload_of_which_nothing_is_known() -> None:
    with Workload("bare", {}) as bare:
        assert (bare.check(1, 2), bare.server(), bare.cautions, bare.pids) == ("", None, [], ())
        assert bare.noun == "tasks"
    for call in (bare.items, bare.job, bare.async_job):
        with pytest.raises(NotImplementedError):
            call(1)


@pytest.mark.parametrize(
    ("given", "warm"), [([], []), ([1], [1, 1, 1]), ([1, 2], [1, 2, 1]), ([1, 2, 3, 4], [1, 2, 3])]
)
def test_workers_warm_up_on_the_users_own_items(given: list[int], warm: list[int]) -> None:
    class Given(Workload):
        def items(self, count: int) -> list[int]:
            return given[:count]

    assert Given("given", {}, given=given).warmup(3) == warm
