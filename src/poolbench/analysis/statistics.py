"""Centres and intervals for throughputs: log throughput = cell + block + noise, with rare outliers.

Noise multiplies, so everything is done on logarithms. Chosen by simulation against paired and Welch t, pooled t and
bootstraps (docs/why-these-numbers.md has the coverage): few blocks, slow drift and rare outliers are the normal case.

1. Blocks share the machine's drift. With two cells and more, cell and block effects are found by median polish
   (Tukey 1977, Exploratory Data Analysis, chapter 11) and the block's is taken off: speed-ups are paired that way.
2. Runs that are slower than their cell by more than 3.5 robust standard deviations of the whole sweep are left out
   (winsorised scale, Huber 1981, Robust Statistics, section 6.4), if a cell has at least three.
3. A cell's centre is the mean of what remains. Its variance is moderated: shrunk towards that of all cells as far
   as the cells' own variances agree (Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3, article 3).
4. Ratios of two cells get Welch's interval with Satterthwaite's degrees of freedom (Welch 1947).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import exp, inf, sqrt
from typing import TYPE_CHECKING

import numpy as np

from poolbench.analysis.estimate import Estimate, difference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

Block = tuple[str, int]
"""A sweep's name and the number of a block in it."""
Cell = tuple[str, str, int]
"""Executor, options, workers."""
_REJECT = 3.5
_WINSOR = 2.5
_FEWEST_FOR_BLOCKS = 2
_FEWEST_TO_MODERATE = 3
_POLISHINGS = 4
_ALIKE, _UNSEEN = 2.3, 7.5
"""Slow drift makes neighbouring blocks alike: their mean varies (1 + r) / (1 - r) times as much as that of strangers
with a correlation of r, here 0.4; and few blocks see only a part of it. Set by benchmarks/truth/coverage.py."""
_ROUNDING = 1e-9
"""Residuals of this size are no noise."""


@dataclass(frozen=True)
class Fit:
    """All cells of one workload together. Rows of the matrices are cells, columns are blocks."""

    cells: tuple[Cell, ...]
    logs: Matrix
    """NaN where a trial does not count."""
    blocks: Matrix
    """Effects of the blocks; zeros where these cannot be told."""
    kept: NDArray[np.bool_]
    """Neither missing nor an outlier."""

    @cached_property
    def _clean(self) -> Matrix:
        return np.where(self.kept, self.logs - self.blocks, np.nan)

    @cached_property
    def _centres(self) -> Matrix:
        return np.asarray(np.nanmean(self._clean, axis=1))

    @cached_property
    def _counts(self) -> Matrix:
        return np.asarray(self.kept.sum(axis=1), dtype=float)

    @cached_property
    def _own_dof(self) -> Matrix:
        dof = np.maximum(self._counts - 1, 0.0)
        # The effects of the blocks were taken from the same values.
        return np.asarray(dof * (len(self.cells) - 1) / len(self.cells) if self._blocks_known else dof)

    @cached_property
    def _dof(self) -> float:
        return float(self._own_dof.sum())

    @cached_property
    def _variances(self) -> tuple[Matrix, Matrix]:
        """Moderated, with their degrees of freedom."""
        dof = self._own_dof
        squares = np.nansum((self._clean - self._centres[:, None]) ** 2, axis=1)
        own = np.divide(squares, dof, out=np.zeros_like(squares), where=dof > 0)
        common, prior_dof = moderate(own, dof)
        if np.isinf(prior_dof):
            return np.full_like(own, common), np.full_like(own, dof.sum())
        total = prior_dof + dof
        shrunk = np.divide(prior_dof * common + dof * own, total, out=np.zeros_like(own), where=total > 0)
        return shrunk, np.minimum(total, dof.sum())

    @property
    def _blocks_known(self) -> bool:
        return len(self.cells) >= _FEWEST_FOR_BLOCKS

    @cached_property
    def _rows(self) -> dict[Cell, int]:
        return {cell: row for row, cell in enumerate(self.cells)}

    def _part(self, cell: Cell) -> tuple[float, tuple[float, float]]:
        at = self._rows[cell]
        variances, dofs = self._variances
        return float(self._centres[at]), (float(variances[at] / self._counts[at]), float(dofs[at]))

    def throughput(self, cell: Cell, *, elsewhere: bool = False) -> Estimate | None:
        """Of a cell; None if no trial counts.

        Among the cells of this sweep all share its blocks, so their effects are left out. For a comparison with
        something measured `elsewhere` or at another time they count, as the error that they are there.
        """
        if cell not in self._rows:
            return None
        centre, part = self._part(cell)
        known = self.blocks.size
        if not elsewhere or not self._blocks_known or known < 2:
            return difference(centre, part)
        drift = (_ALIKE + _UNSEEN / known) * float(np.var(self.blocks, ddof=1)) / known
        return difference(centre, part, (drift, known - 1.0))

    def ratio(self, cell: Cell, base: Cell) -> Estimate | None:
        """Of two cells, paired by their blocks; None if one has no trial that counts."""
        if cell not in self._rows or base not in self._rows:
            return None
        if cell == base:
            return Estimate(0.0, 0.0, 1.0)
        (top, mine), (bottom, other) = self._part(cell), self._part(base)
        found = difference(top - bottom, mine, other)
        # Two moderated variances are in part the same one.
        return replace(found, dof=min(found.dof, self._dof))

    def outliers(self) -> list[tuple[Cell, float, int]]:
        """Cells with a run left out: how many times the others' time it took, of how many; the worst first."""
        out = np.argwhere(~self.kept & np.isfinite(self.logs))
        found = [
            (self.cells[row], exp(self._centres[row] + self.blocks[column] - self.logs[row, column]), row)
            for row, column in out
        ]
        counts = np.isfinite(self.logs).sum(axis=1)
        return [(cell, ratio, int(counts[row])) for cell, ratio, row in sorted(found, key=lambda each: -each[1])]

    def drift(self) -> float:
        """Change of speed from the first third of the blocks to the last, as a share; 0 where it cannot be told."""
        third = self.blocks.size // 3
        if not self._blocks_known or third < 1:
            return 0.0
        return exp(abs(float(self.blocks[-third:].mean() - self.blocks[:third].mean()))) - 1


