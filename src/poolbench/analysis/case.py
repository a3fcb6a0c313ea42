"""What the rules of a diagnosis look at: a curve's busiest cell beside its first one and the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolbench.analysis.limits import Limits
    from poolbench.analysis.model import CellSummary, Costs, Curve

SLOWER = 1.3
"""Tasks that take this much longer than alone are held up somewhere."""
OTHERS = 0.2
"""Of the cores: other processes that use more may be what our tasks wait for."""


@dataclass(frozen=True)
class Case:
    """One curve; a rule answers with a cause or with nothing."""

    curve: Curve
    busiest: CellSummary
    costs: Costs
    limits: Limits
    rate: float
    """Tasks per second of `busiest`."""
    base: CellSummary
    base_rate: float
    service_s: float
    """Of a task alone."""
    rate_kind: str
    """As in Summary.rate."""
    cores: int
    interpreters: int
    """That the workers share."""
    cap: int | None
    """Requests that the workload's own server lets in at once; None for no such limit."""
    evened: float
    """The waiting limit if all tasks took as long, over the one with their own times; 1 where not known."""

    @property
    def grew(self) -> float:
        """CPU per task over the least of the curve."""
        least = self.cheapest.costs.cpu_per_task_s if self.cheapest.costs else 0.0
        return self.costs.cpu_per_task_s / least if least > 0 else 1.0

    @property
    def mean_s(self) -> float:
        """Seconds that a worker spends on a task, by Little's law; a median hides the few that wait long."""
        return self.busiest.workers / self.rate

    @property
    def cpu_used(self) -> float:
        """Of what the CPU allows, 0 to 1."""
        return self.rate / min(self.limits.cores, self.limits.interpreter or self.limits.cores)

    @property
    def slower(self) -> bool:
        """Whether tasks take longer than alone, all of them or some of them much, and not for want of processors."""
        if (self.costs.others_s or 0.0) > OTHERS * self.cores:
            return False
        return min(self.mean_s, self.costs.latency_p99_s) > SLOWER * self.service_s

    @property
    def cheapest(self) -> CellSummary:
        """Where CPU per task was least: in the curve, or one at a time if the curve has only cells that share."""
        cells = [*self.curve.cells, *([self.base] if self.curve.cells[0].workers > 1 else [])]
        known = [(cell.costs.cpu_per_task_s, at) for at, cell in enumerate(cells) if cell.costs]
        return cells[min(((cpu_s, at) for cpu_s, at in known if cpu_s > 0), default=(0.0, 0))[1]]
