"""Stand-ins for pools and workloads with which a trial's figures are known beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from poolbench.executors.base import Batch, Kind, Strategy
from poolbench.executors.records import Record
from poolbench.measure.cells import Cell
from poolbench.measure.machine import Machine
from poolbench.testing import FakeClock, Script, scripted, scripted_workload

MACHINE = Machine("0" * 8, "a processor", 4, 4, 8 * 2**30, "Linux 6", "3.11", "CPython", True, False, 8)


@dataclass
class LoggedPool:
    """Notes what it is asked for; `fails` says where it raises what."""

    log: list[str] = field(default_factory=list)
    fails: dict[str, BaseException] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    ended: float = 1.0

    def _do(self, what: str) -> None:
        self.log.append(what)
        if what in self.fails:
            raise self.fails[what]

    def open(self) -> None:
        self._do("open")

    def warm(self, items: Any) -> None:
        self._do("warm")

    def run(self, items: Any) -> Batch:
        self._do("run")
        return Batch(0.0, self.ended, self.records)

    def close(self) -> None:
        self._do("close")


def strategy_of(pool: Any, name: str = "threads") -> Strategy:
    return Strategy(Kind(name, lambda *_: pool), {})


def cell(script: Script, workers: int = 2, tasks: int = 8, name: str = "threads") -> Cell:
    return Cell(scripted_workload(), scripted(script, name), workers, tasks)


def clock_and_script(**settings: Any) -> tuple[FakeClock, Script]:
    clock = FakeClock()
    return clock, Script(clock, **settings)
