"""The pytest plugin: one test per cell of a sweep, timed by pytest-benchmark, stored in our CSV.

The rounds of a test run back to back and the tests one after the other, so drift of the machine is not shared out
as `poolbench run` does it: its interleaved blocks are the better evidence.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolbench.measure.cells import Cell
    from poolbench.measure.pilot import Pilot
    from poolbench.measure.trial import Attempt
    from poolbench.results.columns import Trial
    from poolbench.results.store import Store
    from poolbench.workloads.base import Workload

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
    config.pluginmanager.register(_Sweep(config), "poolbench-sweep")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per cell for those that use the fixture: `threads-004`, executor and workers as two parameters."""
    if "poolbench" not in metafunc.fixturenames:
        return
    from poolbench import executors

    mark = metafunc.definition.get_closest_marker("poolbench")
    wanted = {"executors": _EXECUTORS, "workers": _WORKERS} | dict(mark.kwargs if mark else {})
    for key in wanted:
        wanted[key] = metafunc.config.getoption(f"--{key}") or wanted[key]
    counts = _told(_counts, wanted["workers"], pytest.Collector.CollectError)
    names = _told(_names, wanted["executors"], pytest.Collector.CollectError)
    cells = [(executors.BASELINE, 1), *((name, count) for name, own in names.items() for count in own or counts)]
    ids = [f"{name}-{count:03d}" for name, count in cells]
    metafunc.parametrize(("executor", "workers"), cells, ids=ids)


def _counts(text: str) -> tuple[int, ...]:
    from poolbench.units import worker_counts

    return worker_counts(text)


def _names(text: str) -> dict[str, tuple[int, ...]]:
    """Those beside the baseline, with their options, and the worker counts that were named with them."""
    from poolbench import executors

    executors.strategies(text)
    return {part: executors.strategy(part).counts for part in executors.parts(text) if executors.strategies(part)}


def _told(read: Callable[[str], _Read], text: str, kind: type[Exception]) -> _Read:
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

    def measure(
        workload: str, *, items: str = "", tasks: int | None = None, rounds: int = _ROUNDS, **params: str
    ) -> list[Trial]:
        try:
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


class _Sweep:
    """What the tests of a session share: workloads that are entered once, the store, the rows."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._stack = ExitStack()
        self._workloads: dict[Any, tuple[Workload, Pilot]] = {}
        self._store: Store | None = None
        self._trials: list[Trial] = []

    def cell(
        self, name: str, items: str, params: dict[str, str], executor: str, workers: int, tasks: int | None
    ) -> Cell:
        """A cell, its workload running; a test whose executor cannot run it is skipped."""
        from poolbench import executors
        from poolbench.errors import UsageError
        from poolbench.measure.cells import Cell
        from poolbench.measure.machine import this_machine

        strategy = executors.strategy(executor)
        workload, found = self._workload(name, items, params)
        try:
            strategy.verify(workload)
        except UsageError as problem:
            pytest.skip(f"{problem.message}; {problem.tip}")
        given = len(workload.given) if workload.given is not None else tasks
        return Cell(workload, strategy, workers, given or found.tasks(strategy.kind, workers, this_machine()))

    def _workload(self, name: str, items: str, params: dict[str, str]) -> tuple[Workload, Pilot]:
        from poolbench import workloads
        from poolbench.measure.pilot import pilot

        key = (name, items, *sorted(params.items()))
        if key not in self._workloads:
            settings = [f"{each}={value}" for each, value in params.items()]
            [(_, workload)] = workloads.variants([workloads.recipe(name, items)], settings, seed=0)
            self._stack.enter_context(workload)
            self._workloads[key] = workload, pilot(workload)
        return self._workloads[key]

    def time(self, benchmark: Any, cell: Cell, rounds: int) -> list[Trial]:
        """Runs the rounds under pytest-benchmark; pools open and close outside its clock."""
        from poolbench.measure.cells import Place
        from poolbench.measure.trial import Attempt

        trials: list[Trial] = []

        def setup() -> tuple[tuple[Attempt], dict[str, Any]]:
            attempt = Attempt(cell, Place(self.store.path.stem, len(trials), len(self._trials)))
            attempt.open()
            return (attempt,), {}

        def teardown(attempt: Attempt) -> None:
            attempt.close()
            spans = attempt.spans()
            trials.append(attempt.row(spans))
            self.store.add(trials[-1], spans)

        benchmark.pedantic(_run, setup=setup, teardown=teardown, rounds=rounds, iterations=1)
        self._trials += trials
        rates = [trial.throughput_per_s for trial in trials]
        benchmark.extra_info.update(
            executor=cell.strategy.kind.name,
            options=cell.options,
            workers=cell.workers,
            tasks=cell.tasks,
            throughput_per_s=rates,
        )
        return trials

    @property
    def store(self) -> Store:
        """Opened by the first round."""
        if self._store is None:
            from poolbench import pipeline
            from poolbench.results.store import Store, fresh_path

            name = pipeline.file_name(["pytest"])
            path = self._config.getoption("--sweep-csv") or fresh_path(self._config.rootpath / "results", name)
            self._store = self._stack.enter_context(Store(path, pipeline.about(name)))
        return self._store

    @pytest.hookimpl(optionalhook=True)
    def pytest_benchmark_update_machine_info(self, machine_info: dict[str, Any]) -> None:
        """Stable facts only: pytest-benchmark compares them for equality."""
        from poolbench.measure.machine import this_machine

        machine = this_machine()
        machine_info["poolbench"] = {"machine": machine.id, "cores": machine.cores, "gil": machine.gil}

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Our table after pytest-benchmark's."""
        if not self._trials or self._store is None:
            return
        terminalreporter.section("poolbench")
        terminalreporter.write_line(self._tables(terminalreporter))
        terminalreporter.write_line(f"wrote  {self._store.path}  {len(self._trials)} runs")
        if sys.gettrace() is not None:
            terminalreporter.write_line(
                "warning: a tracer or coverage is on, which slows worker threads; add --no-cov", yellow=True
            )

    def _tables(self, terminalreporter: pytest.TerminalReporter) -> str:
        from io import StringIO

        from poolbench.analysis.summary import summarise
        from poolbench.measure.machine import this_machine
        from poolbench.terminal import closing, table
        from poolbench.terminal.screen import screen

        width = terminalreporter._tw.fullwidth  # noqa: SLF001  pytest offers its width nowhere else
        text = StringIO()
        shown = screen("always" if terminalreporter.hasmarkup else "never", file=text, width=width)
        for summary in summarise(self._trials, machine=this_machine().as_dict()):
            table.show(summary, shown, closing.about(summary))
        return text.getvalue()

    def pytest_unconfigure(self) -> None:
        """Ends servers, closes the store."""
        self._stack.close()


def _run(attempt: Attempt) -> None:
    attempt.run()
