"""The first runs: a doubling ladder of worker counts, without the rungs that cannot matter."""

from __future__ import annotations

from itertools import pairwise
from math import log, log2, sqrt
from typing import TYPE_CHECKING

import numpy as np

from poolbench.tuning.evidence import Choice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from poolbench.tuning.search import Lane

_STEEPEST = 1.05
"""Throughput grows no faster than the workers to this power: more would need work to vanish."""
_DOUBT = log(1.3)
"""One run may be off by so much."""
_NEAR = log(2)
_DIP = 0.1


def rungs(lane: Lane) -> list[int]:
    """1, 2, 4 and so on to the most; with where to look first, instead of its nearest neighbours."""
    most, look = lane.most_workers, lane.first_look
    found = {2**power for power in range(int(log2(most)) + 1)} | {most}
    if look is not None and 1 < look < most:
        found = {n for n in found if n in (1, most) or abs(log2(n / look)) > 0.4} | {look}
    return sorted(found)


def upper(lane: Lane) -> list[int]:
    """The rungs to measure in any case."""
    return [n for n in rungs(lane) if n == 1 or n >= sqrt(lane.most_workers)]


def lower(lane: Lane, logs: Mapping[Choice, Sequence[float]], tolerance: float) -> Iterator[int]:
    """The other rungs from the top, as long as growth from one worker may have brought them near the best."""
    for n in reversed([n for n in rungs(lane) if n not in upper(lane)]):
        one = logs.get(Choice(lane.name, 1))
        best = max((max(each) for each in logs.values()), default=0.0)
        if one is None or max(one) + _STEEPEST * log(n) + _DOUBT >= best + log(1 - tolerance):
            yield n


def again(logs: Mapping[Choice, Sequence[float]], baseline: Choice) -> Iterator[Choice]:
    """What deserves a second run: the baseline, what is not far from the best, and what lies in a dip."""
    best = max((max(each) for each in logs.values()), default=0.0)
    dips = set(_dips(logs))
    for choice, each in logs.items():
        if choice == baseline or max(each) > best - _NEAR or choice in dips:
            yield choice


def _dips(logs: Mapping[Choice, Sequence[float]]) -> Iterator[Choice]:
    for (left, middle), (_, right) in pairwise(pairwise(sorted(logs))):
        if left.lane == middle.lane == right.lane:
            x = [log2(each.workers) for each in (left, middle, right)]
            chord = float(np.interp(x[1], [x[0], x[2]], [logs[left][0], logs[right][0]]))
            if logs[middle][0] < chord - _DIP:
                yield middle
