from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from poolbench.errors import UsageError
from poolbench.executors import strategy
from poolbench.flagserver import FlagServer, ServerOptions
from poolbench.measure.cells import Cell, Place
from poolbench.measure.trial import run_trial
from poolbench.workloads.flags import DEFAULTS, FlagsWorkload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from poolbench.workloads.base import Workload


def run(workload: Workload, way: str, workers: int, tasks: int) -> tuple[Any, list[Any], list[Any]]:
    return run_trial(Cell(workload, strategy(way), workers, tasks), Place())


@pytest.fixture(scope="session")
def trial() -> Callable[..., tuple[Any, list[Any], list[Any]]]:
    """Row, spans and values of one trial."""
    return run


@pytest.fixture(scope="session")
def flags() -> Callable[..., FlagsWorkload]:
    """The workload, not entered, with no latency unless asked for."""

    def make(seed: int = 0, **settings: str) -> FlagsWorkload:
        return FlagsWorkload({**DEFAULTS, "latency": "0", **settings}, seed)

    return make


@pytest.fixture(scope="session")
def usage() -> Callable[..., tuple[str, str]]:
    """Message and tip of the UsageError that a call raises."""

    def call(function: Any, *arguments: Any, **named: Any) -> tuple[str, str]:
        with pytest.raises(UsageError) as caught:
            function(*arguments, **named)
        return caught.value.message, caught.value.tip

    return call


@pytest.fixture(scope="session")
def foreign() -> Iterator[FlagServer]:
    """A server that is not the workload's own."""
    with FlagServer(ServerOptions(latency_s=0.0)) as server:
        yield server
