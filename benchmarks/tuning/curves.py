"""True throughput curves at 1 to 64 workers, each 1 at one worker: the listed group, and one of other kinds.

The listed group is the one that the search was designed on. The other group was written down before the search was
tuned, to see whether it holds elsewhere, and none is dropped for being hard. It is no clean hold-out: its results were
looked at during development, and roughness, stretches and the checks before the end were added because of them.
"""

from __future__ import annotations

from math import ceil, exp, log
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 64
Curve = np.ndarray
_N = np.arange(1, MOST + 1)


def _of(function: Callable[[int], float]) -> Curve:
    values = np.array([function(int(n)) for n in _N], dtype=float)
    return values / values[0]


def usl(contention: float, coherency: float) -> Callable[[int], float]:
    """Gunther's universal scalability law; with no coherency it is Amdahl's."""
    return lambda n: n / (1 + contention * (n - 1) + coherency * n * (n - 1))


def cap(most: float) -> Callable[[int], float]:
    return lambda n: min(n, most)


def soft_cap(most: float, sharpness: float) -> Callable[[int], float]:
    return lambda n: (n**-sharpness + most**-sharpness) ** (-1 / sharpness)


def queues(think: float, demands: list[float]) -> Callable[[int], float]:
    """Exact mean value analysis of a closed network: a delay, and stations that serve one at a time."""

    def throughput(workers: int) -> float:
        lengths = [0.0] * len(demands)
        rate = 0.0
        for n in range(1, workers + 1):
            waits = [demand * (1 + length) for demand, length in zip(demands, lengths, strict=True)]
            rate = n / (think + sum(waits))
            lengths = [rate * wait for wait in waits]
        return rate

    return throughput


def lines(*points: tuple[float, float]) -> Callable[[int], float]:
    """Straight lines through points."""
    xs, ys = zip(*points, strict=True)
    return lambda n: float(np.interp(n, xs, ys))


def waves(tasks: int) -> Callable[[int], float]:
    """A job of so many equal tasks: a last wave that is not full costs as much as a full one."""
    return lambda n: tasks / ceil(tasks / n)


def _rough(name_seed: int, spread: float) -> Curve:
    """Factors that belong to the counts themselves, not to the runs."""
    return np.exp(spread * np.random.default_rng(name_seed).standard_normal(MOST))


def _aligned(n: int, unit: int, loss: float) -> float:
    return 1.0 if n % unit == 0 else 1 - loss


def _cliff(edge: int, before: Callable[[int], float], after: Callable[[int], float]) -> Callable[[int], float]:
    return lambda n: before(n) if n <= edge else after(n)


LISTED: dict[str, Curve] = {
    "usl_linear": _of(usl(0, 0)),
    "usl_amdahl01": _of(usl(0.01, 0)),
    "usl_amdahl05": _of(usl(0.05, 0)),
    "usl_amdahl20": _of(usl(0.20, 0)),
    "usl_peak44": _of(usl(0.02, 0.0005)),
    "usl_peak22": _of(usl(0.05, 0.002)),
    "usl_peak9": _of(usl(0.10, 0.01)),
    "usl_peak7": _of(usl(0, 0.02)),
    "usl_peak4": _of(usl(0.30, 0.05)),
    "usl_peak2": _of(usl(0.60, 0.10)),
    "cap8": _of(cap(8)),
    "cap12": _of(cap(12)),
    "cap24": _of(cap(24)),
    "cap48": _of(cap(48)),
    "softcap20": _of(soft_cap(20, 4)),
    "cap10_decl03": _of(lambda n: min(n, 10) * (1 - 0.003 * max(0, n - 10))),
    "cap6_decl10": _of(lambda n: min(n, 6) * (1 - 0.010 * max(0, n - 6))),
    "quant20": _of(waves(20)),
    "quant48": _of(waves(48)),
    "quant100": _of(waves(100)),
    "retry16": _of(lambda n: n if n <= 16 else max(1, 16 * exp(-0.15 * (n - 16)))),
    "cliff20": _of(lambda n: n if n <= 20 else 6),
    "cliff40": _of(_cliff(40, usl(0.01, 0), lambda _: 0.25 * usl(0.01, 0)(40))),
    "gil_flat": _of(lambda _: 1),
    "gil_decl": _of(lambda n: 1 / (1 + 0.01 * (n - 1))),
    "proc2": _of(cap(2)),
    "proc2_decl": _of(lambda n: min(n, 2) / (1 + 0.005 * max(0, n - 2))),
    "smt4x2": _of(lambda n: n if n <= 4 else min(4 + 0.3 * (n - 4), 5.2)),
    "mva_io9": _of(queues(9, [1])),
    "mva_io19": _of(queues(19, [1])),
    "mva_two": _of(queues(20, [1, 0.7])),
    "hump_late": _of(lines((1, 1), (4, 3.8), (8, 2.6), (12, 3.2), (32, 7.5), (48, 7), (64, 5))),
    "hump_early": _of(lines((1, 1), (6, 5.5), (12, 3.5), (24, 4.5), (40, 5), (64, 4))),
    "startup": _of(lambda n: 1 / (200 / n + 0.5 * n)),
}
"""As published with the search's design."""

EDGES = {"cliff20": 20, "cliff40": 40, "retry16": 16}
"""Where a count more costs most of the throughput."""

OTHER: dict[str, Curve] = {
    "logarithmic": _of(lambda n: 1 + 1.2 * log(n)),
    "log_then_down": _of(lambda n: 1 + 2.5 * log(min(n, 20)) - 0.04 * max(0, n - 20)),
    "root": _of(lambda n: n**0.5),
    "exponential": _of(lambda n: 1 - exp(-n / 10)),
    "valley": _of(lines((1, 1), (3, 0.8), (6, 0.6), (10, 1.2), (24, 4), (64, 4.2))),
    "two_humps": _of(lines((1, 1), (4, 4), (8, 3.6), (16, 3.4), (40, 4.3), (64, 4))),
    "stairs8": _of(lambda n: 1 + 1.2 * (min(n, 40) // 8)),
    "stairs_early": _of(lambda n: (1, 2.2, 3.1, 3.8)[sum(n >= step for step in (3, 6, 12))]),
    "stragglers": _of(lambda n: n / (1 + 0.3 * sum(1 / i for i in range(1, n)) + 0.03 * (n - 1))),
    "aligned4": _of(lambda n: usl(0.03, 0.0008)(n) * _aligned(n, 4, 0.08)),
    "aligned8": _of(lambda n: min(n, 32) * _aligned(n, 8, 0.12)),
    "rough_usl": _of(usl(0.04, 0.001)) * _rough(1, 0.04),
    "rough_cap16": _of(cap(16)) * _rough(2, 0.03),
    "capped_usl": _of(lambda n: min(usl(0.02, 0)(n), 12)),
    "two_caps": _of(lambda n: min(n, 6 + 0.35 * max(0, n - 6), 13)),
    "late_cliff": _of(_cliff(48, soft_cap(16, 3), lambda _: 5)),
    "step_down": _of(_cliff(24, usl(0.02, 0), lambda n: 0.8 * usl(0.02, 0)(24) * (1 + 0.004 * (n - 24)))),
    "superlinear": _of(lambda n: min(n, 8) ** 1.25 * (1 - 0.002 * max(0, n - 8))),
}
"""Growth without a cap, valleys and stairs, stragglers, alignment, rough curves, two caps, late cliffs."""
OTHER = {name: values / values[0] for name, values in OTHER.items()}

GROUPS = {"listed": LISTED, "other": OTHER}
CURVES = LISTED | OTHER
