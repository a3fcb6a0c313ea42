"""What a search knows: plain data for the table, the chart and the profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolbench.analysis.model import Interval


@dataclass(frozen=True, order=True)
class Choice:
    """One configuration."""

    lane: str
    """One executor with its options, such as `threads` or `processes start=spawn`."""
    workers: int


@dataclass(frozen=True)
class Row:
    """What is known of one choice that was measured."""

    choice: Choice
    runs: int
    """Those that succeeded."""
    per_s: float | None
    """Centre of the runs; None where none succeeded."""
    ci: Interval | None
    """95 % interval of `per_s`."""
    chance: float
    """Model probability that this is the answer."""
    chance_within: float
    """Model probability that it is within tolerance of the best of all."""
    failed: int = 0


@dataclass(frozen=True)
class Recommendation:
    """The cheapest choice within tolerance of the best."""

    choice: Choice
    workers_range: tuple[int, int]
    """Where the answer lies in the same lane, from the 10th to the 90th percentile."""
    per_s: float
    ci: Interval
    speedup: float
    """Over one worker of the baseline."""
    speedup_ci: Interval
    chance_within: float
    fastest: Choice
    """With the highest centre of all that were measured."""
    fastest_per_s: float


@dataclass(frozen=True)
class Evidence:
    """Everything, at any moment of the search."""

    rows: tuple[Row, ...]
    """By lane, in the order they were given, and by workers."""
    recommendation: Recommendation | None
    """None before anything was measured."""
    conclusive: bool
    reason: str
    """`decided`, `runs` (all used up), `disturbed`, `failed`, or `budget` where the search was not at its end."""
    possible: tuple[Choice, ...]
    """Choices that may still be the answer."""
    runs: int
    more_runs: int | None
    """Roughly how many more would settle it; 0 if it is; None before anything is known."""
    noise: float
    """Standard deviation of one run, as a share."""
