from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest

from poolbench.analysis.model import Diagnosis, Summary
from poolbench.terminal import table
from poolbench.terminal.screen import screen
from poolbench.terminal.table import sparkline
from sweep_rows import BASE, cell, curve, summary

ABOUT = "2 cores, 24 GiB, Linux 6.18, CPython 3.11.7 (GIL) · 8 settings × 3 runs"
THREADS = curve(
    cell("threads", 1, 10.0, 9.9, 10.1),
    cell("threads", 8, 81.0, 80.0, 82.0),
    cell("threads", 24, 144.7, 141.6, 147.9),
    cell("threads", 32, 151.0, 147.0, 155.0),
)
ASYNCIO = curve(cell("asyncio", 1, 11.1, 11.0, 11.2), cell("asyncio", 32, 127.0, 125.1, 128.8))
PROCESSES = curve(cell("processes", 12, 42.8, 41.2, 44.5))
FORKED = curve(cell("processes", 12, 42.8, 41.2, 44.5, options="start=fork"), telling="start=fork")
SPAWNED = curve(cell("processes", 12, 38.5, 32.6, 45.4, options="start=spawn", failed=1), telling="start=spawn")
FLAGS = summary(THREADS, ASYNCIO, PROCESSES)
PARTLY = summary(FORKED, SPAWNED)
NOTHING = summary(curve(cell("threads", 4, None)), best=None)

NARROW = """
sequential × 1  10.0 flags/s
threads × 24  145 flags/s, 14.5×
asyncio × 32  127 flags/s, 12.7×
processes × 12  42.8 flags/s, 4.3×
"""
AT_60 = """
strategy    workers  flags/s    95 % CI  speed-up
sequential        1     10.0  9.90–10.1      1.0×
threads          24      145    142–148     14.5×
asyncio          32      127    125–129     12.7×
processes        12     42.8  41.2–44.5      4.3×
"""
AT_80 = """
strategy    workers  flags/s    95 % CI  speed-up  p95 ms
sequential        1     10.0  9.90–10.1      1.0×    52.0
threads          24      145    142–148     14.5×    52.0
asyncio          32      127    125–129     12.7×    52.0
processes        12     42.8  41.2–44.5      4.3×    52.0
"""
AT_88 = """
strategy    workers  flags/s    95 % CI  speed-up  p95 ms  1 → 32 workers
sequential        1     10.0  9.90–10.1      1.0×    52.0
threads          24      145    142–148     14.5×    52.0  ▁▄▇▇
asyncio          32      127    125–129     12.7×    52.0  ▁▇
processes        12     42.8  41.2–44.5      4.3×    52.0  ▇
"""
WIDE = """
strategy    workers  flags/s    95 % CI  speed-up  efficiency  p95 ms  1 → 32 workers
sequential        1     10.0  9.90–10.1      1.0×       100 %    52.0
threads          24      145    142–148     14.5×        60 %    52.0  ▁▄▇▇
asyncio          32      127    125–129     12.7×        40 %    52.0  ▁▇
processes        12     42.8  41.2–44.5      4.3×        36 %    52.0  ▇
"""
FAILED_AT_60 = """
strategy       workers  failed  flags/s    95 % CI  speed-up
sequential           1             10.0  9.90–10.1      1.0×
processes           12             42.8  41.2–44.5      4.3×
start=fork
processes           12       1     38.5  32.6–45.4      3.9×
start=spawn
"""
FAILED_WIDE = """
strategy               workers  failed  flags/s    95 % CI  speed-up  efficiency  p95 ms  1 → 12 workers
sequential                   1             10.0  9.90–10.1      1.0×       100 %    52.0
processes start=fork        12             42.8  41.2–44.5      4.3×        36 %    52.0  ▇
processes start=spawn       12       1     38.5  32.6–45.4      3.9×        32 %    52.0  ▇
"""


def shown(made: Summary, width: int, *, colour: str = "auto", quiet: bool = False) -> str:
    file = StringIO()
    table.show(made, screen(colour, file=file, width=width, quiet=quiet), ABOUT)
    return file.getvalue()


def middle(text: str) -> str:
    """What stands between the heading and the verdict, without the spaces that fill up a row."""
    part = text.split("\n\n")[1]
    return "\n" + "".join(f"{line.rstrip()}\n" for line in part.splitlines())


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (40, NARROW),
        (59, NARROW),
        (60, AT_60),
        (75, AT_60),
        (76, AT_80),
        (80, AT_80),
        (88, AT_88),
        (94, WIDE),
        (200, WIDE),
    ],
)
def test_the_table_keeps_what_fits(width, text):
    assert middle(shown(FLAGS, width)) == text