def fit(rates: Mapping[Cell, Mapping[Block, float]]) -> Fit:
    """Of throughputs by cell and block; cells without any are left out."""
    names = sorted({block for known in rates.values() for block in known})
    found = [[known.get(name, np.nan) for name in names] for known in rates.values()]
    return fit_matrix(list(rates), np.array(found, dtype=float).reshape(len(rates), len(names)))


def fit_matrix(cells: Sequence[Cell], rates: Matrix) -> Fit:
    """Of throughputs, a row a cell and a column a block; NaN where there is none."""
    known = np.isfinite(rates)
    rows, columns = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
    logs = np.log(rates[np.ix_(rows, columns)])
    blocks = _polish(logs)
    kept = np.isfinite(logs) & ~_outlying(logs - blocks)
    return Fit(tuple(cells[row] for row in rows.tolist()), logs, blocks, kept)


def _polish(logs: Matrix) -> Matrix:
    """Effects of the blocks, with a median of zero."""
    effects = np.zeros(logs.shape[1])
    if logs.shape[0] < _FEWEST_FOR_BLOCKS:
        return effects
    for _ in range(_POLISHINGS):
        centres = np.nanmedian(logs - effects, axis=1, keepdims=True)
        effects = np.nanmedian(logs - centres, axis=0)
        effects -= np.median(effects)
    return np.asarray(effects)


def _outlying(clean: Matrix) -> NDArray[np.bool_]:
    """Which values are slower than the rest of their cell by far more than the sweep's noise, and the cell's own.

    Cells are not equally noisy: where the CPU is what bounds, its every change shows. Judged by the others alone, the
    slow half of such a cell's runs would be left out, and the cell be the best of all.
    """
    if not clean.size:
        return np.zeros(clean.shape, dtype=bool)
    residuals = clean - np.nanmedian(clean, axis=1, keepdims=True)
    counts = np.isfinite(clean).sum(axis=1)
    fitted = clean.shape[0] + (clean.shape[1] - 1 if clean.shape[0] >= _FEWEST_FOR_BLOCKS else 0)
    shared = _robust_scale(residuals, int(counts.sum()), fitted)
    own = 1.4826 * np.nanmedian(np.abs(residuals), axis=1) * np.sqrt(counts / np.maximum(counts - 1, 1))
    scales = np.maximum(shared, own)[:, None]
    return np.asarray((residuals < -_REJECT * scales) & (counts[:, None] >= 3) & (shared > _ROUNDING))


def _robust_scale(residuals: Matrix, values: int, fitted: int) -> float:
    """Standard deviation of `residuals` but for their tails; `fitted` parameters were taken from `values`."""
    sizes = np.abs(residuals[np.isfinite(residuals)]) * sqrt(values / max(values - fitted, 1))
    sizes_not_zero = sizes[sizes > 0]
    scale = 1.4826 * float(np.median(sizes_not_zero)) if sizes_not_zero.size else 0.0
    for _ in range(8 if scale > 0 else 0):
        # 0.95 makes it the standard deviation for normal values winsorised at 2.5.
        scale = sqrt(float(np.mean(np.minimum(sizes, _WINSOR * scale) ** 2)) / 0.95)
    return scale


def moderate(own: Matrix, dof: Matrix) -> tuple[float, float]:
    """The variance that all cells share, and for how many degrees of freedom it counts (Smyth 2004, section 6.2).

    Infinitely many if the cells' variances differ no more than chance has it, none if there are too few to tell.
    """
    from scipy.special import digamma, polygamma

    known = dof > 0
    if not known.any():
        return 0.0, inf
    own, half = own[known], dof[known] / 2
    common = float((own * half).sum() / half.sum())
    if known.sum() < _FEWEST_TO_MODERATE:
        return common, 0.0
    if common <= 0:
        return 0.0, inf
    excess = np.log(np.maximum(own, 1e-6 * common)) - digamma(half) + np.log(half)
    variation = float(excess.var(ddof=1) - polygamma(1, half).mean())
    if variation <= 0:
        return common, inf
    prior = _trigamma_inverse(variation)
    return float(np.exp(excess.mean() + digamma(prior) - np.log(prior))), 2 * prior


def _trigamma_inverse(value: float) -> float:
    """By Newton's method on 1 / trigamma (Smyth 2004, appendix)."""
    from scipy.special import polygamma

    guess = 0.5 + 1 / value
    for _ in range(50):
        here = float(polygamma(1, guess))
        step = here * (1 - here / value) / float(polygamma(2, guess))
        guess += step
        if -step / guess < 1e-8:
            break
    return guess
