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
    """Those that count: they succeeded, and not in a disturbed moment."""
    failed: int
    """Runs that failed."""
    left_out: int
    """Runs that were made while the machine was disturbed."""
    per_s: float | None
    """Centre of the runs, at the machine's usual speed; None where none counts."""
    ci: Interval | None
    """95 % interval of `per_s`."""
    chance: float
    """Model probability that this is the answer."""
    chance_within: float
    """Model probability that it is within tolerance of the best of all."""


@dataclass(frozen=True)
class Recommendation:
    """The cheapest choice within tolerance of the best, or one at nearly its price that is worth more."""

    choice: Choice
    workers_range: tuple[int, int]
    """Where the answer lies if it is in this lane: 10th and 90th percentile."""
    per_s: float
    ci: Interval
    """95 % interval of `per_s`."""
    speedup: float | None
    """Over one worker of the baseline; None if that was never measured."""
    speedup_ci: Interval | None
    chance_within: float
    """Model probability that it is within tolerance of the best of all."""
    fastest: Choice
    """With the highest centre of all that were measured."""
    fastest_per_s: float


@dataclass(frozen=True)
class Evidence:
    """Everything, at any moment of the search."""

    rows: tuple[Row, ...]
    """In the order of the lanes, and of workers."""
    recommendation: Recommendation | None
    """None before anything was measured."""
    conclusive: bool
    reason: str
    """`decided`; `runs` (all used up); `disturbed`; `failed` (no run succeeded); `budget`, `interrupted` (too soon)."""
    possible: tuple[Choice, ...]
    """Choices that may still be the answer, the cheapest first: together they hold it with a chance of 95 %."""
    runs: int
    """All, with those that do not count."""
    more_runs: int | None
    """About how many more would settle it: 0 if it is settled, None if that cannot be told."""
    noise: float
    """Standard deviation of one run, as a share of its throughput, with changes of the machine's speed."""
    tolerance: float
    """What a choice may lack of the best, as a share of its throughput."""