@pytest.mark.parametrize(("width", "text"), [(60, FAILED_AT_60), (120, FAILED_WIDE)])
def test_failures_have_a_column_after_the_workers(width, text):
    assert middle(shown(PARTLY, width)) == text


def test_failures_are_told_in_a_line_too():
    assert "processes start=spawn × 12  38.5 flags/s, 3.9×, 1 failed\n" in shown(PARTLY, 50)


def test_a_strategy_of_which_nothing_succeeded_has_dashes():
    [row] = [line for line in shown(NOTHING, 70).splitlines() if line.startswith("threads")]
    assert row.split() == ["threads", "4", "3", "–", "–", "–"]
    assert "threads × 4  no trial counts, 3 failed\n" in shown(NOTHING, 50)


def test_the_heading_comes_first_and_the_verdict_last():
    lines = shown(FLAGS, 80).splitlines()
    assert lines[:4] == [
        "",
        "flags  20 flags a run · client httpx, latency 50ms · whole batch, start to end",
        ABOUT,
        "",
    ]
    assert [line.rstrip() for line in lines[-3:]] == [
        "",
        "24 threads win: 14.5× sequential (95 % CI 14.2–14.8).",
        "  32 threads: 4 % faster, inside the 5 % margin, so fewer win.",
    ]


def test_a_diagnosis_follows_the_verdict_inside_of_the_margin():
    found = Diagnosis("threads", "", "interpreter", "threads: " + "the interpreter is the limit, " * 5, {})
    *_, last, more = (line.rstrip() for line in shown(replace(FLAGS, diagnoses=(found,)), 100).splitlines())
    assert last.startswith("  threads: the interpreter is the limit")
    assert more.startswith("  ")
    assert max(len(last), len(more)) <= 100


def test_batches_of_several_sizes_and_no_parameters():
    small = curve(cell("threads", 4, 40.0, tasks=120))
    made = summary(small, params="", workload="jobs:f", rate="steady", baseline=replace(BASE, tasks=30))
    assert shown(made, 80).splitlines()[1] == "jobs:f  30 to 120 tasks a run · steady rate"


@pytest.mark.parametrize("width", [60, 70, 76, 80, 88, 94, 100, 120, 200])
@pytest.mark.parametrize("made", [FLAGS, PARTLY], ids=["good", "failures"])
def test_no_line_is_wider_than_the_terminal(made, width):
    assert max(map(len, middle(shown(made, width)).splitlines())) <= width


def test_a_whole_screen_fits_into_80_columns():
    assert max(map(len, shown(FLAGS, 80).splitlines())) <= 80
    assert max(map(len, shown(PARTLY, 80).splitlines())) <= 80


def test_quiet_leaves_the_verdict():
    assert shown(FLAGS, 80, quiet=True) == "flags: 24 threads win: 14.5× sequential (95 % CI 14.2–14.8).\n"


@pytest.mark.parametrize(
    ("made", "names"),
    [
        (FLAGS, ["threads"]),
        (replace(FLAGS, blocks=1), []),
        (replace(FLAGS, rivals=(ASYNCIO,)), []),
        (replace(FLAGS, best=None), []),
        (summary(curve(cell("threads", 4, 40.0))), []),
    ],
    ids=["winner", "one block", "tie", "none", "no interval"],
)
def test_only_a_winner_is_bold(made, names):
    rows = shown(made, 80, colour="always").split("\n\n")[1].splitlines()
    bold = [row for row in rows if "\x1b[1;38" in row]
    assert [name for name in ("sequential", "threads", "asyncio", "processes") for row in bold if name in row] == names


@pytest.mark.parametrize(
    ("rates", "bars"),
    [
        ([5, 15, 35, 70], "▁▂▄▇"),
        ([70, 59, 1], "▇▆▁"),
        ([5, None, 5], "▇·▇"),
        ([None, None], ""),
        ([0.001], "▇"),
    ],
)
def test_a_bar_for_each_worker_count(rates, bars):
    assert sparkline(curve(*(cell("threads", 2**number, rate) for number, rate in enumerate(rates)))) == bars


def test_no_curve_no_bars():
    assert sparkline(None) == ""
