"""Figures of one batch, from its spans: the steady rate, percentiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_FEWEST_ROUNDS = 4


def steady_rate(finished: Sequence[float], workers: int) -> float | None:
    """Tasks per second between two times at which all workers are busy, a whole number of rounds apart.

    With m tasks on n workers and completion times c in ascending order, counted from 1, over the k = m - 3n tasks
    between them: k / (A(k) - A(0)), where A(i) is the mean of c[i + 1] to c[i + 2n] with weights that rise from 1
    to n and fall again. Most of the first round's start-up and all idle workers of the last one lie outside. Workers
    in lock-step are counted exactly, as the same steps weigh the same at both ends. The weights smooth steps of any
    other length: a server with fewer slots than workers answers in bursts of its slots, and the time between two
    single completions is then wrong by up to a burst at either end, the same in each repeat: with 5 rounds by up to
    12.5 %, with these weights by 0.9 % (8, 12 and 20 slots, any number of workers to 64). One worker has no rounds:
    m over the last completion.

    `finished`: seconds since the batch began, one per task, in any order. None unless m is a multiple of n and
    at least 4n.
    """
    m, n = len(finished), workers
    if m % n or m < _FEWEST_ROUNDS * n:
        return None
    times = np.sort(np.asarray(finished, dtype=float))
    if n == 1:
        return _rate(m, float(times[-1]))
    ramp = np.arange(1, n + 1)
    weights = np.concatenate([ramp, ramp[-2::-1]]) / n**2
    early, late = (float(weights @ times[first : first + 2 * n - 1]) for first in (0, m - 3 * n))
    return _rate(m - 3 * n, late - early)


def _rate(count: int, passed_s: float) -> float | None:
    return count / passed_s if passed_s > 0 else None


def percentiles(values: Sequence[float], *ranks: float) -> tuple[float | None, ...]:
    """The percentiles `ranks` (0 to 100) of `values`, interpolated; None for each if there are no values."""
    if not len(values):
        return tuple(None for _ in ranks)
    return tuple(float(each) for each in np.percentile(np.asarray(values, dtype=float), ranks))
