"""The nearest curves of a shape, the noise and the ladder, on exact numbers."""

import numpy as np
import pytest

from poolbench.tuning import Choice, Lane
from poolbench.tuning.curve import Points, stretches
from poolbench.tuning.ladder import again, lower, rungs, upper
from poolbench.tuning.noise import centre, pooled
from poolbench.tuning.shape import Shapes, concave, flat, roughness

N = np.array([1, 2, 4, 8, 16, 32, 64])
X = np.log2(N)
CAPPED = np.log(np.minimum(N, 8))
ERRORS = np.full(len(N), 0.03)


def test_a_capped_curve_is_its_own_projection():
    assert concave(X, CAPPED[None], ERRORS)[0] == pytest.approx(CAPPED, abs=1e-6)
    assert flat(X, CAPPED[None], ERRORS, 3, 6)[0] == pytest.approx(CAPPED, abs=1e-4)


def test_growth_beyond_linear_is_not_believed():
    found = concave(X, 2 * CAPPED[None], ERRORS)[0]
    assert np.diff(found).max() <= 1.05 * np.log(2) + 1e-9


def test_a_flat_stretch_is_recognised_through_noise():
    noisy = CAPPED + 0.03 * np.array([0.3, -0.2, 0.4, 0.9, -1.1, 0.8, -0.6])
    shapes = Shapes.of(X, noisy, ERRORS)
    chances = dict(zip(shapes.pairs[1:], shapes.chances[1:], strict=True))
    assert max(chances, key=chances.get) == (3, 6)
    assert sum(chances.values()) > 0.25


def test_a_cliff_begins_a_new_stretch():
    rates = np.where(N <= 8, N, 3)
    parts = list(stretches(Points(N, np.log(rates), ERRORS)))
    assert parts[0] == slice(0, 5), "the first point after the edge may still be a steep fall"
    assert sorted(at for part in parts for at in range(part.start, part.stop)) == list(range(7))


def test_roughness_is_seen_where_it_is():
    rough = 0.06 * np.array([1, -1, 1, -1, 1, -1, 1])
    assert roughness(X, CAPPED, ERRORS / 10) < 0.005
    assert roughness(X, CAPPED + rough, ERRORS / 10) > 0.03


def test_noise_is_pooled_and_not_ruled_by_an_outlier():
    rng = np.random.default_rng(3)
    groups = [(0.1 * rng.standard_normal(4)).tolist() for _ in range(10)]
    assert pooled(groups).sd == pytest.approx(0.1, rel=0.3)
    groups[0][0] = -2.0
    assert pooled(groups).sd == pytest.approx(0.1, rel=0.4)
    assert abs(centre(groups[0], 0.1)) < 0.2


def test_without_repeats_the_usual_noise_is_assumed():
    assert pooled([[1.0], [2.0]]).sd == 0.05


def test_the_ladder_skips_what_growth_cannot_bring_near_the_best():
    lane = Lane("threads", 64)
    assert upper(lane) == [1, 8, 16, 32, 64]
    assert list(lower(lane, {Choice("threads", 1): [0.0], Choice("threads", 64): [np.log(40)]}, 0.05)) == []
    assert list(lower(lane, {Choice("threads", 1): [0.0], Choice("threads", 8): [np.log(2)]}, 0.05)) == [4, 2]


def test_where_a_model_expects_the_knee_is_a_rung():
    assert rungs(Lane("threads", 64, first_look=20)) == [1, 2, 4, 8, 20, 32, 64]
    assert rungs(Lane("threads", 100)) == [1, 2, 4, 8, 16, 32, 64, 100]
    assert rungs(Lane("sequential", 1)) == [1]


def test_again_are_the_baseline_the_best_and_dips():
    rates = {1: 1, 8: 8, 16: 3, 32: 30, 64: 31}
    logs = {Choice("threads", n): [np.log(rate)] for n, rate in rates.items()}
    found = {choice.workers for choice in again(logs, Choice("threads", 1))}
    assert found == {1, 16, 32, 64}
