"""What the tests of a pytest session share: workloads, one CSV, and the table at the end."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from poolbench.measure.cells import Cell
    from poolbench.measure.pilot import Pilot
    from poolbench.measure.trial import Attempt
    from poolbench.results.columns import Trial
    from poolbench.results.store import Store
    from poolbench.workloads.base import Workload


class SessionSweep:
    """What the tests of a session share: workloads that are entered once, the store, the rows."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._stack = ExitStack()
        self._workloads: dict[Any, tuple[Workload, Pilot]] = {}
        self._store: Store | None = None
        self._first_block = 0
        """After those of the file that is continued."""
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
            if items:  # tells two batches of the same function apart
                workload.params = {"items": items}
            self._stack.enter_context(workload)
            self._workloads[key] = workload, pilot(workload)
        return self._workloads[key]

    def time(self, benchmark: Any, cell: Cell, rounds: int) -> list[Trial]:
        """Runs the rounds under pytest-benchmark; pools open and close outside its clock."""
        from poolbench.measure.cells import Place
        from poolbench.measure.trial import Attempt

        trials: list[Trial] = []
        opened: list[Attempt] = []

        def setup() -> tuple[tuple[Attempt], dict[str, Any]]:
            name = "" if benchmark.disabled else self.store.path.stem
            attempt = Attempt(cell, Place(name, self._first_block + len(trials), len(self._trials)))
            opened.append(attempt)
            attempt.open()
            return (attempt,), {}

        def teardown(attempt: Attempt) -> None:
            if attempt not in opened:  # pytest-benchmark may ask twice, as with --benchmark-cprofile-loops
                return
            opened.remove(attempt)
            attempt.close()
            spans = attempt.spans()
            trials.append(attempt.row(spans))
            if not benchmark.disabled:
                self.store.add(trials[-1], spans)

        benchmark.pedantic(_run, setup=setup, teardown=teardown, rounds=rounds, iterations=1)
        for attempt in [*opened]:  # pytest-benchmark tears nothing down where it times nothing
            teardown(attempt)
        if benchmark.disabled:
            return trials
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
            from poolbench.results.load import read
            from poolbench.results.store import Store, fresh_path

            name = pipeline.file_name(["pytest"])
            path = self._config.getoption("--sweep-csv") or fresh_path(self._config.rootpath / "results", name)
            self._store = self._stack.enter_context(Store(path, pipeline.about(name), continued=True))
            self._first_block = 1 + max((trial.block for trial in read(path).trials), default=-1)
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
