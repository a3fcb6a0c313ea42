"""The pytest plugin: one test per cell of a sweep, timed by pytest-benchmark, stored in our CSV.

The rounds of a test run back to back and the tests one after the other, so drift of the machine is not shared out
as `poolbench run` does it: its interleaved blocks are the better evidence.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from poolbench.pytest_sweep import SessionSweep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poolbench.results.columns import Trial

_Read = TypeVar("_Read")
_EXECUTORS = "threads,processes,asyncio"
_WORKERS = "1,4,16"
_ROUNDS = 5


def pytest_addoption(parser: pytest.Parser) -> None:
    """What to sweep, and where to."""
    group = parser.getgroup("poolbench", "concurrency sweeps")
    group.addoption("--workers", help="worker counts to sweep: 1,2,4 or 1..64 (over the tests' own)")
    group.addoption("--executors", help="executors to sweep: threads,processes,asyncio (over the tests' own)")
    group.addoption("--sweep-csv", type=Path, help="append the rows to this CSV (default: a new one in results/)")


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker, and what lives as long as the session; options that cannot be read end it at once."""
    for option, read in (("workers", _counts), ("executors", _names)):
        if text := config.getoption(f"--{option}"):
            _told(read, text, pytest.UsageError)
    config.addinivalue_line("markers", "poolbench(executors=..., workers=...): what the fixture sweeps by default")
    config.pluginmanager.register(SessionSweep(config), "poolbench-sweep")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per cell for those that use the fixture: `threads-004`, executor and workers as two parameters."""
    if "poolbench" not in metafunc.fixturenames:
        return
    from poolbench import executors

    mark = metafunc.definition.get_closest_marker("poolbench")
    wanted = {"executors": _EXECUTORS, "workers": _WORKERS} | _marked(mark)
    for key in wanted:
        wanted[key] = metafunc.config.getoption(f"--{key}") or wanted[key]
    counts = _told(_counts, wanted["workers"], pytest.Collector.CollectError)
    names = _told(_names, wanted["executors"], pytest.Collector.CollectError)
    cells = [(executors.BASELINE, 1), *((name, count) for name, own in names.items() for count in own or counts)]
    ids = [f"{name}-{count:03d}" for name, count in cells]
    metafunc.parametrize(("executor", "workers"), cells, ids=ids)


def _marked(mark: pytest.Mark | None) -> dict[str, str]:
    """What the marker says, as the command line takes it."""
    if mark is None:
        return {}
    from poolbench.calls import listed

    strange = [*map(repr, mark.args), *(key for key in mark.kwargs if key not in ("executors", "workers"))]
    if strange:
        what = f"the marker poolbench does not take {strange[0]}"
        raise pytest.Collector.CollectError(f"{what}; write it as poolbench(executors='threads', workers='1,2,4')")
    wrong = pytest.Collector.CollectError
    return {key: _told(partial(listed, name=key), value, wrong) for key, value in mark.kwargs.items()}


def _counts(text: str) -> tuple[int, ...]:
    from poolbench.units import worker_counts

    return worker_counts(text)


def _names(text: str) -> dict[str, tuple[int, ...]]:
    """Those beside the baseline, with their options, and the worker counts that were named with them."""
    from poolbench import executors

    executors.strategies(text)
    return {part: executors.strategy(part).counts for part in executors.parts(text) if executors.strategies(part)}


def _told(read: Callable[[Any], _Read], text: Any, kind: type[Exception]) -> _Read:
    """What `read` makes of `text`; its UsageError becomes one of pytest's, which shows no traceback."""
    from poolbench.errors import UsageError

    try:
        return read(text)
    except UsageError as problem:
        raise kind(f"{problem.message}; {problem.tip}") from None


@pytest.fixture
def poolbench(
    benchmark: Any, executor: str, workers: int, request: pytest.FixtureRequest
) -> Callable[..., list[Trial]]:
    """Times one cell: call it with a workload's name and its parameters; returns a trial per round.

    `poolbench("flags", latency="20ms")`; for a function of your own `poolbench("jobs:fetch", items="range(100)")`.
    `tasks` and `rounds` set the batch and the repeats. The test fails if any task did.
    """
    from poolbench.errors import UsageError

    sweep: Any = request.config.pluginmanager.get_plugin("poolbench-sweep")
    timed: list[str] = []

    def measure(
        workload: str, *, items: str = "", tasks: int | None = None, rounds: int = _ROUNDS, **params: str
    ) -> list[Trial]:
        try:
            _verify_call(workload, items, tasks, rounds, timed)
            timed.append(workload)
            cell = sweep.cell(workload, items, params, executor, workers, tasks)
            benchmark.group = cell.workload.name
            trials: list[Trial] = sweep.time(benchmark, cell, rounds)
        except UsageError as problem:
            raise pytest.fail.Exception(f"{problem.message}; {problem.tip}", pytrace=False) from None
        bad = [trial for trial in trials if trial.outcome != "ok"]
        if bad:
            pytest.fail(f"{len(bad)} of {len(trials)} rounds {bad[0].outcome}: {bad[0].reason}", pytrace=False)
        return trials

    return measure


def _verify_call(workload: str, items: str, tasks: int | None, rounds: int, timed: Sequence[str]) -> None:
    """UsageError for what one test cannot ask for: the fixture takes text, as the command line does."""
    from poolbench.errors import UsageError
    from poolbench.units import positive

    if timed:
        raise UsageError(f"this test has timed {timed[0]} already", "time one workload in a test; write another test")
    for name, value in (("workload", workload), ("items", items)):
        if not isinstance(value, str):
            raise UsageError(f"cannot use the {name} {value!r}", 'write poolbench("jobs:fetch", items="range(100)")')
    positive(tasks, "tasks")
    positive(rounds, "rounds")
