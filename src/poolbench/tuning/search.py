"""How many workers, of which executor: the search, which asks for one run at a time and is told what it gave.

The answer is the *knee*: the cheapest choice whose throughput is within tolerance of the best of all. The fastest is
the wrong answer: where a curve is flat, noise picks it. Finding a level set whose threshold is a share of an unknown
maximum is a problem of its own (Gotovos, Casati, Hitz and Krause 2013, "Active learning for level set estimation",
IJCAI). In order:

1. *A ladder* of doubling counts, in random order, without low rungs that no growth could have brought near the best;
   then once more the baseline, what is near the best, and what lies in a dip (`ladder`).
2. *Beliefs*: what the machine's own speed did to the runs is taken out (`tempo`), the noise is pooled over all choices
   (`noise`), and curves are drawn from what the runs allow (`shape`, `curve`). In each draw the best is known and so is
   the answer: shares of the draws are the chances. The pick is the cheapest choice that is within tolerance with the
   confidence asked for. All lanes share the draws' best, so that a slow lane cannot hold the answer, and is no longer
   measured. At nearly its price it goes on to where workers no longer pay, or to an end of its lane.
3. *The next run* goes where the throughput is most correlated, over the draws, with the price of the answer and with
   the height of the top, for its noise and its time (`decision`). Runs that contradict their fellows are repeated.
4. *The end* comes when the pick is sure, no gap near it is unexplored, it was itself measured as often as the noise
   asks, and the fastest does not contradict it; or when the runs are used up, and then the search is inconclusive; an
   answer that its own runs contradict then gives way to the fastest.
5. *Disturbances* of the machine are watched for throughout (`disturbance`).

The chances are those of a model: where a curve breaks all shapes they are too high. `benchmarks/tuning` says how often
the answers are right, on curves that the shapes fit and on others.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import hypot, log
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from poolbench.tuning import decision, report
from poolbench.tuning.decision import Rules
from poolbench.tuning.disturbance import Verdict, Watch, spell, unconfirmed, unsteady
from poolbench.tuning.evidence import Choice, Evidence
from poolbench.tuning.ladder import again, lower, upper
from poolbench.tuning.noise import pooled
from poolbench.tuning.tempo import tempo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from poolbench.tuning.report import Beliefs
    from poolbench.tuning.tempo import Tempo

__all__ = ["Choice", "Lane", "Search"]

_MOST_FAILURES = 2
_FEWEST_RUNS = 14
_PAIRS_AFTER = 24
"""Runs. By then one says little: two are made of each choice before beliefs are formed anew."""
_RUNS, _RUNS_MORE = 96, 32
"""The most for one lane, and for each further one."""
_UNSETTLED = 4.0
"""Runs of one choice that differ by so many standard deviations are not yet settled."""
_SETTLED_BY = 6
"""Runs."""


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
        longer: float = 1.0,
    ) -> None:
        """Gives up after `longer` times as many runs as usual, for those who take so much more time."""
        self.lanes = tuple(lanes)
        self.baseline = baseline or Choice(self.lanes[0].name, 1)
        searched = sum(lane.most_workers > 1 for lane in lanes)
        self.most_runs = round(longer * (_RUNS + _RUNS_MORE * max(searched - 1, 0)))
        self._rules = Rules.of(self.lanes, tolerance, confidence)
        self._rng = np.random.default_rng(seed)
        self._most = {lane.name: lane.most_workers for lane in self.lanes}
        self._logs: dict[Choice, list[float]] = {}
        self._told: list[tuple[Choice, float]] = []
        """Runs that count, in the order they were made."""
        self._seconds: list[tuple[float, float]] = []
        self._left_out: Counter[Choice] = Counter()
        self._failures: Counter[Choice] = Counter()
        self._runs = 0
        self._heard: Tempo | None = None
        self._known: Beliefs | None = None
        self._done = ""
        self._watch = Watch()
        self._latest: Beliefs | None = None
        self._steps = self._script()
        self._asked: Choice | None = None

    def ask(self) -> Choice | None:
        """The choice to measure next; None when done."""
        if self._asked is None and not self._done:
            self._asked = self._watch.next or next(self._steps, None)
        return self._asked

    def tell(self, choice: Choice, per_s: float | None, seconds: float | None = None) -> None:
        """What one run at `choice` gave, in tasks per second, and the seconds that it took; None if it failed."""
        self._runs += 1
        self._known = self._heard = None
        if per_s is None:
            self._fail(choice)
        else:
            self._note(choice, log(per_s), log(seconds or 1 / per_s))

    def _note(self, choice: Choice, value: float, seconds: float) -> None:
        self._asked = None
        verdict = self._watch.told(self._latest, choice, value) if self._latest else Verdict.KEEP
        self._logs.setdefault(choice, []).append(value)
        self._told.append((choice, value))
        self._seconds.append((value, seconds))
        if verdict is Verdict.LEAVE_OUT_ALL_BEFORE:
            self._start_again()
        elif verdict is not Verdict.KEEP:
            self._disturbed()
        if verdict is Verdict.GIVE_UP:
            self._done = "disturbed"

    def _disturbed(self) -> None:
        """What is under suspicion does not count, nor when it begins what was measured only just before."""
        suspects = self._watch.suspects
        begins = len(suspects) > 1
        before = unconfirmed(self._told[: self._told.index(suspects[0])]) if begins else []
        self._leave_out([*before, *suspects])

    def _leave_out(self, runs: Sequence[tuple[Choice, float]]) -> None:
        self._known = self._heard = None
        for choice, value in runs:
            self._logs[choice].remove(value)
            self._told.remove((choice, value))
            self._left_out[choice] += 1
            if not self._logs[choice]:
                del self._logs[choice]

    def _start_again(self) -> None:
        """With the last runs only."""
        kept = self._watch.suspects
        self._leave_out([run for run in self._told if run not in kept])
        self._steps, self._latest = self._script(), None

    def _fail(self, choice: Choice) -> None:
        """Once more; then it is out, and if nothing larger ever ran in its lane, all that is larger."""
        self._failures[choice] += 1
        if self._failures[choice] < _MOST_FAILURES:
            return
        self._asked = None
        if self._watch.next == choice:
            self._watch = Watch()  # what cannot be run tells nothing
        ran = [each.workers for each in self._logs if each.lane == choice.lane]
        if choice.workers > max(ran, default=0):
            self._most[choice.lane] = min(self._most[choice.lane], choice.workers - 1)

    def _may(self, choice: Choice) -> bool:
        return self._failures[choice] < _MOST_FAILURES and choice.workers <= self._most[choice.lane]

    def _usable(self) -> dict[Choice, list[float]]:
        """Runs that count, of choices that can be recommended, as if the machine had kept its speed."""
        found: dict[Choice, list[float]] = {}
        for (choice, _), value in self._steadied():
            found.setdefault(choice, []).append(value)
        return found

    def _steadied(self) -> Iterator[tuple[tuple[Choice, float], float]]:
        """The same runs as they were told, in order, and their log throughputs on a machine that keeps its speed."""
        for run, speed in zip(self._told, self._tempo().speeds, strict=True):
            if self._may(run[0]):
                yield run, run[1] - float(speed)

    def _tempo(self) -> Tempo:
        if self._heard is None:
            self._heard = tempo(self._told)
        return self._heard

    def _script(self) -> Iterator[Choice]:
        """The whole search, from the first run to the last; what was told is known when the next is asked for."""
        yield from self._shuffled(Choice(lane.name, n) for lane in self.lanes for n in upper(lane))
        for lane in self.lanes:
            yield from (Choice(lane.name, n) for n in lower(lane, self._logs, self._rules.tolerance))
        yield from self._shuffled(again(self._logs, self.baseline))
        self._latest = self._beliefs() if self._usable() else None
        while self._counted() < self.most_runs and self._usable():
            found = self._unsettled() or self._next()
            if found is None:
                return
            yield found
            if self._counted() > _PAIRS_AFTER and not self._watch.next and self._may(found):
                yield found
        self._done = "runs" if self._usable() else "failed"

    def _counted(self) -> int:
        return self._runs - sum(self._left_out.values())

    def _shuffled(self, choices: Iterator[Choice]) -> Iterator[Choice]:
        found = list(choices)
        for at in self._rng.permutation(len(found)):
            if self._may(found[at]):
                yield found[at]

    def _unsettled(self) -> Choice | None:
        usable = self._usable()
        limit = _UNSETTLED * pooled(usable.values(), self._tempo().sd).sd
        for choice, logs in usable.items():
            if 1 < len(logs) < _SETTLED_BY and max(logs) - median(logs) > limit / (2 if len(logs) == 2 else 1):
                return choice
        return None

    def _next(self) -> Choice | None:
        beliefs = self._latest = self._beliefs()
        if self._counted() < _FEWEST_RUNS or not decision.sure(beliefs, self._rules):
            return decision.most_telling(beliefs, self._rules, self._seconds)
        doubt = decision.hole(beliefs) or decision.challenger(beliefs, self._rules)
        if doubt is not None:
            return doubt
        if self.baseline not in beliefs.centres and self._may(self.baseline):
            return self.baseline  # all of its runs were left out
        slow = spell(self._steadied(), beliefs)
        if slow:
            self._leave_out(slow)
            return slow[0][0]
        self._done = "disturbed" if unsteady(self._usable().values(), beliefs.noise.sd) else "decided"
        return None

    def _beliefs(self) -> Beliefs:
        if self._known is None:
            out = [choice for choice in self._failures if not self._may(choice)]
            self._known = decision.believe(self._usable(), out, self._rules, self._rng, self._tempo())
        return self._known

    def evidence(self) -> Evidence:
        """What is known now, at the end or before it."""
        if not self._usable():
            reason = "failed" if self._failures else "budget"
            return Evidence((), None, False, reason, (), self._runs, None, 0.0, self._rules.tolerance)
        beliefs, decided = self._beliefs(), self._done == "decided"
        if not decided:
            beliefs = decision.uncontradicted(decision.measured(beliefs, self._rules), self._rules)
        return Evidence(
            report.rows(beliefs, self._failures, self._left_out, [lane.name for lane in self.lanes]),
            report.recommendation(beliefs, self.baseline),
            decided,
            self._done or "budget",
            report.possible(beliefs),
            self._runs,
            0 if decided else decision.more_runs(beliefs, self._rules, self._runs),
            hypot(beliefs.noise.sd, beliefs.swing),
            self._rules.tolerance,
        )
