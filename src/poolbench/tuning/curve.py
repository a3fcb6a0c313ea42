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
        misfits = ((found - centres[part]) / errors[part]) ** 2
        nonlocal was
        if misfits.max() < _MISFIT**2 and misfits.sum() - was < EXTRA:
            was = misfits.sum()
            return True
        return False

    was = 0.0

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
    at[:, part] = project_flat(points.x[part], points.centres[part], at[:, part], points.errors[part], rng)
    return _fill(points, at, part, most, rng)


TAU = 0.15
FLAT = 0.3
GENERAL = 0.5
EXTRA = 100.0
SPAN = 6.0
A0 = 0.5
RISE = 0.25
PLATEAU = 0.25
PEAK = 0.25
FLATFALL = 0.25


def _plateau_basis(x: Matrix, first: int, last: int) -> Matrix:
    """Concave curves that rise up to the point `first`, are flat to `last`, and fall after it; a last row caps the slope."""
    rise = [np.minimum(x, knot) - x[0] for knot in x[: first + 1]]
    fall = [-np.maximum(x - knot, 0) for knot in x[last:-1]]
    columns = np.column_stack([np.ones_like(x), -np.ones_like(x), *rise, *fall])
    cap = np.zeros(columns.shape[1])
    cap[2 : 2 + len(rise)] = 1
    return np.vstack([columns, cap])


def _weighted(basis: Matrix, errors: Matrix) -> Matrix:
    return basis / np.append(errors, errors.min() / 100)[:, None]


def _nearest(basis: Matrix, values: Matrix, errors: Matrix) -> Matrix:
    from scipy.optimize import nnls

    weights = np.append(errors, errors.min() / 100)
    scaled = basis / weights[:, None]
    rows = np.column_stack([values, np.full(len(values), _STEEPEST)]) / weights
    return np.array([basis[:-1] @ nnls(scaled, row)[0] for row in rows])


def plateaus(x: Matrix, centres: Matrix, errors: Matrix) -> tuple[list[tuple[int, int]], Matrix]:
    """Where the curve may be flat, from point to point, and how likely each is; the first is any concave curve."""
    end = len(x) - 1
    weights = 1 / errors**2
    gaps = np.diff(x) / SPAN
    before = np.append(A0, gaps)
    after = np.append(gaps, 1)
    occam = 0.5 * np.log(1 + TAU**2 / errors**2)
    free = (((project(x, centres[None], errors)[0] - centres) / errors) ** 2).sum()
    pairs = [(-1, -1)]
    logs = [np.log(GENERAL) - free / 2]
    for first in range(end):
        for last in range(first + 1, end + 1):
            part = slice(first, last + 1)
            level = (weights[part] @ centres[part]) / weights[part].sum()
            misfit = max(free, weights[part] @ (centres[part] - level) ** 2)
            prior = PLATEAU * before[first] if last == end else FLATFALL * before[first] * after[last] * 2
            prior = np.log(prior) + FLAT * occam[first:last].sum()
            if prior - misfit / 2 > max(logs) - 5:
                found = _nearest(_plateau_basis(x, first, last), centres[None], errors)[0]
                misfit = (((found - centres) / errors) ** 2).sum()
                pairs.append((first, last))
                logs.append(prior - misfit / 2)
    chances = np.exp(np.array(logs) - max(logs))
    return pairs, chances / chances.sum()


def project_flat(x: Matrix, centres: Matrix, values: Matrix, errors: Matrix, rng: np.random.Generator) -> Matrix:
    if len(x) == 1:
        return values
    pairs, chances = plateaus(x, centres, errors)
    which = rng.choice(len(pairs), len(values), p=chances)
    found = np.empty_like(values)
    for at in np.unique(which):
        rows = which == at
        if at == 0:
            found[rows] = project(x, values[rows], errors)
        else:
            found[rows] = _nearest(_plateau_basis(x, *pairs[at]), values[rows], errors)
    return found


def _fill(points: Points, at: Matrix, part: slice, most: int, rng: np.random.Generator) -> Matrix:
    curves = np.full((len(at), most), -np.inf)
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
