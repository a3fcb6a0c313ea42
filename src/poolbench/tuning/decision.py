"""From runs to beliefs, and from beliefs to the next run or the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, exp, hypot, log, log2
from typing import TYPE_CHECKING

import numpy as np

from poolbench.tuning.curve import Points, draw, uncertain_scale
from poolbench.tuning.evidence import Choice
from poolbench.tuning.noise import centre, pooled
from poolbench.tuning.report import Beliefs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from poolbench.tuning.noise import Noise
    from poolbench.tuning.search import Lane
    from poolbench.tuning.shape import Matrix
    from poolbench.tuning.tempo import Tempo

DRAWS = 100
_TOP_WEIGHT = 0.5
"""Of knowing how high the top is, beside knowing where the answer is."""
_DEARER = 1.3
"""A pick that is dearer than this many times the price of what may be the answer, and by a worker, is not the end."""
_ROUNDED = 1 + 1e-9
"""Prices have been logarithms."""
_MARGIN = 1.1, 0.4
"""Up to so many times its price a dearer one takes the place of a pick, if throughput grows with such a power of it."""
_AT_THE_END = 1.25, 0.1
"""The same where its lane ends so near: what still rises there has its best beyond what is looked at."""
_FAR = 1.5
"""Nor one that may lose this many times the tolerance."""
_HOLE = 1.45
"""Neighbours of such a ratio have room for something between them."""
_OWN = 2, 8
"""Runs of the pick itself: at least, at most."""
_CHALLENGE = 4, 12
"""Runs that settle a contradiction: at least, at most."""

_LIKELY = 0.1
"""Chance of a much cheaper answer that is worth a closer look."""
_CLOSER, _CLOSE = 2, (4, 32)
"""How close: so many times the runs of a challenge; at least, at most."""


@dataclass(frozen=True)
class Rules:
    """What is searched, and what is asked of the answer."""

    lanes: tuple[Lane, ...]
    choices: list[Choice]
    """All, the cheapest first."""
    prices: Matrix
    """Of each, as a logarithm."""
    tolerance: float
    confidence: float

    @classmethod
    def of(cls, lanes: tuple[Lane, ...], tolerance: float, confidence: float) -> Rules:
        """For these lanes."""
        priced = [(lane.cost * n, Choice(lane.name, n)) for lane in lanes for n in range(1, lane.most_workers + 1)]
        priced.sort(key=lambda each: each[0])
        return cls(
            lanes, [choice for _, choice in priced], np.log([price for price, _ in priced]), tolerance, confidence
        )


def believe(
    logs: Mapping[Choice, Sequence[float]],
    out: Iterable[Choice],
    rules: Rules,
    rng: np.random.Generator,
    tempo: Tempo,
) -> Beliefs:
    """From the runs that count, without the machine's `tempo`; `out` are choices that cannot be recommended."""
    noise = pooled(logs.values(), tempo.sd)
    centres = {choice: centre(each, noise.sd) for choice, each in logs.items()}
    counts = {choice: len(each) for choice, each in logs.items()}
    scale = uncertain_scale(noise, DRAWS, rng)
    curves = np.full((DRAWS, len(rules.choices)), -np.inf)
    at = {choice: column for column, choice in enumerate(rules.choices)}
    for lane in rules.lanes:
        known = sorted(choice.workers for choice in logs if choice.lane == lane.name)
        if known:
            points = _points(lane.name, known, centres, counts, noise)
            columns = [at[Choice(lane.name, n)] for n in range(1, known[-1] + 1)]
            curves[:, columns] = draw(points, scale, rng)
    curves[:, [at[choice] for choice in out]] = -np.inf
    within = curves >= curves.max(axis=1, keepdims=True) + log(1 - rules.tolerance)
    chance = within.mean(axis=0)
    answers, pick = within.argmax(axis=1), _pick(chance, curves, rules)
    return Beliefs(rules.choices, noise, centres, counts, curves, chance, answers, pick, tempo.swing)


