"""How quiet this machine is: the same work under two names, in turns, told apart or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolbench import executors, workloads
from poolbench.analysis.quiet import Quiet, quietness
from poolbench.executors.base import settle
from poolbench.measure.cells import Cell
from poolbench.measure.machine import this_machine
from poolbench.measure.plan import Plan, Rule
from poolbench.measure.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.results.columns import Span, Trial

_BLOCKS = 12
_TASKS = 24
"""About 0.1 s of computing."""


class _Nowhere:
    """Keeps no rows: the test says what it has to say at once."""

    def add(self, trial: Trial, spans: Sequence[Span]) -> None:
        del trial, spans


def aa_test() -> Quiet:
    """An A/A test of some seconds: the same computing under two names, in turns."""
    [(_, workload)] = workloads.variants([workloads.recipe("primes")], [], 0)
    threads = executors.kind("threads")
    arms = [settle(threads, {"submission": each}) for each in threads.choices["submission"]]
    cells = tuple(Cell(workload, arm, 1, _TASKS) for arm in arms)
    rule = Rule(repeats=_BLOCKS, budget_s=None, most_blocks=_BLOCKS)
    trials = sweep(Plan(cells, rule, seed=0), _Nowhere(), "quiet")
    return quietness(trials, this_machine().cores)
