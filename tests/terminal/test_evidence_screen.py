"""The screens of `tune`, from invented evidence."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from tuned_outcomes import RACE, ROWS, found, outcome

from poolbench.errors import Caution
from poolbench.terminal import evidence as screens
from poolbench.terminal.screen import screen
from poolbench.tuning.outcome import Outcome, Start, Step
from poolbench.tuning.search import Lane
from sweep_rows import trial


def shown(made: Outcome, width: int = 100, stored: Path | None = Path("profile.json"), *, quiet: bool = False) -> str:
    out = io.StringIO()
    screens.show(made, stored, screen("never", quiet=quiet, file=out, width=width))
    return out.getvalue()


def test_the_whole_screen():
    assert (
        shown(outcome(found()))
        == """
flags  client httpx · latency 50ms
2 cores, CPython 3.11.7 (GIL)

   strategy    workers  runs  flags/s    95 % CI                                best?
   sequential        1     5     12.3  12.1–12.5  ━━╸                               ·
   threads           8     5     81.3  79.7–82.9  ━━━━━━━━━━━━━━━                   ·
▸  threads          24     5      145    142–148  ━━━━━━━━━━━━━━━━━━━━━━━━━━━    78 %
   threads          32     5      151    148–154  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━    8 %
   threads          64     5      126    123–128  ━━━━━━━━━━━━━━━━━━━━━━━╸          ·

Use 24 threads: 145 flags/s, 11.8× sequential (95 % CI 11.5–12.0).
  The count lies between 20 and 27; 93 % sure to be within 5 % of the best.
  Fastest, 32 threads: 151/s, 1.04 times as fast, at 1.2× the CPU a task and 1.2× the memory.
  The library's default, 6 threads: 68.2/s, 0.47 times as fast, at 1.0× the CPU a task and 0.8× the
  memory.
  threads: tasks wait for most of their 50 ms, so throughput follows workers; more help
  67 runs in 2:41: more would not have changed the answer.

in code  ThreadPoolExecutor(max_workers=24)
stored   profile.json
wrote    results/tune-flags.csv
         results/tune-flags.json
