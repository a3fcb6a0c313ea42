"""A machine that is slower for a while, in the middle of a search."""

import random

import pytest

from poolbench.tuning import Choice, Lane, Search


def disturbed(truth, first, length, seed, noise=0.03, factor=2.5, most=64):
    """A search during which `length` runs from `first` on are slower by `factor`."""
    rng = random.Random(seed)
    search = Search([Lane("threads", most)], seed=seed)
    runs = 0
    while (choice := search.ask()) is not None:
        slower = factor if first <= runs < first + length else 1.0
        search.tell(choice, truth(choice.workers) * rng.lognormvariate(0, noise) / slower, 1.0)
        runs += 1
    return search.evidence()


@pytest.mark.parametrize("length", [6, 20])
@pytest.mark.parametrize("first", [3, 11, 16])
def test_never_confidently_wrong(first, length):
    found = disturbed(lambda n: min(n, 24), first, length, seed=first)
    assert not found.conclusive or found.recommendation.choice.workers >= 0.925 * 24


def test_runs_while_disturbed_are_left_out_and_the_search_goes_on():
    found = disturbed(lambda n: min(n, 12), 13, 8, seed=2)
    assert found.conclusive
    assert 12 <= found.recommendation.choice.workers <= 16
    assert sum(row.left_out for row in found.rows) >= 5


def test_a_disturbance_without_end_is_inconclusive():
    found = disturbed(lambda n: min(n, 12), 13, 1000, seed=2)
    assert not found.conclusive
    assert found.reason == "disturbed"


def test_a_machine_that_was_slow_at_first_is_measured_again():
    found = disturbed(lambda n: min(n, 12), 0, 13, seed=4)
    assert not found.conclusive or 12 <= found.recommendation.choice.workers <= 16
    assert found.recommendation.per_s == pytest.approx(12, rel=0.1)


def test_a_baseline_whose_runs_were_all_left_out_is_measured_again():
    search, one = Search([Lane("threads", 16)], seed=3), Choice("threads", 1)
    for _ in range(14):
        search.tell(choice := search.ask(), min(choice.workers, 8.0), 1.0)
    search._leave_out([run for run in search._told if run[0] == one])
    while (choice := search.ask()) is not None:
        search.tell(choice, min(choice.workers, 8.0), 1.0)
    assert search.evidence().recommendation.speedup == pytest.approx(8.0)


def test_a_single_slow_run_is_no_disturbance():
    found = disturbed(lambda n: min(n, 12), 14, 1, seed=5)
    assert found.conclusive
    assert sum(row.left_out for row in found.rows) == 0
