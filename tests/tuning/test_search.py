"""The search on exact curves, failures, an early stop, several lanes."""

import random
from collections import Counter

import pytest

from poolbench.tuning import Choice, Lane, Search


def tuned(search, truth, noise=0.0, seed=1, most=1000):
    """Runs the search on `truth(choice)` tasks per second; None from it is a failure."""
    rng = random.Random(seed)
    asked = []
    while len(asked) < most and (choice := search.ask()) is not None:
        rate = truth(choice)
        search.tell(choice, None if rate is None else rate * rng.lognormvariate(0, noise), 1.0)
        asked.append(choice)
    return search.evidence(), asked


def one_lane(most=64, **options):
    return Search([Lane("threads", most)], **options)


def answer(truth, noise=0.0, most=64, seed=1):
    found, _ = tuned(one_lane(most, seed=seed), lambda choice: truth(choice.workers), noise, seed)
    return found.recommendation.choice.workers


def test_a_flat_curve_needs_one_worker():
    assert answer(lambda n: 10.0) == 1


@pytest.mark.parametrize("cap", [2, 8, 20, 40])
def test_a_cap_is_found(cap):
    assert cap * 0.95 <= answer(lambda n: min(n, cap)) <= 1.25 * cap + 1


@pytest.mark.parametrize("edge", [20, 40])
@pytest.mark.parametrize("seed", range(3))
def test_never_past_the_edge_of_a_cliff(edge, seed):
    assert answer(lambda n: n if n <= edge else n / 5, noise=0.05, seed=seed) <= edge


def test_linear_growth_needs_them_all():
    assert answer(float) >= 0.95 * 64


@pytest.mark.parametrize("seed", range(3))
def test_growth_that_pays_is_followed_to_its_end(seed):
    """61 of 64 would be within tolerance, for the sake of three workers."""
    assert answer(float, noise=0.02, seed=seed) >= 63


@pytest.mark.parametrize("most", [1, 2, 3, 100, 512])
def test_spaces_of_any_size(most):
    found = answer(lambda n: min(n, 70), most=most, noise=0.02)
    assert 0.925 * min(most, 70) <= found <= max(most, 100)


def test_the_same_seed_asks_the_same():
    first = tuned(one_lane(seed=3), lambda choice: min(choice.workers, 12), 0.05)
    assert first == tuned(one_lane(seed=3), lambda choice: min(choice.workers, 12), 0.05)


def test_stopped_early_it_says_what_it_knows():
    found, _ = tuned(one_lane(), lambda choice: min(choice.workers, 12), 0.05, most=5)
    assert not found.conclusive
    assert found.reason == "budget"
    assert found.recommendation is not None
    assert len(found.possible) >= 1
    assert found.more_runs >= 1


def test_before_any_run_nothing_is_known():
    found = one_lane().evidence()
    assert (found.recommendation, found.rows, found.conclusive) == (None, (), False)


def test_what_fails_twice_is_out_and_all_that_is_larger():
    found, asked = tuned(one_lane(512), lambda choice: choice.workers if choice.workers <= 100 else None)
    assert found.recommendation.choice.workers <= 100
    assert sum(choice.workers > 200 for choice in asked) <= 6


def test_a_single_failure_is_tried_again():
    failed = []

    def truth(choice):
        if choice.workers == 16 and not failed:
            failed.append(choice)
            return None
        return min(choice.workers, 16)

    found, _ = tuned(one_lane(), truth)
    assert found.recommendation.choice.workers in range(16, 22)


def test_when_all_fails_there_is_no_answer():
    found, asked = tuned(one_lane(), lambda choice: None)
    assert found.reason == "failed"
    assert found.recommendation is None
    assert len(asked) < 20


def test_lanes_are_raced_and_the_cheapest_wins_a_tie():
    lanes = [
        Lane("sequential", 1),
        Lane("asyncio", 64, cost=0.1),
        Lane("threads", 64),
        Lane("processes", 64, cost=10),
    ]
    caps = {"sequential": 1, "asyncio": 20, "threads": 20, "processes": 5}
    search = Search(lanes, baseline=Choice("sequential", 1))
    found, asked = tuned(search, lambda choice: min(choice.workers, caps[choice.lane]), 0.02)
    assert found.recommendation.choice.lane == "asyncio"
    assert found.recommendation.choice.workers in range(19, 27)
    assert found.recommendation.speedup_ci.low < 20 < found.recommendation.speedup_ci.high
    counts = {lane.name: sum(choice.lane == lane.name for choice in asked) for lane in lanes}
    assert counts["processes"] < counts["asyncio"]


def test_a_worker_more_is_not_much_dearer_whatever_a_worker_costs():
    """Where the fewest are just at the tolerance, the next count is an end: in processes as in threads."""
    curve, runs = [1.0, 1.91, 1.98, 2.0], []
    for cost in (1.0, 8.0):
        lanes = [Lane("sequential", 1, 0.1), Lane("any", 16, cost, first_look=2)]
        search = Search(lanes, baseline=Choice("sequential", 1), seed=4)
        found, asked = tuned(search, lambda choice: curve[min(choice.workers, 4) - 1], 0.05, seed=4)
        assert found.conclusive
        assert found.recommendation.choice == Choice("any", 3)
        runs.append(len(asked))
    assert runs[0] == runs[1] < 60


def test_who_takes_more_time_gets_more_runs():
    lanes = [Lane("threads", 64), Lane("processes", 64, 8.0)]
    assert Search(lanes, longer=2.0).most_runs == 2 * Search(lanes).most_runs


def test_at_every_moment_what_it_says_is_a_number():
    search = Search([Lane("sequential", 1, 0.1), Lane("asyncio", 64, 0.5), Lane("threads", 64)])
    rng = random.Random(1)
    while (choice := search.ask()) is not None:
        search.tell(choice, choice.workers * rng.lognormvariate(0, 0.1), 0.3)
        assert search.evidence().recommendation.per_s > 0


def test_where_nothing_that_ran_can_be_run_again_it_says_so():
    ran = set()

    def once(choice):
        fresh = choice not in ran
        ran.add(choice)
        return 10.0 if fresh and len(ran) < 3 else None

    found, asked = tuned(one_lane(8), once, most=200)
    assert len(asked) < 100
    assert (found.recommendation, found.conclusive, found.reason) == (None, False, "failed")


@pytest.mark.parametrize("noise", [0.0, 0.05])
@pytest.mark.parametrize("broken", [4, 8])
def test_a_count_that_fails_from_some_time_on_is_not_asked_for_for_ever(broken, noise):
    """After the ladder it is slow once, which looks like a disturbance, and can then not be run at all."""
    visits = Counter()

    def rate(choice):
        visits[choice.workers] += 1
        if choice.workers == broken and visits[broken] > 2:
            return None
        return min(choice.workers, 8) * (0.3 if choice.workers == broken and visits[broken] == 2 else 1.0)

    found, asked = tuned(one_lane(16, seed=2), rate, noise, most=300)
    assert len(asked) < 150
    assert visits[broken] <= 4
    assert found.recommendation.choice.workers != broken
