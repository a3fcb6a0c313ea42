"""What a throughput curve may be, given some noisy points of it: draws of the whole curve, from 1 worker to the most."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poolbench.tuning.noise import Noise

    Matrix = NDArray[np.float64]

_STEEPEST = 1.05 * log(2)
_LINEAR = log(2)
_MISFIT = 3.0
_CLIFFS = 0.3
_SPIKES = 0.3


@dataclass(frozen=True)
class Points:
    """Measured worker counts of one lane, ascending."""

    workers: NDArray[np.int64]
    centres: Matrix
    """Log throughput."""
    errors: Matrix

    @property
    def x(self) -> Matrix:
        """Log2 of the workers."""
        return np.asarray(np.log2(self.workers))


def project(x: Matrix, values: Matrix, errors: Matrix) -> Matrix:
    """The concave curves of slope at most 1.05 nearest to each row of `values`, by least squares."""
    from scipy.optimize import nnls

    if len(x) == 1:
        return values
    line = _STEEPEST * (x - x[0])
    bends = [-np.maximum(x - knot, 0) for knot in x[1:-1]]
    basis = np.column_stack([np.ones_like(x), -np.ones_like(x), x[0] - x, *bends]) / errors[:, None]
    return np.array([basis @ nnls(basis, row)[0] for row in (values - line) / errors]) * errors + line


def window(points: Points) -> slice:
    """The longest stretch around the best point that such a curve explains."""
    x, centres, errors = points.x, points.centres, points.errors

    def fits(part: slice) -> bool:
        found = project(x[part], centres[None, part], errors[part])[0]
        return bool((np.abs(found - centres[part]) / errors[part]).max() < _MISFIT)

    top = int(np.argmax(centres - errors / 2))
    low, high = max(top - 1, 0), min(top + 2, len(x))
    while low > 0 and fits(slice(low - 1, high)):
        low -= 1
    while high < len(x) and fits(slice(low, high + 1)):
        high += 1
    return slice(low, high)


def draw(points: Points, most: int, noise: Noise, scale: Matrix, rng: np.random.Generator) -> Matrix:
    """Curves from 1 to `most` workers, one a row; `scale` is the noise's own uncertainty, for each draw."""
    part = window(points)
    at = points.centres + points.errors * scale[:, None] * rng.standard_normal((len(scale), len(points.centres)))
    at[:, part] = project(points.x[part], at[:, part], points.errors[part])
    return _fill(points, at, part, most, rng)


def _fill(points: Points, at: Matrix, part: slice, most: int, rng: np.random.Generator) -> Matrix:
    curves = np.empty((len(at), most))
    curves[:, points.workers - 1] = at
    for gap in range(len(points.workers) - 1):
        low, high = int(points.workers[gap]), int(points.workers[gap + 1])
        if high - low > 1:
            inner = np.arange(low + 1, high)
            curves[:, low : high - 1] = _between(points.x, at, part, gap, np.log2(inner) - points.x[gap], rng)
    return curves


def _between(x: Matrix, at: Matrix, part: slice, gap: int, q: Matrix, rng: np.random.Generator) -> Matrix:
    """Between the points `gap` and the next, at distances `q` from the first."""
    slopes = np.diff(at, axis=1) / np.diff(x)
    here, there = at[:, gap, None], at[:, gap + 1, None]
    chord = here + slopes[:, gap, None] * q
    if not part.start <= gap < part.stop - 1:
        return np.asarray(chord)
    draws = len(at)
    left = np.minimum(slopes[:, gap - 1], _LINEAR) if gap > part.start else np.full(draws, _LINEAR)
    ahead = here + left[:, None] * q
    cap = ahead
    if gap + 2 < part.stop:
        cap = np.minimum(ahead, there - slopes[:, gap + 1, None] * (x[gap + 1] - x[gap] - q))
    top = np.maximum(chord, cap)
    smooth = chord + rng.random((draws, 1)) * (top - chord)
    edge = rng.integers(0, len(q) + 1, (draws, 1))
    spike = rng.random((draws, 1)) < _SPIKES
    before = np.where(spike, np.maximum(top, ahead), top)
    cliff = np.where(np.arange(len(q)) < edge, before, np.minimum(top, there))
    return np.where(rng.random((draws, 1)) < _CLIFFS, cliff, smooth)


def uncertain_scale(noise: Noise, draws: int, rng: np.random.Generator) -> Matrix:
    """Factors for the standard errors, so that normal draws become Student's."""
    return np.asarray(sqrt(noise.dof) / np.sqrt(rng.chisquare(noise.dof, draws)))
