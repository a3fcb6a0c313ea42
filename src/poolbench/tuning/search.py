"""Which choice to measure next, and what to conclude."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import exp, log, log2
from typing import TYPE_CHECKING

import numpy as np

from poolbench.tuning import report
from poolbench.tuning.curve import Points, draw, uncertain_scale
from poolbench.tuning.evidence import Choice, Evidence
from poolbench.tuning.noise import Noise, centre, pooled
from poolbench.tuning.report import Beliefs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.tuning.curve import Matrix

__all__ = ["Choice", "Lane", "Search"]

_DRAWS = 150
_FEWEST_RUNS = 18
_MOST_FAILURES = 2


@dataclass(frozen=True)
class Lane:
    """What may be searched."""

    name: str
    most_workers: int
    cost: float = 1.0
    """Relative price of a worker: the cheapest of what is within tolerance is recommended."""
    first_look: int | None = None
    """Where a model expects the answer: measured early. Never more than a place to look at."""


class Search:
    """Ask for a choice, measure it, tell; until asked in vain."""

    def __init__(
        self,
        lanes: Sequence[Lane],
        *,
        baseline: Choice | None = None,
        tolerance: float = 0.05,
        confidence: float = 0.8,
        seed: int = 0,
        most_runs: int = 48,
    ) -> None:
        self.lanes = tuple(lanes)
        self.baseline = baseline or Choice(self.lanes[0].name, 1)
        self.tolerance, self.confidence, self.most_runs = tolerance, confidence, most_runs
        self._rng = np.random.default_rng(seed)
        self._most = {lane.name: lane.most_workers for lane in self.lanes}
        self._logs: dict[Choice, list[float]] = {}
        self._failures: Counter[Choice] = Counter()
        self._runs = 0
        priced = [(lane.cost * n, Choice(lane.name, n)) for lane in lanes for n in range(1, lane.most_workers + 1)]
        priced.sort(key=lambda each: each[0])
        self._prices = np.log([price for price, _ in priced])
        self._choices = [choice for _, choice in priced]
        self._at = {choice: at for at, choice in enumerate(self._choices)}
        self._plan = self._ladders()
        self._again_planned = False
        self._known: Beliefs | None = None
        self._done = ""

    def _ladders(self) -> list[Choice]:
        rungs = [Choice(lane.name, n) for lane in self.lanes for n in _ladder(lane.most_workers)]
        return [rungs[at] for _ in range(2) for at in self._rng.permutation(len(rungs))]

    def ask(self) -> Choice | None:
        """The choice to measure next; None when done."""
        if self._done:
            return None
        if not self._plan and not self._again_planned:
            self._again_planned = True
            self._plan = self._unsettled()
        if not self._plan:
            found = self._next()
            self._plan = [found] if found else []
        return self._plan[0] if self._plan else None

    def tell(self, choice: Choice, per_s: float | None, seconds: float | None = None) -> None:
        """What one run at `choice` gave, in tasks per second, and the seconds that it took; None if it failed."""
        if choice in self._plan:
            self._plan.remove(choice)
        self._runs += 1
        self._known = None
        if per_s is None:
            self._fail(choice)
        else:
            self._logs.setdefault(choice, []).append(log(per_s))

    def _fail(self, choice: Choice) -> None:
        """Once more; then it is out, and if nothing larger ever ran in its lane, all that is larger."""
        self._failures[choice] += 1
        if self._failures[choice] < _MOST_FAILURES:
            self._plan.insert(0, choice)
            return
        ran = [each.workers for each in self._logs if each.lane == choice.lane]
        if choice.workers > max(ran, default=0):
            self._most[choice.lane] = min(self._most[choice.lane], choice.workers - 1)
        self._plan = [each for each in self._plan if self._may(each)]

    def _may(self, choice: Choice) -> bool:
        return self._failures[choice] < _MOST_FAILURES and choice.workers <= self._most[choice.lane]

    def evidence(self) -> Evidence:
        """What is known now, at the end or before it."""
        if not self._logs:
            return Evidence((), None, False, "failed" if self._failures else "budget", (), self._runs, None, 0.0)
        beliefs = self._beliefs()
        decided = self._done == "decided"
        return Evidence(
            report.rows(beliefs, self._failures, [lane.name for lane in self.lanes]),
            report.recommendation(beliefs, self.baseline),
            decided,
            self._done or "budget",
            report.possible(beliefs),
            self._runs,
            0 if decided else report.more_runs(beliefs, self._runs, self.confidence),
            beliefs.noise.sd,
        )

    def _unsettled(self) -> list[Choice]:
        noise = pooled(self._logs.values())
        return [c for c, logs in self._logs.items() if len(logs) == 2 and abs(logs[0] - logs[1]) > 4 * noise.sd]

    def _beliefs(self) -> Beliefs:
        if self._known is None:
            self._known = self._believe()
        return self._known

    def _believe(self) -> Beliefs:
        noise = pooled(self._logs.values())
        counts = {choice: len(logs) for choice, logs in self._logs.items() if self._may(choice)}
        centres = {choice: centre(self._logs[choice], noise.sd) for choice in counts}
        scale = uncertain_scale(noise, _DRAWS, self._rng)
        curves = np.full((_DRAWS, len(self._choices)), -np.inf)
        for lane in self.lanes:
            points = self._points(lane, centres, noise)
            if points is not None:
                most = int(points.workers[-1])
                at = [self._at[Choice(lane.name, n)] for n in range(1, most + 1)]
                curves[:, at] = draw(points, most, noise, scale, self._rng)
        curves[:, [self._at[choice] for choice in self._failures if not self._may(choice)]] = -np.inf
        within = curves >= curves.max(axis=1, keepdims=True) + log(1 - self.tolerance)
        chance = within.mean(axis=0)
        pick = int(np.argmax(chance >= min(self.confidence, chance.max())))
        return Beliefs(self._choices, noise, centres, counts, curves, chance, within.argmax(axis=1), pick)

    def _points(self, lane: Lane, centres: dict[Choice, float], noise: Noise) -> Points | None:
        known = sorted(choice.workers for choice in centres if choice.lane == lane.name)
        if not known:
            return None
        choices = [Choice(lane.name, n) for n in known]
        return Points(
            np.array(known),
            np.array([centres[choice] for choice in choices]),
            np.array([noise.error(len(self._logs[choice])) for choice in choices]),
        )

    def _next(self) -> Choice | None:
        if not self._logs or self._runs >= self.most_runs:
            self._done = "runs" if self._logs else "failed"
            return None
        state = self._beliefs()
        if self._sure(state) and self._runs >= _FEWEST_RUNS:
            pick = self._choices[state.pick]
            hole = self._hole(pick)
            if hole is not None:
                return hole
            if len(self._logs.get(pick, ())) < 2:
                return pick
            self._done = "decided"
            return None
        return self._most_telling(state)

    def _sure(self, state: Beliefs) -> bool:
        lost = 1 - np.exp(state.curves[:, state.pick] - state.curves.max(axis=1))
        first = exp(np.quantile(self._prices[state.answers], 0.1))
        price = exp(self._prices[state.pick])
        return bool(
            state.within[state.pick] >= self.confidence
            and np.quantile(lost, 0.95) <= 1.5 * self.tolerance
            and price <= max(1.3 * first, first + 1)
        )

    def _hole(self, pick: Choice) -> Choice | None:
        known = sorted(choice.workers for choice in self._logs if choice.lane == pick.lane)
        holes = [
            (a, c)
            for a, c in zip(known, known[1:], strict=False)
            if c > 1.45 * a and c - a > 1 and c > pick.workers / 2 and a < 2 * pick.workers
        ]
        if not holes:
            return None
        a, c = min(holes, key=lambda gap: abs(log2(gap[0] * gap[1]) / 2 - log2(pick.workers)))
        return Choice(pick.lane, min(max(round((a * c) ** 0.5), a + 1), c - 1))

    def _most_telling(self, state: Beliefs) -> Choice:
        known = np.flatnonzero(np.isfinite(state.curves[0]))
        curves, best = state.curves[:, known], state.curves.max(axis=1)
        prices = self._prices[state.answers]
        spread = curves - curves.mean(axis=0)
        about_knee = (spread * (prices - prices.mean())[:, None]).mean(axis=0)
        about_top = (spread * (best - best.mean())[:, None]).mean(axis=0)
        value = (about_knee**2 + 0.5 * about_top**2) / (spread.var(axis=0) + state.noise.sd**2)
        return self._choices[known[np.argmax(value * np.exp(curves.mean(axis=0) / 2))]]


def _ladder(most: int) -> list[int]:
    rungs = [2**power for power in range(int(log2(most)) + 1)]
    return rungs if rungs[-1] == most else [*rungs, most]
