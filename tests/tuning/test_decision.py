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