def _pick(chance: Matrix, curves: Matrix, rules: Rules) -> int:
    """The cheapest that is within tolerance with the confidence asked for, or with as much as there is.

    Or, of those that are as sure at nearly that price, the one from which on throughput no longer grows by the share of
    the price that it must: on a curve that rises to its end, no count loses less than the tolerance by much, and a
    worker more among sixty is soon paid.
    """
    found = int(np.argmax(chance >= min(rules.confidence, chance.max())))
    nearly, pays = _margin(rules.choices[found], rules)
    near = (rules.prices <= rules.prices[found] + log(nearly * _ROUNDED)) & (chance >= chance[found])
    return int(np.argmax(np.where(near, curves.mean(axis=0) - pays * rules.prices, -np.inf)))


def _margin(found: Choice, rules: Rules) -> tuple[float, float]:
    most = next(lane.most_workers for lane in rules.lanes if lane.name == found.lane)
    return _AT_THE_END if found.workers < most <= _AT_THE_END[0] * found.workers else _MARGIN


def measured(beliefs: Beliefs, rules: Rules) -> Beliefs:
    """With the pick among choices that were measured twice: for an end without certainty."""
    known = [beliefs.counts.get(choice, 0) > 1 for choice in beliefs.choices]
    chance = np.where(known, beliefs.within, 0)
    return replace(beliefs, pick=_pick(chance, beliefs.curves, rules)) if chance.any() else beliefs


def uncontradicted(beliefs: Beliefs, rules: Rules) -> Beliefs:
    """With the fastest as the pick, if the runs of these two contradict the pick: for an end without certainty as well.

    What was measured outweighs a shape. Beside the tolerance, half a standard error is left to chance.
    """
    known = [choice for choice, runs in beliefs.counts.items() if runs >= _CHALLENGE[0]]
    if not known or beliefs.choice not in beliefs.centres:
        return beliefs
    fastest = max(known, key=lambda each: beliefs.centres[each])
    error = hypot(*(beliefs.noise.error(beliefs.counts[each]) for each in (beliefs.choice, fastest)))
    lost = beliefs.centres[fastest] - beliefs.centres[beliefs.choice]
    if lost <= -log(1 - rules.tolerance) + error / 2:
        return beliefs
    return replace(beliefs, pick=beliefs.choices.index(fastest))


def _points(
    lane: str, known: list[int], centres: Mapping[Choice, float], counts: Mapping[Choice, int], noise: Noise
) -> Points:
    choices = [Choice(lane, n) for n in known]
    return Points(
        np.array(known),
        np.array([centres[choice] for choice in choices]),
        np.array([noise.error(counts[choice]) for choice in choices]),
    )


def sure(beliefs: Beliefs, rules: Rules) -> bool:
    """Whether the pick is within tolerance, never far from it, and not much dearer than what may be the answer."""
    first = exp(float(np.quantile(rules.prices[beliefs.answers], 0.1)))
    price = exp(rules.prices[beliefs.pick])
    one_worker = price / beliefs.choice.workers
    return bool(
        beliefs.within[beliefs.pick] >= rules.confidence
        and _lost(beliefs) <= _FAR * rules.tolerance
        and price <= max(_DEARER * first, first + one_worker) * _ROUNDED
    )


def _lost(beliefs: Beliefs) -> float:
    """Share of the best throughput that the pick loses at most, with a chance of 95 %."""
    return float(np.quantile(1 - np.exp(beliefs.curves[:, beliefs.pick] - beliefs.curves.max(axis=1)), 0.95))


