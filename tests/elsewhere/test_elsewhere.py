"""A sweep whose blocks are measured by other processes: this interpreter twice, since others may not be here."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from poolbench import workloads
from poolbench.elsewhere import sweep
from poolbench.elsewhere.interpreters import Interpreter
from poolbench.errors import UsageError
from poolbench.measure.plan import Rule
from poolbench.pipeline import Outcome, Request
from poolbench.results.load import read
from poolbench.resume import Asked

HERE = [Interpreter(sys.executable, f"3.99.{at}", free_threaded=False) for at in range(2)]


@pytest.fixture
def under_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Outcome, list[str]]]:
    monkeypatch.setattr(sweep, "find", lambda asked: HERE)
    monkeypatch.setattr(sweep, "environment", lambda interpreter, say: Path(sys.executable))

    def run(names: list[str], items: str = "", **more: Any) -> tuple[Outcome, list[str]]:
        said: list[str] = []
        request = Request(
            recipes=[workloads.recipe(name, items) for name in names],
            asked=Asked(tuple(names), items),
            rule=Rule(repeats=2, budget_s=None, most_blocks=2),
            out=tmp_path / "out",
            plots=None,
            seed=1,
            **more,
        )
        return sweep.run(request, ["one", "two"], said.append), said

    return run


def test_blocks_are_interleaved_and_in_one_file(under_two: Any) -> None:
    outcome, said = under_two(["loiter"], executors="threads", workers="2", settings=["unit=1ms"])
    assert said == [f"block {block}, Python 3.99.{at}: 2 runs" for block in (1, 2) for at in (0, 1)]
    recorded = read(outcome.files[0])
    assert [trial.block for trial in recorded.trials] == [0] * 4 + [1] * 4
    assert recorded.trials == tuple(outcome.trials)
    assert {trial.outcome for trial in outcome.trials} == {"ok"}
    assert outcome.files[2].name.endswith(".spans.csv.gz")
    about = json.loads(outcome.files[1].read_text())
    assert len(about["machines"]) == 2
    assert about["rows"] == 8
    assert outcome.cautions == []


def test_spans_that_the_file_does_not_hold_are_told(under_two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolbench.results.store.MOST_SPANS", 50)
    outcome, _ = under_two(["loiter"], executors="threads", workers="2", settings=["unit=1ms"])
    assert [each.check for each in outcome.cautions] == ["spans"]


def test_what_tasks_print_does_not_disturb(under_two: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chatty.py").write_text("def shout(item):\n    print('{', item, flush=True)\n    return item\n")
    monkeypatch.chdir(tmp_path)
    outcome, _ = under_two(["chatty.py:shout"], "range(4)", executors="threads,processes", workers="1")
    assert {trial.outcome for trial in outcome.trials} == {"ok"}


def test_what_the_child_cannot_do_is_said_for_its_interpreter(
    under_two: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Importable here alone: the other process starts in another folder's path.
    (tmp_path / "lone.py").write_text("def job(item):\n    return item\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError, match=r"Python 3\.99\.0: "):
        under_two(["lone:job"], "range(4)", executors="threads", workers="1")


def test_a_wrong_request_is_told_before_anything_is_made(under_two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "find", lambda asked: pytest.fail("too late"))
    with pytest.raises(UsageError, match="no executor"):
        under_two(["loiter"], executors="thread")


FATAL = """
import os, signal, threading

def job(item):
    if threading.current_thread() is not threading.main_thread():
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_child_that_dies_ends_the_sweep(under_two: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fatal.py").write_text(FATAL)
    monkeypatch.chdir(tmp_path)
    outcome, _ = under_two(["fatal.py:job"], "range(4)", executors="threads", workers="1")
    assert outcome.stopped.message == "Python 3.99.0 ended with status -9"
    assert outcome.failed
