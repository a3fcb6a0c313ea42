"""A sweep that was broken off goes on with what is missing of its plan, or says what has changed."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from poolbench.cli import main
from poolbench.measure import sweep as sweep_module
from poolbench.results import files
from poolbench.results.columns import COLUMNS
from poolbench.results.load import read
from poolbench.results.spans import read_spans
from poolbench.results.store import Store

OPTIONS = "--workers 1,2 --executor threads --repeats 3 --seed 5 --tasks 4 --no-plots -q"
LOITER = ["run", "loiter", "--set", "unit=1ms", *OPTIONS.split()]
PLACES = [(block, position) for block in range(3) for position in range(3)]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])


def broken_off(monkeypatch: pytest.MonkeyPatch, after: int, line: list[str] = LOITER) -> Path:
    """The CSV of a sweep that was interrupted in its next trial."""
    run_trial, calls = sweep_module.run_trial, []

    def interrupted(*arguments: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) > after:
            raise KeyboardInterrupt
        return run_trial(*arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(sweep_module, "run_trial", interrupted)
        assert main(line) == 130
    [path] = Path("results").glob("*.csv")
    assert len(read(path).trials) == after
    return path


def change(path: Path, *keys: str, value: object) -> None:
    """One thing in the JSON beside a CSV."""
    about = json.loads(path.with_suffix(".json").read_text())
    inner = about
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    path.with_suffix(".json").write_text(json.dumps(about))


def resumed(path: Path, *more: str) -> int:
    return main(["run", "--resume", str(path), "--no-plots", "-q", *more])


def refused(path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    before = path.read_bytes()
    capsys.readouterr()
    assert resumed(path, *more) == 2
    assert path.read_bytes() == before
    what, tip = capsys.readouterr().err.splitlines()
    assert tip.startswith("  tip: ")
    return what.removeprefix("error: ")


@pytest.mark.parametrize("after", [0, 1, 4, 8])
def test_what_is_missing_is_measured_in_the_plans_order(after, monkeypatch, capsys):
    path = broken_off(monkeypatch, after)
    kept = read(path).trials
    with monkeypatch.context() as patch:
        patch.setattr("poolbench.measure.plan.pilot", lambda *_: pytest.fail("the plan holds the sizes"))
        assert resumed(path) == 0
    found = read(path)
    assert found.trials[:after] == kept
    assert [(each.block, each.position) for each in found.trials] == PLACES
    assert (found.about["finished"], found.about["rows"]) == (True, 9)
    assert len(read_spans(path)) == 9
    cells = [(each.executor, each.workers, each.tasks) for each in found.trials]
    main(LOITER)
    [other] = {*Path("results").glob("*.csv")} - {path}
    assert [(each.executor, each.workers) for each in read(other).trials] == [cell[:2] for cell in cells]


def test_a_finished_sweep_is_shown_and_stays(monkeypatch, capsys):
    main(LOITER)
    [path] = Path("results").glob("*.csv")
    before = path.read_bytes()
    capsys.readouterr()
    assert resumed(path) == 0
    assert path.read_bytes() == before
    assert capsys.readouterr().out.startswith("loiter: ")


def test_a_torn_row_and_torn_spans_are_measured_again(monkeypatch):
    path = broken_off(monkeypatch, 5)
    path.write_bytes(path.read_bytes()[:-20])
    spans = path.with_suffix(".spans.csv.gz")
    spans.write_bytes(spans.read_bytes()[:-9])
    assert read(path).note == f"{path}: the last line was cut short and is left out"
    assert resumed(path) == 0
    assert [(each.block, each.position) for each in read(path).trials] == PLACES
    with gzip.open(spans, "rt") as text:
        assert sum(1 for _ in text) > 1, "whole again, also for readers that do not forgive"


def test_a_bomb_among_the_spans_is_cut_off_before_it_is_unpacked(monkeypatch):
    path = broken_off(monkeypatch, 4)
    spans = path.with_suffix(".spans.csv.gz")
    whole = spans.read_bytes()
    spans.write_bytes(whole + gzip.compress(b"\n" * 10**6))
    monkeypatch.setattr(files, "_LARGEST", 10**5)
    assert files.whole_spans(spans) == 1 + 4 * len(next(iter(read_spans(path).values())))
    assert spans.read_bytes() == whole
    spans.write_bytes(whole + gzip.compress(b"\n" * 10**6))
    assert resumed(path) == 0
    assert len(read_spans(path)) == 9


def test_a_budget_goes_on_where_it_stood(monkeypatch):
    line = [each if each != "3" else "1ms" for each in LOITER]
    line[line.index("--repeats")] = "--budget"
    path = broken_off(monkeypatch, 4, line)
    assert resumed(path) == 0
    assert [(each.block, each.position) for each in read(path).trials] == PLACES, "three blocks, as few as may be"


@pytest.mark.parametrize(
    ("typed", "what"),
    [
        (["--workers", "1,4"], "was begun with 1,2 for workers, not 1,4"),
        (["--seed", "6"], "was begun with 5 for seed, not 6"),
        (["--cold"], "was begun without cold"),
        (["--out", "elsewhere"], "goes on where it is, not in elsewhere"),
        (["--repeats", "4"], "was begun with 3 for repeats, not 4"),
        (["primes"], "was begun with loiter for workloads, not primes"),
        (["--task-timeout", "1s"], "was begun without task-timeout"),
        (["--save-to", "flags"], "was begun without save-to"),
    ],
)
def test_another_plan_is_refused(typed, what, monkeypatch, capsys):
    path = broken_off(monkeypatch, 2)
    assert refused(path, capsys, *typed) == f"{path} {what}"


@pytest.mark.parametrize(
    ("keys", "value", "what"),
    [
        (("machine", "id"), "mother", "machine was mother, not "),
        (("machine", "python"), "3.9.1", "python was 3.9.1, not "),
        (("machine", "gil"), "x", "gil was x, not "),
        (("packages", "httpx"), "0.1", "httpx was 0.1, not "),
        (("packages", "gone"), "1", "gone was 1, not missing"),
        (("plan", "cells"), [], "is not of the plan beside it"),
        (("plan", "cells"), 3, "cannot read the plan beside "),
        (("plan", "limits"), {"often": 3}, "cannot read the plan beside "),
        (("plan", "seed"), 8, "is not of the plan beside it"),
        (("plan",), None, "no plan to go on with beside "),
        (("plan",), {"tune": True, "seed": 1}, "no plan to go on with beside "),
        (("asked",), [], "no plan to go on with beside "),
        (("asked", "tasks"), "many", "cannot read the plan beside "),
        (("asked", "workloads"), [3], "cannot read the plan beside "),
    ],
)
def test_what_has_changed_is_named(keys, value, what, monkeypatch, capsys):
    path = broken_off(monkeypatch, 3)
    change(path, *keys, value=value)
    assert what in refused(path, capsys)


def test_what_somebody_elses_file_names_is_not_run(monkeypatch, capsys):
    Path("theirs.py").write_text("open('ran', 'w').close()\n\ndef work(item):\n    return item\n")
    path = broken_off(monkeypatch, 3)
    change(path, "asked", "workloads", value=["theirs.py:work"])
    change(path, "asked", "items", value="os:abort")
    change(path, "machine", "id", value="theirs")
    assert "machine was theirs, not " in refused(path, capsys)
    assert not Path("ran").exists()


def test_a_name_in_a_plan_moves_no_cursor(monkeypatch, capsys):
    path = broken_off(monkeypatch, 3)
    change(path, "asked", "workloads", value=["\x1b]0;gone\x07"])
    assert refused(path, capsys) == "no workload named \ufffd]0;gone\ufffd"


def test_a_renamed_file_is_the_same_sweep(monkeypatch):
    path = broken_off(monkeypatch, 4)
    for each in (path, path.with_suffix(".json"), path.with_suffix(".spans.csv.gz")):
        each.rename(each.with_name(each.name.replace(path.stem, "another")))
    assert resumed(path.with_stem("another")) == 0
    assert {each.sweep for each in read(path.with_stem("another")).trials} == {path.stem}


def test_no_json_no_plan(monkeypatch, capsys):
    path = broken_off(monkeypatch, 2)
    path.with_suffix(".json").unlink()
    assert refused(path, capsys) == f"no plan to go on with beside {path}"


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_plan_that_cannot_be_read_is_not_one_that_is_missing(text, monkeypatch, capsys):
    path = broken_off(monkeypatch, 2)
    path.with_suffix(".json").write_text(text)
    assert refused(path, capsys) == f"cannot read {path.with_suffix('.json')}, which holds the plan"


def test_other_arguments_of_a_partial_are_another_function(monkeypatch, capsys):
    source = "from functools import partial\n\ndef _work(by, item):\n    return item\n\nwork = partial(_work, {})\n"
    Path("their_bound.py").write_text(source.format(1))
    line = "run their_bound.py:work --items range(3) --executor threads --workers 2 --repeats 3 --no-plots -q"
    try:
        path = broken_off(monkeypatch, 2, line.split())
        sys.modules.pop("their_bound")
        Path("their_bound.py").write_text(source.format(2))
        assert f"cannot go on with {path}: the source of their_bound:" in refused(path, capsys)
    finally:
        sys.modules.pop("their_bound", None)


@pytest.mark.parametrize("changed", ["source", "items"])
def test_the_code_and_the_items_must_be_the_same(changed, monkeypatch, capsys):
    source = "def {}(item):\n    return {}\n"
    Path("their_resumed.py").write_text(source.format("work", "item"))
    Path("items.txt").write_text("a\nb\nc\n")
    line = "run their_resumed.py:work --items items.txt --executor threads --workers 2 --repeats 3 --no-plots -q"
    try:
        path = broken_off(monkeypatch, 2, line.split())
        sys.modules.pop("their_resumed")
        if changed == "source":
            Path("their_resumed.py").write_text(source.format("work", "item  # and more"))
        else:
            Path("items.txt").write_text("a\nb\nd\n")
        assert refused(path, capsys) == f"cannot go on with {path}: the {changed} of their_resumed:work changed"
    finally:
        sys.modules.pop("their_resumed", None)


def test_two_do_not_go_on_with_one_file(tmp_path, monkeypatch):
    pytest.importorskip("fcntl")
    monkeypatch.setattr(files, "_PATIENCE_S", 0.0)
    path = tmp_path / "s.csv"
    with Store(path, {}), pytest.raises(Exception, match="another poolbench writes to "):
        Store(path, {}, resumed=True)
    with Store(path, {}, resumed=True):
        assert path.read_text() == ",".join(COLUMNS) + "\n"


def test_rows_that_another_wrote_meanwhile_are_not_measured_again(monkeypatch, capsys):
    path = broken_off(monkeypatch, 2)
    whole, lock = path.read_bytes(), files.lock

    def late(*arguments: Any, **more: Any) -> bool:
        last = whole.splitlines(keepends=True)[-1]
        path.write_bytes(whole + last)
        return lock(*arguments, **more)

    monkeypatch.setattr(files, "lock", late)
    capsys.readouterr()
    assert resumed(path) == 2
    assert len(read(path).trials) == 3
    assert capsys.readouterr().err.splitlines()[0] == f"error: another poolbench has gone on with {path} meanwhile"


def test_a_line_that_another_is_writing_is_not_torn(tmp_path, monkeypatch):
    pytest.importorskip("fcntl")
    monkeypatch.setattr(files, "_PATIENCE_S", 0.0)
    path = tmp_path / "s.csv"
    with Store(path, {}):
        with path.open("a") as file:
            file.write("1,half of a ro")
        before = path.read_bytes()
        with pytest.raises(Exception, match="another poolbench writes to "):
            Store(path, {}, resumed=True)
        with Store(path, {}):
            assert path.read_bytes() == before
    with Store(path, {}):
        assert path.read_text() == ",".join(COLUMNS) + "\n"


def test_the_end_of_an_interrupted_sweep_says_how_to_go_on(monkeypatch, capsys):
    path = broken_off(monkeypatch, 2, [each for each in LOITER if each != "-q"])
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == f"interrupted; what was measured is kept, and goes on with: poolbench run --resume {path}"
