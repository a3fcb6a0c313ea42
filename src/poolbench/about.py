"""What is here: the machine and how quiet it is; workloads, executors and clients."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from poolbench import executors, workloads
from poolbench.analysis.quiet import Quiet, quietness
from poolbench.errors import UsageError
from poolbench.executors.base import settle
from poolbench.measure.machine import this_machine
from poolbench.measure.plan import Plan, Rule
from poolbench.measure.sweep import sweep
from poolbench.measure.trial import Cell
from poolbench.workloads import clients

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from poolbench.results.columns import Span, Trial

_BLOCKS = 12
_TASKS = 24
"""About 0.1 s of computing."""


class _Nowhere:
    """Keeps no rows: the test says what it has to say at once."""

    def add(self, trial: Trial, spans: Sequence[Span]) -> None:
        del trial, spans


def test_machine() -> Quiet:
    """An A/A test of some seconds: the same computing under two names, in turns."""
    [(_, workload)] = workloads.variants([workloads.recipe("primes")], [], 0)
    threads = executors.kind("threads")
    arms = [settle(threads, {"submission": each}) for each in threads.choices["submission"]]
    cells = tuple(Cell(workload, arm, 1, _TASKS) for arm in arms)
    rule = Rule(repeats=_BLOCKS, budget_s=None, most_blocks=_BLOCKS)
    trials = sweep(Plan(cells, rule, seed=0), _Nowhere(), "quiet")
    return quietness(trials, this_machine().cores)


def machine_notes() -> Iterator[str]:
    """What is installed here that changes what is measured."""
    try:
        patch = version("urllib3").split(".")[2]
    except (PackageNotFoundError, IndexError):
        return
    if patch.isdecimal() and int(patch) >= 900:
        yield "niquests has replaced urllib3, which changes what requests does; measure where it is not installed"


def inventory() -> dict[str, list[tuple[str, str]]]:
    """By kind of thing: names with what they take."""
    return {
        "workloads": [(name, _parameters(name)) for name in workloads.names()],
        "executors": [(name, _options(name)) for name in executors.names()],
        "clients": [(name, _client(name)) for name in clients.NAMES],
    }


def _parameters(name: str) -> str:
    defaults = workloads.recipe(name).defaults
    return "  ".join(f"{key}={value}" for key, value in defaults.items() if value)


def _options(name: str) -> str:
    try:
        defaults = executors.kind(name).defaults
    except UsageError as problem:
        return f"{problem.message}; {problem.tip}"
    needs = executors.needs(name)
    return "  ".join([*(f"{key}={value or '…'}" for key, value in defaults.items()), *[f"needs {needs}"] * bool(needs)])


def _client(name: str) -> str:
    return "plain functions only" if clients.lacks_asyncio(name) else "plain functions and asyncio"