def more_runs(beliefs: Beliefs, rules: Rules, runs: int) -> int | None:
    """Were the doubt to shrink as the square root of the runs, so many more would bring it to what is allowed.

    None where it is something else that keeps the search from its end.
    """
    from scipy.special import ndtri

    asked, now = float(ndtri(rules.confidence)), float(ndtri(np.clip(beliefs.within[beliefs.pick], 0.55, 0.999)))
    doubt = max(asked / now, _lost(beliefs) / (_FAR * rules.tolerance))
    return ceil(runs * (doubt**2 - 1)) if doubt > 1 else None


def hole(beliefs: Beliefs) -> Choice | None:
    """In the widest gap between measured counts near the pick, where something may hide; None if there is none."""
    pick = beliefs.choice
    known = sorted(choice.workers for choice in beliefs.counts if choice.lane == pick.lane)
    holes = {
        Choice(pick.lane, min(max(round((low * high) ** 0.5), low + 1), high - 1)): log2(low * high) / 2
        for low, high in pairwise(known)
        if high > _HOLE * low and high - low > 1 and high > pick.workers / 2 and low < 2 * pick.workers
    }
    # What cannot be run stays unknown.
    able = [each for each in holes if np.isfinite(beliefs.curves[:, beliefs.choices.index(each)]).all()]
    return min(able, key=lambda each: abs(holes[each] - log2(pick.workers)), default=None)


def challenger(beliefs: Beliefs, rules: Rules) -> Choice | None:
    """The pick or the fastest, if the runs of these two alone contradict the pick and one has too few of them."""
    pick, fastest = beliefs.choice, max(beliefs.centres, key=lambda each: beliefs.centres[each])
    # So many tell two choices apart by the tolerance, within reason.
    enough = 2 * (beliefs.noise.sd / rules.tolerance) ** 2
    if beliefs.counts.get(pick, 0) < np.clip(enough / 2, *_OWN):
        return pick
    cheaper = _much_cheaper(beliefs, rules)
    if cheaper is not None and beliefs.counts.get(cheaper, 0) < np.clip(_CLOSER * enough, *_CLOSE):
        return cheaper
    if beliefs.centres[pick] >= beliefs.centres[fastest] + log(1 - rules.tolerance):
        return None
    fewer = min(pick, fastest, key=lambda each: beliefs.counts[each])
    return fewer if beliefs.counts[fewer] < np.clip(enough, *_CHALLENGE) else None


def _much_cheaper(beliefs: Beliefs, rules: Rules) -> Choice | None:
    """The likeliest answer at much less than the pick's price: of few workers, where one more is much; None if none."""
    much = rules.prices < rules.prices[beliefs.pick] - log(_DEARER)
    chance = np.where(much, beliefs.chance, 0)
    return beliefs.choices[int(np.argmax(chance))] if chance.max() >= _LIKELY else None


def most_telling(beliefs: Beliefs, rules: Rules, seconds: Sequence[tuple[float, float]]) -> Choice:
    """The choice whose throughput is most tied to where the answer is, and to how high the top is, for its time."""
    known = np.flatnonzero(np.isfinite(beliefs.curves).all(axis=0))
    curves, best = beliefs.curves[:, known], beliefs.curves.max(axis=1)
    prices = rules.prices[beliefs.answers]
    mean = curves.mean(axis=0)
    spread = curves - mean
    about_answer = spread.T @ (prices - prices.mean()) / len(curves)
    about_top = spread.T @ (best - best.mean()) / len(curves)
    value = (about_answer**2 + _TOP_WEIGHT * about_top**2) / (spread.var(axis=0) + beliefs.noise.sd**2)
    return beliefs.choices[int(known[np.argmax(value * np.exp(mean * _thrift(seconds) / 2))])]


def _thrift(seconds: Sequence[tuple[float, float]]) -> float:
    """How much sooner runs of a higher throughput end: 0 if all take the same time, 1 if all do the same work."""
    rates, times = np.array(seconds).T
    spread = float(rates.var())
    return float(np.clip(-np.mean((rates - rates.mean()) * times) / spread, 0, 1)) if spread > 0 else 0.0
