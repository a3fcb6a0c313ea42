from __future__ import annotations

from pathlib import Path

import pytest

from poolbench.analysis.summary import summarise
from poolbench.errors import Caution
from poolbench.pipeline import Outcome
from poolbench.terminal import closing
from poolbench.terminal.screen import screen
from sweep_rows import rows

GOOD = {("sequential", 1): [10.0, 10.0], ("threads", 4): [40.0, 40.0]}


def outcome(lanes: dict = GOOD, **more: object) -> Outcome:
    made = rows(lanes)
    parts = {"files": [Path("results/a.csv"), Path("plots/a.png")], "cautions": [], "values": []}
    return Outcome(trials=made, summaries=summarise(made), **{**parts, **more})


def test_files_come_last_with_the_number_of_runs(capsys):
    closing.show(outcome(), screen())
    out, err = capsys.readouterr()
    assert out == "\nwrote  results/a.csv  4 runs\n       plots/a.png\n"
    assert err == ""


def test_warnings_and_failures_go_to_stderr_and_stay_when_quiet(capsys):
    bad = outcome({**GOOD, ("asyncio", 2): [20.0, None]}, cautions=[Caution("budget", "too little", "give more")])
    failed = "failed: 1 of 6 runs have no throughput; the first: flags, asyncio × 2: 1 of 20\n  tasks: ValueError: no\n"
    closing.show(bad, screen())
    assert capsys.readouterr().err == f"warning: too little; give more\n{failed}"
    closing.show(bad, screen(quiet=True))
    assert capsys.readouterr() == ("", failed)


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([0, 10, 20], "results of threads × 4  0 10 20"),
        (["a", "b"], "results of threads × 4  'a' 'b'"),
        ([7, 7, 7], None),
        (["x" * 50, "y"], None),
        ([], None),
    ],
)
def test_results_are_shown_if_they_are_short_and_say_something(capsys, values, line):
    closing.show(outcome(values=values), screen())
    first = capsys.readouterr().out.splitlines()[1]
    assert first == (line or "wrote  results/a.csv  4 runs") or (line is None and first.startswith("wrote"))


def test_who_stopped_it_is_told_that_nothing_is_lost(capsys):
    closing.show(outcome(interrupted=True, resumable=True), screen())
    said = "interrupted; what was measured is kept, and goes on with: poolbench run --resume results/a.csv\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(("blocks", "runs"), [(1, "1 run"), (2, "2 runs")])
def test_settings_and_runs(blocks, runs):
    [summary] = summarise(rows({key: cell[:blocks] for key, cell in GOOD.items()}), machine={"text": "2 cores"})
    assert closing.about(summary) == f"2 cores · 2 settings × {runs}"
    [bare] = summarise(rows({key: cell[:blocks] for key, cell in GOOD.items()}))
    assert closing.about(bare).startswith("3.11.7 · ")