"""
    )


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize("rows", [ROWS, RACE])
def test_the_table_fits_its_terminal(width, rows):
    table = shown(outcome(found(), rows), width).split("\n\n")[1].splitlines()
    assert len(table) == len(rows) + 1
    assert max(map(len, table)) <= width


@pytest.mark.parametrize("width", [80, 90, 100])
def test_long_names_of_strategies_cost_the_bars_before_they_are_cut(width):
    rows = [replace(row, choice=replace(row.choice, lane="processes:chunksize=100")) for row in ROWS]
    table = shown(outcome(found(), tuple(rows)), width).split("\n\n")[1]
    assert table.count("processes:chunksize=100 ") == len(rows)
    assert ("━" in table) is (width == 100)
    assert "…" not in table


def test_a_race_names_its_strategies_and_failures():
    lines = shown(outcome(found(), RACE)).splitlines()
    assert [line.split()[:2] for line in lines if "spawn" in line] == [["processes:start=spawn", "16"]]
    assert "failed" in next(line for line in lines if "spawn" in line)


def test_inconclusive_says_what_remains_and_what_would_settle_it():
    text = shown(outcome(found(conclusive=False, reason="budget")), stored=None)
    assert "\ninconclusive: threads × 16 to 48, asyncio × 32 may each be the answer\n" in text
    assert "\n  tip: what would settle it: about 12 more runs; raise --budget\n" in text
    assert "in code" not in text
    assert "stored" not in text


@pytest.mark.parametrize(
    ("reason", "more", "ended", "tip"),
    [
        ("interrupted", 1, "it was interrupted", "about 1 more run; let it run to its end"),
        ("disturbed", 3, "the machine was disturbed meanwhile", "a quieter machine; close what else computes"),
        ("budget", 2, "the budget was used up", "about 2 more runs; raise --budget"),
    ],
)
def test_why_it_ended_and_what_would_help_belong_together(reason, more, ended, tip):
    made = outcome(found(conclusive=False, reason=reason))
    evidence = replace(made.evidence, more_runs=more, possible=made.evidence.possible[:1])
    text = shown(replace(made, evidence=evidence, trials=made.trials[:1]), stored=None)
    assert f"\n  1 run in 2:41: {ended}.\n" in text
    assert f"\n  tip: what would settle it: {tip}" in text
    assert "\ninconclusive: threads × 16 may be the answer\n" in text
    assert "so far 93 % sure" in text


def test_interrupted_before_the_first_run(capsys):
    made = outcome(None, (), trials=(), interrupted=True)
    assert shown(made) == "inconclusive: it was interrupted before the first run\n"


@pytest.mark.parametrize(
    ("runs", "tip"),
    [
        (12, "what would settle it: far more runs; raise --budget"),
        (60, "these are too close for more runs to tell: take any, or ask for less with --tolerance 10%"),
    ],
)
def test_what_thousands_of_runs_would_settle_is_not_so_advised(runs, tip):
    hopeless = outcome(found(conclusive=False, reason="budget"))
    evidence = replace(hopeless.evidence, more_runs=1006)
    hopeless = replace(hopeless, evidence=evidence, trials=hopeless.trials[:1] * runs)
    assert f"\n  tip: {tip}\n" in shown(hopeless, stored=None)


def test_small_tasks_are_advised_many_at_a_time():
    made = found(executor="processes", options="chunksize=20", workers=2, workers_range=(2, 2))
    text = shown(outcome(made))
    assert "\nUse 2 processes, 20 tasks at a time: 145 flags/s, 11.8× sequential" in text
    assert "\nin code  ProcessPoolExecutor(max_workers=2).map(work, items, chunksize=20)\n" in text


def test_it_says_within_what_it_is_sure():
    text = shown(outcome(found(), tolerance=0.025))
    assert "93 % sure to be within 2.5 % of the best" in text


def test_quiet_is_one_sentence():
    assert shown(outcome(found()), quiet=True) == "Use 24 threads: 145 flags/s, 11.8× sequential (95 % CI 11.5–12.0).\n"


def test_what_only_waits_is_arithmetic():
    assert "These tasks only wait: the answer is the arithmetic of waves" in shown(outcome(found(), arithmetic=True))


def test_one_at_a_time_is_an_answer_too():
    text = shown(outcome(found(executor="sequential", workers=1, workers_range=(1, 1), default=None, speedup=1.0)))
    assert "\nUse one at a time: 145 flags/s; nothing faster was found.\n" in text
    assert "in code  [work(item) for item in items]" in text


def test_coroutines_have_no_default_and_stand_beside_that_of_threads():
    text = shown(outcome(found(executor="asyncio", workers=6, workers_range=(6, 6), chosen={})))
    assert "The library's default, 6 threads: 68.2/s" in text


def test_the_default_is_told_where_only_the_tasks_at_a_time_differ():
    many = {"executor": "processes", "options": "chunksize=20", "chosen": {"chunksize": "20"}, "workers": 6}
    text = shown(outcome(found(**many, default_executor="processes")))
    assert "The library's default, 6 processes, one task at a time: 68.2/s" in text
    alike = shown(outcome(found(**{**many, "options": "chunksize=1"}, default_executor="processes")))
    assert "The library's default" not in alike


def test_options_that_were_asked_for_are_said():
    start = {"start": "spawn", "chunksize": "20"}
    text = shown(outcome(found(executor="processes", options="chunksize=20;start=spawn", chosen=start)), quiet=True)
    assert text.startswith("Use 24 processes (start=spawn), 20 tasks at a time: ")


def test_nothing_succeeded(capsys):
    failed = trial(per_s=None)
    assert shown(outcome(None, (), trials=(failed,), summary=None)) == ""
    assert capsys.readouterr().err == f"failed: no run succeeded; the first: {failed.reason}\n"


def test_cautions_come_with_their_remedies(capsys):
    shown(outcome(found(), cautions=(Caution("room", "processes: memory allows 4", "raise that limit for more"),)))
    assert capsys.readouterr().err == "warning: processes: memory allows 4; raise that limit for more\n"


def test_without_a_terminal_a_line_a_run(capsys):
    start = Start(SimpleNamespace(name="flags"), (Lane("threads", 64), Lane("asyncio", 64)), 90.0, None)
    with screens.Search(screen("never"), start) as tell:
        tell(Step(trial("threads", 24, per_s=142.0), outcome(found()).evidence, 3.0))
        tell(Step(trial("asyncio", 8, per_s=None), outcome(None, ()).evidence, 4.0))
    assert capsys.readouterr().err.splitlines() == [
        "download flags: threads to 64, asyncio to 64; at most 1:30",
        "run 1: threads × 24: 142/s; so far threads × 24, 93 %",
        "run 2: asyncio × 8: failed: 1 of 20 tasks: ValueError: no",
    ]


def test_on_a_terminal_the_evidence_is_drawn_over(monkeypatch, capsys):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    start = Start(SimpleNamespace(name="flags"), (Lane("threads", 64),), 90.0, None)
    with screens.Search(screen("always", width=100), start) as tell:
        tell(Step(trial("threads", 24, per_s=142.0), outcome(found()).evidence, 30.0))
    text = capsys.readouterr().err
    assert "1:00 left  threads × 24: 142/s" in text
    assert "▸" in text
