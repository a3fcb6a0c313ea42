"""A wall clock that is set back and forth: it names files and says when, and nothing is measured by it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from poolbench import api, gallery
from poolbench.cli import main
from poolbench.measure.cells import Cell
from poolbench.measure.plan import Plan, rule
from poolbench.measure.sweep import sweep
from poolbench.results.load import read
from poolbench.testing import FakeClock, Script, scripted, scripted_workload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from poolbench.results.columns import Span, Trial

STEPS = [timedelta(days=-400), timedelta(seconds=-1), timedelta(days=3), timedelta()]


@pytest.fixture
def stepping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the wall clock finds it elsewhere."""
    steps, true_time = cycle(STEPS), time.time

    class Stepping(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + next(steps)

    for module in ("measure.trial", "pipeline", "tuning.tune"):
        monkeypatch.setattr(f"poolbench.{module}.datetime", Stepping)
    monkeypatch.setattr(time, "time", lambda: true_time() + next(steps).total_seconds())


class Rows(list[Any]):
    """A sink."""

    def add(self, trial: Trial, spans: Iterable[Span]) -> None:
        figures = (trial.startup_s, trial.wall_s, trial.shutdown_s, trial.throughput_per_s, trial.latency_p50_s)
        self.append((trial.block, trial.position, trial.workers, trial.outcome, figures, [*spans]))


def scripted_rows() -> Rows:
    """Of a sweep that a budget ends."""
    clock, rows = FakeClock(), Rows()
    script = Script(clock, startup_s=0.5)
    cells = tuple(Cell(scripted_workload(), scripted(script), workers, 8) for workers in (1, 2, 4))
    sweep(Plan(cells, rule(None, None, 70.0), 1), rows, "name", clock=clock)
    return rows


def test_no_figure_changes(request: pytest.FixtureRequest) -> None:
    steady = scripted_rows()
    request.getfixturevalue("stepping")
    assert scripted_rows() == steady
    assert len(steady) > 3


@pytest.mark.usefixtures("stepping")
def test_a_sweep_is_written_read_gone_on_with_and_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    line = "run loiter --set unit=1ms --workers 1,2 --executor threads,processes --repeats 2 --tasks 4 --no-plots -q"
    assert main(line.split()) == 0
    [path] = Path("results").glob("*.csv")
    whole = read(path).trials
    assert len({each.started_at[:4] for each in whole}) > 1, "the clock stepped"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:6]))
    assert main(["run", "--resume", str(path), "--no-plots", "-q"]) == 0
    found = read(path).trials
    assert [(each.block, each.position) for each in found] == [(each.block, each.position) for each in whole]
    assert {each.outcome for each in found} == {"ok"}
    [summary] = api.load(path).summary()
    assert summary.blocks == 2
    assert gallery.draw(gallery.sheets([path]), Path("plots"))
    assert main(["compare", str(path), str(path), "-q"]) == 0
