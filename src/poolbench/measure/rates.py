"""Figures of one batch, from its spans: the steady rate, percentiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_FEWEST_ROUNDS = 4


def half_round_rate(finished: Sequence[float], workers: int) -> float | None:
    """Tasks per second from the middle of the first round to the middle of the last but one.

    With m tasks on n workers and completion times c in ascending order, counted from 1:
    (m - 2n) / (c[j + m - 2n] - c[j]) where j = max(1, floor(n / 2)). Start-up of the first round and the idle
    workers of the last one lie outside, and a whole number of rounds lies between, so that batches in lock-step
    are not miscounted. One worker has no rounds: m over the last completion.

    `finished`: seconds since the batch began, one per task, in any order. None unless m is a multiple of n and
    at least 4n.
    """
    m, n = len(finished), workers
    if m % n or m < _FEWEST_ROUNDS * n:
        return None
    times = np.sort(np.asarray(finished, dtype=float))
    if n == 1:
        return _rate(m, float(times[-1]))
    first = max(1, n // 2) - 1
    return _rate(m - 2 * n, float(times[first + m - 2 * n] - times[first]))


def _rate(count: int, passed_s: float) -> float | None:
    return count / passed_s if passed_s > 0 else None


def percentiles(values: Sequence[float], *ranks: float) -> tuple[float | None, ...]:
    """The percentiles `ranks` (0 to 100) of `values`, interpolated; None for each if there are no values."""
    if not len(values):
        return tuple(None for _ in ranks)
    return tuple(float(each) for each in np.percentile(np.asarray(values, dtype=float), ranks))
