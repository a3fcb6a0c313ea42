"""The machine's own speed, told from what runs next to each other have in common."""

import random

import numpy as np
import pytest

from poolbench.tuning import Choice, Lane, Search
from poolbench.tuning.tempo import tempo

RATES = {Choice("processes", n): 100.0 * min(n, 2) for n in (1, 2, 3, 4)}


def told(speed_at, runs=120, noise=0.04, seed=1, rates=RATES):
    """Choices in random order, and their log throughputs on a machine of this log speed at each run."""
    rng = random.Random(seed)
    choices = [rng.choice(list(rates)) for _ in range(runs)]
    return [(each, np.log(rates[each]) + speed_at(at) + rng.gauss(0, noise)) for at, each in enumerate(choices)]


def speeds(runs):
    return tempo(runs).speeds


def flips(at):
    return np.log(0.6) if at // 10 % 3 == 1 else 0.0


@pytest.mark.parametrize("seed", range(4))
def test_a_machine_that_flips_is_followed(seed):
    off = np.array([flips(at) for at in range(120)])
    found = speeds(told(flips, seed=seed))
    assert np.std(off - found) < 0.3 * np.std(off)
    assert np.corrcoef(off, found)[0, 1] > 0.9


def test_a_steady_machine_is_left_alone():
    found = [tempo(told(lambda at: 0.0, seed=seed)) for seed in range(30)]
    assert sum(each.swing > 0 for each in found) <= 1
    assert found[0].sd == found[0].swing == 0


@pytest.mark.parametrize("seed", range(4))
def test_what_it_leaves_is_the_noise(seed):
    """A little more than that: the speeds are not quite known either."""
    assert 0.03 < tempo(told(flips, seed=seed)).sd < 0.07


def test_slow_changes_are_followed_too():
    found = tempo(told(lambda at: 0.3 * np.sin(at / 8), noise=0.02))
    assert np.std([0.3 * np.sin(at / 8) for at in range(120)] - found.speeds) < 0.05


def test_a_few_stragglers_are_no_speed():
    assert not np.any(speeds(told(lambda at: -1.0 if at % 17 == 0 else 0.0)))


def test_the_middle_of_all_runs_is_the_usual_speed():
    assert np.median(speeds(told(flips))) == pytest.approx(0)


@pytest.mark.parametrize("runs", [0, 1, 11])
def test_few_runs_tell_nothing(runs):
    found = tempo(told(flips, runs))
    assert found.speeds.tolist() == [0.0] * runs
    assert found.swing == found.sd == 0


def test_one_choice_alone_tells_nothing():
    assert not np.any(speeds(told(flips, rates={Choice("threads", 4): 10.0})))


def test_without_any_noise_there_is_nothing_to_tell():
    assert not np.any(speeds(told(lambda at: 0.0, noise=0.0)))


def test_a_choice_of_one_run_is_judged_by_its_neighbours():
    runs = told(flips)
    runs[45] = (Choice("processes", 5), np.log(200) + flips(45))  # in the middle of a slow spell
    assert runs[45][1] - speeds(runs)[45] == pytest.approx(np.log(200), abs=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_a_search_on_a_machine_that_flips(seed):
    rng, search, runs = random.Random(seed), Search([Lane("processes", 16)], seed=seed), 0
    while (choice := search.ask()) is not None:
        slow = 0.75 if runs // 9 % 2 else 1.0
        search.tell(choice, min(choice.workers, 2) * slow * rng.lognormvariate(0, 0.03), 1.0)
        runs += 1
    found = search.evidence()
    assert found.recommendation.choice.workers in {2, 3}
    # Of a run as it was, with the machine's speed, unless what was slow was noticed and left out.
    assert found.noise > 0.08 or any(row.left_out for row in found.rows)
