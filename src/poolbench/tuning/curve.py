"""What a throughput curve may be, given some noisy points of it: draws of the whole curve, from one worker up.

A draw of the points' means (Student's, with the noise of all choices pooled) is projected on the shapes of `shape`, as
in Lin and Dunson 2014, "Bayesian monotone regression using Gaussian process projection", Biometrika 101, and Patra and
Dunson 2018, "Constrained Bayesian inference through posterior projections", arXiv:1812.05741. One curve of such a shape
need not explain all points: where it does not, a new stretch begins. Between two points a draw lies anywhere between
their chord and the highest that the shape allows, or has an edge at a random place.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt
from typing import TYPE_CHECKING

import numpy as np

from poolbench.tuning.shape import Shapes, concave, roughness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from poolbench.tuning.noise import Noise
    from poolbench.tuning.shape import Matrix

_LINEAR = log(2)
"""The slope of throughput that grows as the workers."""
MISFIT = 3.0
"""A concave curve that passes a point by so many standard errors does not explain it."""
EXTRA = 6.0
"""Nor if the point adds so much to chi squared."""
CLIFFS = 0.3
"""Share of draws with an edge somewhere between two points; retries and swapping make them."""
SPIKES = 0.3
"""Share of these that go on rising up to the edge, past what the next points allow."""
BORDER = 0.5
"""Share of draws with an edge between two stretches."""


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

    def part(self, which: slice) -> Points:
        """Some of them."""
        return Points(self.workers[which], self.centres[which], self.errors[which])


def window(points: Points) -> slice:
    """The longest stretch around the best point that a concave curve explains."""
    top = int(np.argmax(points.centres - points.errors / 2))
    low, high = top, top + 1
    was = 0.0
    for step in (-1, 1):
        while low > 0 if step < 0 else high < len(points.x):
            wider = slice(low - 1, high) if step < 0 else slice(low, high + 1)
            misfits = _misfits(points.part(wider))
            if misfits.max() >= MISFIT**2 or misfits.sum() - was >= EXTRA:
                break
            was = float(misfits.sum())
            low, high = wider.start, wider.stop
    return slice(low, high)


def _misfits(points: Points) -> Matrix:
    found = concave(points.x, points.centres[None], points.errors)[0]
    return np.asarray(((found - points.centres) / points.errors) ** 2)


def stretches(points: Points, start: int = 0) -> Iterator[slice]:
    """All points in stretches that a concave curve explains, the one around the best point first."""
    if len(points.x):
        part = window(points)
        yield slice(start + part.start, start + part.stop)
        yield from stretches(points.part(slice(part.start)), start)
        yield from stretches(points.part(slice(part.stop, None)), start + part.stop)


def draw(points: Points, scale: Matrix, rng: np.random.Generator) -> Matrix:
    """Curves from 1 worker to the most measured, one a row; `scale` is the noise's own uncertainty, for each draw."""
    parts = list(stretches(points))
    at = np.empty((len(scale), len(points.x)))
    smooth = np.empty_like(at)
    for part in parts:
        at[:, part], smooth[:, part] = _draw(points.part(part), scale, rng)
    curves = _fill(points, smooth, parts, rng)
    curves[:, points.workers - 1] = at
    return curves


def _draw(points: Points, scale: Matrix, rng: np.random.Generator) -> tuple[Matrix, Matrix]:
    """Draws at the points of one stretch, and the smooth curves behind them."""
    x, centres, errors = points.x, points.centres, points.errors
    rough = roughness(x, centres, errors) if len(x) > 2 else 0.0
    wide = np.hypot(errors, rough)
    smooth = centres + wide * scale[:, None] * rng.standard_normal((len(scale), len(x)))
    if len(x) > 1:
        smooth = Shapes.of(x, centres, wide).project(x, smooth, wide, rng)
    if rough == 0:
        return smooth, smooth
    # What a point deviates from the smooth curve is in part roughness, in part noise.
    share = (rough / wide) ** 2
    own = share * (centres - smooth) + np.sqrt(share) * errors * scale[:, None] * rng.standard_normal(smooth.shape)
    return smooth + own, smooth


def _fill(points: Points, at: Matrix, parts: list[slice], rng: np.random.Generator) -> Matrix:
    curves = np.full((len(at), int(points.workers[-1])), -np.inf)
    ends = {part.stop - 1: part for part in parts}
    inside = {gap: part for part in parts for gap in range(part.start, part.stop - 1)}
    for gap in range(len(points.x) - 1):
        low, high = int(points.workers[gap]), int(points.workers[gap + 1])
        if high - low > 1:
            q = np.log2(np.arange(low + 1, high)) - points.x[gap]
            if gap in inside:
                curves[:, low : high - 1] = _between(points.x, at, inside[gap], gap, q, rng)
            else:
                curves[:, low : high - 1] = _border(points.x, at, ends[gap], gap, q, rng)
    return curves


def _border(x: Matrix, at: Matrix, part: slice, gap: int, q: Matrix, rng: np.random.Generator) -> Matrix:
    """Between two stretches: straight, or as before up to an edge, and then as after it."""
    here, there = at[:, gap, None], at[:, gap + 1, None]
    chord = here + (there - here) * q / (x[gap + 1] - x[gap])
    slope: Matrix = np.zeros((len(at), 1))
    if gap > part.start:
        slope = np.clip((here - at[:, gap - 1, None]) / (x[gap] - x[gap - 1]), 0, _LINEAR)
    edge = rng.integers(0, len(q) + 1, (len(at), 1))
    cliff = np.where(np.arange(len(q)) < edge, np.maximum(here + slope * q, chord), np.minimum(there, chord))
    return np.asarray(np.where(rng.random((len(at), 1)) < BORDER, cliff, chord))


def _between(x: Matrix, at: Matrix, part: slice, gap: int, q: Matrix, rng: np.random.Generator) -> Matrix:
    """Within a stretch, between the points `gap` and the next, at distances `q` from the first."""
    slopes = np.diff(at, axis=1) / np.diff(x)
    here, there = at[:, gap, None], at[:, gap + 1, None]
    draws = len(at)
    left = np.minimum(slopes[:, gap - 1], _LINEAR) if gap > part.start else np.full(draws, _LINEAR)
    chord, ahead = here + slopes[:, gap, None] * q, here + left[:, None] * q
    cap = ahead
    if gap + 2 < part.stop:
        cap = np.minimum(ahead, there - slopes[:, gap + 1, None] * (x[gap + 1] - x[gap] - q))
    top = np.maximum(chord, cap)
    smooth = chord + rng.random((draws, 1)) * (top - chord)
    edge = rng.integers(0, len(q) + 1, (draws, 1))
    spike = rng.random((draws, 1)) < SPIKES
    before = np.where(spike, np.maximum(top, ahead), top)
    cliff = np.where(np.arange(len(q)) < edge, before, np.minimum(top, there))
    return np.where(rng.random((draws, 1)) < CLIFFS, cliff, smooth)


def uncertain_scale(noise: Noise, draws: int, rng: np.random.Generator) -> Matrix:
    """Factors for the standard errors, so that normal draws become Student's."""
    return np.asarray(sqrt(noise.dof) / np.sqrt(rng.chisquare(noise.dof, draws)))
