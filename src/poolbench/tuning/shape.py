"""Shapes that throughput curves have on logarithmic axes, and the nearest curve of such a shape to given points.

Laws of capacity (Amdahl's, Gunther's, caps, queues) are concave in log throughput over log workers, and rise no faster
than the workers. Many are flat over a stretch, caps above all: there the highest of many noisy points says too much,
and the count that is enough seems too little. So flat stretches are shapes of their own, weighed by their likelihood
and their simplicity (MacKay 1992, "Bayesian interpolation", Neural Computation 4). What is left over is roughness: a
deviation that belongs to a count, such as a last wave that is not full, and not to a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]
    Mask = NDArray[np.bool_]

STEEPEST = 1.05 * log(2)
"""Of log throughput over log2 workers: a little more than linear."""
_SPREAD = 0.15
"""How much neighbouring points differ where the curve is not flat, as a logarithm."""
_OCCAM = 0.3
"""Share of Occam's factor that a flat stretch is credited with: points of a concave curve are not quite free."""
_CONCAVE, _PLATEAU, _MESA = 0.5, 0.25, 0.25
"""Prior chances of any concave curve, of one that is flat up to the last point, of one that falls after it."""
_FLAT_FROM_THE_START = 0.5
_OCTAVES = 6.0
"""Over which a flat stretch may begin."""
_LEAST_LIKELY = 5.0
"""Shapes less likely than the likeliest by more than this logarithm are not considered."""
_ROUGH = np.array([0.0, 0.01, 0.02, 0.04, 0.08])
_ROUGH_PRIOR = np.array([6.0, 4.0, 3.0, 2.0, 1.0])
_ANY = (-1, -1)


def concave(x: Matrix, values: Matrix, errors: Matrix) -> Matrix:
    """The concave curves of slope at most 1.05 nearest to each row of `values`, by least squares."""
    from scipy.optimize import nnls

    if len(x) == 1:
        return np.asarray(values)
    line = STEEPEST * (x - x[0])
    basis = np.hstack([_level(x), (x[0] - x)[:, None], _falling(x, x[1:-1])]) / errors[:, None]
    found = np.array([nnls(basis, row)[0] for row in (values - line) / errors]) @ basis.T
    return np.asarray(found * errors + line)


def flat(x: Matrix, values: Matrix, errors: Matrix, first: int, last: int) -> Matrix:
    """The same of those that rise up to the point `first`, are level to `last`, and fall after it."""
    from scipy.optimize import nnls

    rise = np.minimum(x[:, None], x[: first + 1]) - x[0]
    basis = np.hstack([_level(x), rise, _falling(x, x[last:-1])])
    # One more row, with so much weight that it holds: all slopes together are the steepest.
    steepest = np.zeros(basis.shape[1])
    steepest[2 : 3 + first] = 1
    weights = np.append(errors, errors.min() / 100)
    scaled = np.vstack([basis, steepest]) / weights[:, None]
    rows = np.column_stack([values, np.full(len(values), STEEPEST)]) / weights
    return np.asarray(np.array([nnls(scaled, row)[0] for row in rows]) @ basis.T)


def _level(x: Matrix) -> Matrix:
    """Up and down, since the weights of a basis are not negative."""
    return np.tile(np.array([1.0, -1.0]), (len(x), 1))


def _falling(x: Matrix, knots: Matrix) -> Matrix:
    return np.asarray(-np.maximum(x[:, None] - knots, 0))


def misfit(found: Matrix, centres: Matrix, errors: Matrix) -> float:
    """Chi squared."""
    return float((((found - centres) / errors) ** 2).sum())


def roughness(x: Matrix, centres: Matrix, errors: Matrix) -> float:
    """Standard deviation of what belongs to the counts themselves, beside a concave curve: its posterior mean."""
    found = concave(x, centres[None], errors)[0]
    kinks = int((np.abs(np.diff(np.diff(found) / np.diff(x))) > 1e-6).sum())
    # A line takes two parameters, each kink one more: what is left looks smaller than it is.
    left = (found - centres) * np.sqrt(len(x) / max(len(x) - kinks - 2, len(x) / 3))
    variances = errors**2 + _ROUGH[:, None] ** 2
    logs = np.log(_ROUGH_PRIOR) - 0.5 * (np.log(variances) + left**2 / variances).sum(axis=1)
    chances = np.exp(logs - logs.max())
    return float(chances @ _ROUGH / chances.sum())


@dataclass(frozen=True)
class Shapes:
    """Which shapes points may have, and how likely each is."""

    pairs: list[tuple[int, int]]
    """Where it is flat: from which point to which."""
    chances: Matrix

    @classmethod
    def of(cls, x: Matrix, centres: Matrix, errors: Matrix) -> Shapes:
        """By likelihood and prior: a flat stretch is simpler than as many free points (Occam's factor)."""
        free = misfit(concave(x, centres[None], errors)[0], centres, errors)
        pairs, logs = [_ANY], [log(_CONCAVE) - free / 2]
        prior = _priors(x, errors)
        bound = prior - np.maximum(free, _level_misfits(centres, errors)) / 2
        for first, last in np.argwhere(bound > bound.max() - 1.6 * _LEAST_LIKELY).tolist():
            if bound[first, last] > max(logs) - _LEAST_LIKELY:
                found = flat(x, centres[None], errors, first, last)[0]
                pairs.append((first, last))
                logs.append(float(prior[first, last]) - misfit(found, centres, errors) / 2)
        chances = np.exp(np.array(logs) - max(logs))
        return cls(pairs, chances / chances.sum())

    def project(self, x: Matrix, values: Matrix, errors: Matrix, rng: np.random.Generator) -> Matrix:
        """Each row of `values` to the nearest curve of a shape drawn for it."""
        which = rng.choice(len(self.pairs), len(values), p=self.chances)
        found = np.empty_like(values)
        for shape in np.unique(which):
            rows = which == shape
            if self.pairs[shape] == _ANY:
                found[rows] = concave(x, values[rows], errors)
            else:
                found[rows] = flat(x, values[rows], errors, *self.pairs[shape])
        return found


def _priors(x: Matrix, errors: Matrix) -> Matrix:
    """Log prior of a flat stretch from point to point: both its ends lie anywhere on the logarithmic axis."""
    gaps = np.diff(x) / _OCTAVES
    starts = np.append(_FLAT_FROM_THE_START, gaps)
    ends = np.append(2 * _MESA * gaps, _PLATEAU)
    occam = np.append(0, np.cumsum(0.5 * _OCCAM * np.log(1 + _SPREAD**2 / errors[:-1] ** 2)))
    found = np.log(starts)[:, None] + np.log(ends) + occam - occam[:, None]
    return np.where(np.triu(np.ones_like(found), 1) > 0, found, -np.inf)


def _level_misfits(centres: Matrix, errors: Matrix) -> Matrix:
    """Chi squared of each stretch about its own mean, from point to point."""
    weights = errors**-2
    moved = centres - centres.mean()
    zero, one, two = (np.append(0, np.cumsum(weights * moved**power)) for power in (0, 1, 2))
    mass, first, second = (sums[None, 1:] - sums[:-1, None] for sums in (zero, one, two))
    return np.asarray(second - np.divide(first**2, mass, out=np.zeros_like(mass), where=mass > 0))
