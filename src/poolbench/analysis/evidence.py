"""What a search for the number of workers has to show: plain data that its table and its chart are drawn from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poolbench.analysis.model import Interval


@dataclass(frozen=True)
class Weighed:
    """One choice that was measured: a lane (an executor with its options) and a worker count."""

    executor: str
    telling: str
    """Of its options those that tell it from another lane of its executor: `start=spawn`."""
    workers: int
    runs: tuple[float, ...]
    """Tasks per second of each run that counts."""
    per_s: float | None
    """Their centre; None where none counts."""
    ci: Interval | None
    """95 % interval of `per_s`."""
    chance: float
    """That this is the answer, from 0 to 1."""
    failed: int = 0

    @property
    def lane(self) -> str:
        """`threads`, or `processes start=spawn`."""
        return f"{self.executor} {self.telling}".strip()


@dataclass(frozen=True)
class Advice:
    """The choice that a search comes to."""

    lane: str
    executor: str
    workers: int
    workers_range: tuple[int, int]
    """The counts of that lane between which the answer lies."""
    per_s: float
    speedup: float | None
    conclusive: bool
    """Whether more runs would hardly change it."""
    others: tuple[str, ...] = ()
    """Executors beside this one that may have the answer."""
    measured: int | None = None
    """The count that was measured, where fewer do a job of equal tasks in as many rounds."""

    @property
    def row(self) -> tuple[str, int]:
        """Lane and worker count of what was measured for it."""
        return self.lane, self.measured or self.workers


@dataclass(frozen=True)
class Case:
    """All that a search knows, of one workload."""

    workload: str
    params: str
    rows: tuple[Weighed, ...]
    """Ascending by workers inside a lane; at least one."""
    advice: Advice | None
    """None where nothing could be measured, or nothing beats one at a time."""
    baseline_per_s: float | None
    tolerance: float = 0.05
    """So far below the best a count may be and still be the answer, for being smaller."""
    range_name: str = "95 % CI"
    """What `workers_range` is."""
    measured_s: float | None = None
    machine: dict[str, Any] = field(default_factory=dict)
    started_at: str = ""
    source: str = ""
    """Path of the CSV, for captions."""

    @property
    def best_per_s(self) -> float | None:
        """The highest centre of all."""
        return max((row.per_s for row in self.rows if row.per_s), default=None)
