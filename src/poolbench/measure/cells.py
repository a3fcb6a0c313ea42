"""What a sweep measures over and over, and where in it a trial stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolbench.units import joined

if TYPE_CHECKING:
    from poolbench.executors.base import Strategy
    from poolbench.workloads.base import Workload


@dataclass(frozen=True)
class Cell:
    """One workload with its parameters, one executor with its options, one worker count; and its batch."""

    workload: Workload
    strategy: Strategy
    workers: int
    tasks: int

    @property
    def options(self) -> str:
        """As in the CSV."""
        return joined(self.strategy.options)

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What a row of this cell is recognised by."""
        params = joined(self.workload.params)
        return self.workload.name, params, self.strategy.kind.name, self.options, self.workers


@dataclass(frozen=True)
class Place:
    """Where in its sweep a trial stands."""

    sweep: str = ""
    block: int = 0
    position: int = 0
