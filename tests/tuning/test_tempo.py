"""The machine's own speed, told from what runs next to each other have in common."""

import random

import numpy as np
import pytest

from poolbench.tuning import Choice, Lane, Search
from poolbench.tuning.tempo import Tempo, tempo

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
    assert 0.03 < tempo(told(flips, seed=seed)).sd < 0.07


@pytest.mark.parametrize("noise", [0.002, 0.005])
def test_a_swing_of_many_standard_deviations(noise):
    off = np.array([flips(at) for at in range(120)])
    assert np.std(off - speeds(told(flips, noise=noise))) < 0.02


def test_slow_changes_are_followed_too():
    found = tempo(told(lambda at: 0.3 * np.sin(at / 8), noise=0.02))
    assert np.std([0.3 * np.sin(at / 8) for at in range(120)] - found.speeds) < 0.05


def test_a_few_stragglers_are_no_speed():
    assert not np.any(speeds(told(lambda at: -1.0 if at % 17 == 0 else 0.0)))


def test_the_middle_of_all_runs_is_the_usual_speed():
    assert np.median(speeds(told(flips))) == pytest.approx(0)


@pytest.mark.parametrize("runs", [0, 1, 11, 321])
def test_few_runs_tell_nothing_and_many_take_too_long(runs):
    found = tempo(told(lambda at: flips(at + 5), runs))
    assert found.speeds.tolist() == [0.0] * runs
    assert found.swing == found.sd == 0


def test_choices_that_ran_once_tell_nothing():
    rates = {Choice("threads", n): 100.0 for n in range(1, 200)}
    assert tempo(told(flips, 20, rates=rates)).swing == 0


def test_one_choice_alone_tells_nothing():
    assert not np.any(speeds(told(flips, rates={Choice("threads", 4): 10.0})))


def test_without_any_noise_there_is_nothing_to_tell():
    assert not np.any(speeds(told(lambda at: 0.0, noise=0.0)))


def test_a_choice_of_one_run_is_judged_by_its_neighbours():
    runs = told(flips)
    runs[45] = (Choice("processes", 5), np.log(200) + flips(45))  # in the middle of a slow spell
    assert runs[45][1] - speeds(runs)[45] == pytest.approx(np.log(200), abs=0.1)


def searched(factor, seed):
    """A search on a machine that falls to `factor` of its speed and comes back, nine runs each."""
    rng, search, runs = random.Random(seed), Search([Lane("processes", 16)], seed=seed), 0
    while (choice := search.ask()) is not None:
        slow = factor if runs // 9 % 2 else 1.0
        search.tell(choice, min(choice.workers, 2) * slow * rng.lognormvariate(0, 0.03), 1.0)
        runs += 1
    return search.evidence()


def test_a_search_on_a_machine_that_flips(monkeypatch):
    found = [searched(0.7, seed) for seed in range(6)]
    assert all(each.conclusive and 2 <= each.recommendation.choice.workers <= 5 for each in found)
    monkeypatch.setattr("poolbench.tuning.search.tempo", lambda runs: Tempo(np.zeros(len(runs))))
    without = [searched(0.7, seed) for seed in range(6)]
    assert sum(each.runs for each in found) < sum(each.runs for each in without)
