"""The same workload under several interpreters, side by side: which does how much of what another does."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from poolbench.analysis.model import CellSummary, Curve, Summary
    from poolbench.analysis.origins import Origin


@dataclass(frozen=True)
class Side:
    """One interpreter."""

    name: str
    """`3.13`, `3.14t` without the GIL; all digits where two would read the same."""
    summary: Summary


@dataclass(frozen=True)
class Beside:
    """One workload with one set of parameters, on one machine, under at least two interpreters."""

    workload: str
    params: str
    sides: tuple[Side, ...]

    @property
    def lanes(self) -> list[str]:
        """Names of the curves that more than one of them has, in their order."""
        names = [curve.name for side in self.sides for curve in side.summary.curves]
        return [name for name in dict.fromkeys(names) if names.count(name) > 1]

    def curve(self, side: Side, lane: str) -> Curve | None:
        """That of an interpreter, if it has it."""
        return next((each for each in side.summary.curves if each.name == lane), None)


@dataclass(frozen=True)
class Gap:
    """How far apart two interpreters are on one executor, peak over peak."""

    workload: str
    lane: str
    fast: Side
    slow: Side
    ratio: float
    surely: bool
    """The intervals of the two peaks are apart."""


def side_by_side(pairs: Iterable[tuple[Origin, Summary]]) -> list[Beside]:
    """By workload, parameters and machine, where there is more than one interpreter."""
    groups: dict[tuple[str, str, str], list[tuple[Origin, Summary]]] = defaultdict(list)
    for origin, summary in pairs:
        groups[summary.workload, summary.params, origin.machine].append((origin, summary))
    return [_beside(group) for group in groups.values() if len({origin for origin, _ in group}) > 1]


def _beside(group: list[tuple[Origin, Summary]]) -> Beside:
    group = sorted(group, key=lambda pair: (_version(pair[0]), not pair[0].gil))
    origins = [origin for origin, _ in group]
    short = {_short(origin, 2) for origin in origins}
    parts = 2 if len(short) == len(set(origins)) else 3
    sides = tuple(Side(_short(origin, parts), summary) for origin, summary in group)
    return Beside(group[0][1].workload, group[0][1].params, sides)


def _version(origin: Origin) -> tuple[int, ...]:
    return tuple(int(part) for part in origin.python.split(".") if part.isdecimal())


def _short(origin: Origin, parts: int) -> str:
    version = ".".join(origin.python.split(".")[:parts])
    return version if origin.gil else f"{version}t"


def widest(found: Iterable[Beside]) -> Gap | None:
    """The largest gap on any executor of any workload, one that is sure before one that is not."""
    gaps = [gap for each in found for lane in each.lanes if (gap := _gap(each, lane))]
    return max(gaps, key=lambda gap: (gap.surely, gap.ratio), default=None)


def _gap(beside: Beside, lane: str) -> Gap | None:
    peaks = [(side, curve.peak) for side in beside.sides if (curve := beside.curve(side, lane)) and curve.peak]
    if len(peaks) < 2:
        return None
    (slow, low), (fast, high) = min(peaks, key=_height), max(peaks, key=_height)
    surely = bool(low.ci and high.ci and high.ci.low > low.ci.high)
    return Gap(beside.workload, lane, fast, slow, (high.per_s or 0.0) / (low.per_s or 1.0), surely)


def _height(pair: tuple[Side, CellSummary]) -> float:
    return pair[1].per_s or 0.0
