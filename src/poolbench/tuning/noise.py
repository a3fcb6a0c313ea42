"""How much runs of one choice vary, from all choices together, and the centre of a choice's runs."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_USUAL = 0.05
"""Standard deviation of a log throughput that is expected before anything is measured."""
_USUAL_DOF = 1.5
"""For how many degrees of freedom that counts."""
LEAST = 0.01
"""Standard deviation of a run on the quietest machine."""
_WINSOR = 2.5
_HUBER = 1.5


@dataclass(frozen=True)
class Noise:
    """Of one run, on logarithms."""

    sd: float
    dof: float

    def error(self, runs: int) -> float:
        """Standard error of the centre of so many runs."""
        # Huber's centre is 5 % less efficient than the mean.
        return self.sd / sqrt(runs) * (1.05 if runs > 2 else 1.0)


def pooled(groups: Iterable[Sequence[float]], least: float = LEAST) -> Noise:
    """From the runs of each choice: the winsorised scale of their residuals (Huber 1981, section 6.4), or `least`."""
    many = [(group, median(group), sqrt(len(group) / (len(group) - 1))) for group in groups if len(group) > 1]
    dof = sum(len(group) - 1 for group, _, _ in many)
    if dof < 2:
        return Noise(_USUAL, _USUAL_DOF)
    sizes = np.array([abs(value - middle) * factor for group, middle, factor in many for value in group])
    scale = 1.4826 * float(np.median(sizes))
    for _ in range(8):
        # 0.95 makes it the standard deviation for normal values winsorised at 2.5.
        scale = sqrt(float(np.mean(np.minimum(sizes, _WINSOR * scale) ** 2)) / 0.95)
    variance = (_USUAL_DOF * _USUAL**2 + dof * scale**2) / (_USUAL_DOF + dof)
    return Noise(max(LEAST, least, sqrt(variance)), dof + _USUAL_DOF)


def centre(values: Sequence[float], sd: float) -> float:
    """The mean of two; of more, Huber's, which an outlier cannot draw away."""
    if len(values) < 3:
        return sum(values) / len(values)
    found, most = median(values), _HUBER * sd
    for _ in range(3):
        found += sum(min(max(value - found, -most), most) for value in values) / len(values)
    return found
