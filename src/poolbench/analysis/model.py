"""What a sweep says once it is summarised: plain data that tables, charts and reports are drawn from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from poolbench.words import lane

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poolbench.analysis.limits import Limits
    from poolbench.errors import Caution


@dataclass(frozen=True)
class Interval:
    """A 95 % confidence interval."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Costs:
    """What a cell used, medians over its trials that count. None: not known."""

    cpu_per_task_s: float
    machine_cpu_per_task_s: float
    """With the CPU of the workload's own server."""
    latency_p50_s: float
    latency_p99_s: float
    startup_s: float
    wall_s: float
    server_share: float | None
    """Of one core, used by the workload's own server."""
    in_flight_max: int | None
    """Most requests that server had at once."""
    overflows: int
    """Connections dropped by full listen queues, in all trials."""
    others_s: float | None = None
    """CPU seconds that processes which are not ours used in each second of the batch."""


@dataclass(frozen=True)
class Diagnosis:
    """Why a curve bends."""

    executor: str
    options: str
    cause: str
    """The name of the rule that held."""
    text: str
    """One sentence with the figures, and what would help."""
    figures: Mapping[str, float]


@dataclass(frozen=True)
class CellSummary:
    """One cell over all its blocks."""

    executor: str
    options: str
    """`key=value` pairs joined by `;`, sorted; empty for the defaults."""
    workers: int
    tasks: int
    """Tasks in one trial."""
    trials: int
    """Trials that count: every task succeeded."""
    failed: int
    """Trials that do not."""
    runs: tuple[float, ...] = ()
    """Tasks per second of each trial that counts, in the order of blocks."""
    per_s: float | None = None
    """Centre of `runs`: the mean of their logs without outliers; None where no trial counts."""
    ci: Interval | None = None
    """Of `per_s` within this sweep; None with a single block."""
    speedup: float | None = None
    """Over the baseline of the same blocks."""
    speedup_ci: Interval | None = None
    p95_s: float | None = None
    """Median over the trials of the 95th percentile of latency (started to finished), seconds."""
    reason: str = ""
    """Why the first failed trial failed."""
    costs: Costs | None = None
    limits: Limits | None = None
    bound_by: str = ""
    """What holds it back: `waiting`, `interpreter`, `cores`, `client`, `listen queue`, `server` or `queueing`."""

    @property
    def key(self) -> tuple[str, str, int]:
        """Executor, options, workers."""
        return self.executor, self.options, self.workers

    @property
    def efficiency(self) -> float | None:
        """What each worker does of what one alone does: speed-up over workers."""
        return self.speedup / self.workers if self.speedup else None


@dataclass(frozen=True)
class Curve:
    """One executor with its options over its worker counts."""

    executor: str
    options: str
    cells: tuple[CellSummary, ...]
    """Ascending by workers."""
    peak: CellSummary | None
    """The highest median throughput; None where no trial counts."""
    knee: CellSummary | None
    """The fewest workers within the tolerance of the peak."""
    knee_ci: tuple[int, int] | None
    """The worker counts between which the knee may lie; None with too few trials."""
    telling: str = ""
    """Of `options` those that tell it from another curve of its executor: `start=spawn`, but no outer count."""

    @property
    def name(self) -> str:
        """`threads`, `processes start=spawn`, or `2 processes × threads`."""
        return f"{lane(self.executor, self.options)} {self.telling}".strip()


@dataclass(frozen=True)
class Summary:
    """One workload with one set of parameters."""

    workload: str
    params: str
    """`key=value` pairs joined by `;`, sorted."""
    rate: str
    """`steady` (the rate between full rounds of long batches) or `makespan` (a given job, start to end)."""
    blocks: int
    baseline: CellSummary
    curves: tuple[Curve, ...]
    best: Curve | None
    """The curve whose knee wins; None where nothing was measured or nothing beats the baseline."""
    rivals: tuple[Curve, ...]
    """Curves that cannot be told from `best`: the interval of their peak reaches that of its knee."""
    machine: dict[str, Any] = field(default_factory=dict)
    """As in the sweep's JSON; `python` and `gil` at least."""
    started_at: str = ""
    """ISO 8601, UTC, of the first trial."""
    source: str = ""
    """Path of the CSV, for captions."""
    diagnoses: tuple[Diagnosis, ...] = ()
    """One for each curve that has something to say."""
    cautions: tuple[Caution, ...] = ()
    """What the checks found in the rows."""

    @property
    def cores(self) -> int:
        """Of the machine; 1 where it does not say."""
        return int(self.machine.get("cores") or 1)

    @property
    def certain(self) -> bool:
        """Whether there are runs enough to say how sure `best` is."""
        knee = self.best.knee if self.best else None
        return self.blocks > 1 and knee is not None and knee.speedup_ci is not None
