"""Is the machine itself slower for a while? Then what is measured meanwhile must not count.

A run far slower than all that is known makes it look again, and if that is as slow, at an anchor: a choice whose
throughput is well known. If the anchor is slow too, it is the machine. These runs are left out, and the anchor is
measured until it is itself again. If the anchor is as much *faster*, then the runs before were the disturbed ones.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum, auto
from math import hypot, log
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from poolbench.tuning.evidence import Choice
    from poolbench.tuning.report import Beliefs

_FAR = 4.0
"""Standard deviations of what was to be expected."""
_LEAST = log(1.25)
"""Less than this is no disturbance, however quiet the machine was."""
_PATIENCE = 40
"""Runs to wait for the end of one, in all."""
_SPELL = 5
"""Runs in a row that show a disturbance by their median."""
_TOO_NOISY = 0.3
"""Standard deviation of a run."""
_UNNOTICED = 6
"""Runs before the first that was noticed."""
_KNOWN = 2
"""Runs that make a choice an anchor."""


class Verdict(Enum):
    """What is to be done about the runs under suspicion."""

    KEEP = auto()
    LEAVE_OUT = auto()
    LEAVE_OUT_ALL_BEFORE = auto()
    GIVE_UP = auto()


@dataclass
class Watch:
    """Told each run, it says what to think of it, and in `next` what to measure to find out."""

    next: Choice | None = None
    suspects: list[tuple[Choice, float]] = field(default_factory=list)
    """Choices and log throughputs under suspicion."""
    _before: Beliefs | None = None
    _way: int = 0
    _waiting: bool = False
    _waited: int = 0

    def told(self, beliefs: Beliefs, choice: Choice, value: float) -> Verdict:
        """After a run of log throughput `value`, in the light of the beliefs before it."""
        if self._before is None:
            self._way = way(beliefs, choice, value)
            if self._way:
                self._before, self.suspects, self.next = beliefs, [(choice, value)], choice
            return Verdict.KEEP
        if way(self._before, choice, value) != self._way:
            self._before, self.next, self._waiting = None, None, False
            return Verdict.KEEP
        self.suspects = [*([] if self._waiting else self.suspects), (choice, value)]
        return self._judge(self._before, choice)

    def _judge(self, before: Beliefs, choice: Choice) -> Verdict:
        """Of runs that are all off the same way."""
        anchor = _anchor(before, choice)
        if not self._waiting and choice != anchor:
            self.next = anchor
            return Verdict.KEEP
        if self._way > 0:
            self._before, self.next = None, None
            return Verdict.LEAVE_OUT_ALL_BEFORE
        self._waiting, self.next = True, anchor
        self._waited += 1
        return Verdict.GIVE_UP if self._waited > _PATIENCE else Verdict.LEAVE_OUT


def spell(steadied: Iterable[tuple[tuple[Choice, float], float]], beliefs: Beliefs) -> list[tuple[Choice, float]]:
    """Of runs and their log throughputs on a machine that keeps its speed: those made while it was slower all the same.

    Found afterwards: several in a row, whatever their choice.
    """
    runs = list(steadied)
    if len(runs) < _SPELL:
        return []
    at = {choice: column for column, choice in enumerate(beliefs.choices)}
    off = np.array([value - beliefs.curves[:, at[choice]].mean() for (choice, _), value in runs])
    usual = 1.4826 * float(np.median(np.abs(off)))
    windows = np.lib.stride_tricks.sliding_window_view(off, _SPELL)
    slow = np.flatnonzero(np.median(windows, axis=1) < -max(_LEAST, 2 * usual))
    inside = {start + step for start in slow.tolist() for step in range(_SPELL)}
    return [run for place, (run, _) in enumerate(runs) if place in inside]


def unconfirmed(runs: Sequence[tuple[Choice, float]]) -> list[tuple[Choice, float]]:
    """The last runs of choices that were measured just once: a disturbance may have begun before it was noticed."""
    counts = Counter(choice for choice, _ in runs)
    return [run for run in runs[-_UNNOTICED:] if counts[run[0]] == 1]


def unsteady(logs: Iterable[Sequence[float]], sd: float) -> bool:
    """Whether runs differ too much for a conclusion, or some of several choices are far faster than their fellows.

    Noise slows down: where single runs are fast, it is the others that were disturbed.
    """
    if sd > _TOO_NOISY:
        return True
    far = min(max(_FAR * sd, log(1.35)), log(1.8))
    return sum(len(each) > 2 and max(each) - float(np.median(each)) > far for each in logs) > 1


def way(beliefs: Beliefs, choice: Choice, value: float) -> int:
    """1 if a run is far faster than expected, -1 if far slower, 0 if neither."""
    expected = beliefs.curves[:, beliefs.choices.index(choice)]
    if not np.isfinite(expected).all():
        return 0
    off = value - float(expected.mean())
    if abs(off) < max(_LEAST, _FAR * hypot(expected.std(), beliefs.noise.sd, beliefs.swing)):
        return 0
    return 1 if off > 0 else -1


def _anchor(beliefs: Beliefs, choice: Choice) -> Choice:
    """The best of the same lane that was measured more than once, or what there is."""
    known = [each for each, runs in beliefs.counts.items() if each.lane == choice.lane and runs >= _KNOWN]
    return max(known, key=lambda each: beliefs.centres[each], default=choice)
