"""What an answer needs, on beliefs made by hand."""

from math import log

import numpy as np
import pytest

from poolbench.tuning import Choice, Lane, decision
from poolbench.tuning.decision import Rules
from poolbench.tuning.noise import Noise
from poolbench.tuning.report import Beliefs

RULES = Rules.of((Lane("threads", 4),), 0.05, 0.85)


def beliefs(rates, runs, pick, sd=0.02):
    """Of 4 threads: rates and runs by worker count."""
    centres = {Choice("threads", n): log(rate) for n, rate in rates.items()}
    counts = {Choice("threads", n): runs[n] for n in rates}
    curves = np.zeros((10, 4))
    answers = np.full(10, pick - 1)
    return Beliefs(RULES.choices, Noise(sd, 10.0), centres, counts, curves, curves.mean(axis=0), answers, pick - 1)


@pytest.mark.parametrize(
    ("rates", "runs", "sd", "answer"),
    [
        ({2: 10.0, 4: 12.0}, {2: 6, 4: 6}, 0.02, 4),
        ({2: 10.0, 4: 10.4}, {2: 6, 4: 6}, 0.02, 2),  # within tolerance
        ({2: 10.0, 4: 12.0}, {2: 6, 4: 3}, 0.02, 2),  # hardly measured
        ({2: 10.0, 4: 10.7}, {2: 6, 4: 6}, 0.15, 2),  # no more than noise
        ({3: 10.0, 4: 12.0}, {3: 6, 4: 6}, 0.02, 2),  # the answer itself was not measured
    ],
)
def test_an_answer_that_its_own_runs_contradict_gives_way_to_the_fastest(rates, runs, sd, answer):
    assert decision.uncontradicted(beliefs(rates, runs, 2, sd), RULES).choice == Choice("threads", answer)


MANY = Rules.of((Lane("threads", 64),), 0.05, 0.85)


def pick(chance, rates):
    """Of 64 threads, all measured twice: from the chance of each to be within tolerance, and its throughput."""
    runs = dict.fromkeys(MANY.choices, 2)
    curves = np.log(np.array([rates] * 10, dtype=float))
    known = Beliefs(MANY.choices, Noise(0.02, 10.0), {}, runs, curves, np.array(chance), np.zeros(10, dtype=int), 0)
    return decision.measured(known, MANY).choice.workers


COUNTS = range(1, 65)


@pytest.mark.parametrize(
    ("chance", "rates", "workers"),
    [
        ([0.9 if n >= 60 else 0.0 for n in COUNTS], [10.0] * 64, 60),
        ([0.9 if n >= 60 else 0.0 for n in COUNTS], COUNTS, 64),  # growth pays
        ([0.9 if n >= 40 else 0.0 for n in COUNTS], COUNTS, 44),  # as far as the price is nearly the same
        ([0.9 if n >= 40 else 0.0 for n in COUNTS], [n**0.3 for n in COUNTS], 40),  # grows too little
        ([0.9 if n >= 52 else 0.0 for n in COUNTS], [n**0.3 for n in COUNTS], 64),  # enough so near to the end
        ([0.9 if n >= 51 else 0.0 for n in COUNTS], [n**0.3 for n in COUNTS], 51),  # which is too far
        ([0.9 if n >= 60 else 0.0 for n in COUNTS], [n**0.05 for n in COUNTS], 60),  # grows too little even there
        ([{60: 0.9, 61: 0.5, 63: 0.5}.get(n, 0.0) for n in COUNTS], COUNTS, 60),  # is less sure
        ([{20: 0.3, 60: 0.6}.get(n, 0.0) for n in COUNTS], [10.0] * 64, 60),  # none has the confidence
    ],
)
def test_the_cheapest_that_is_sure_enough_or_what_pays_at_nearly_its_price(chance, rates, workers):
    assert pick(chance, rates) == workers
