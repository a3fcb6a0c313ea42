from __future__ import annotations

from io import StringIO

import pytest

from poolbench.analysis.summary import summarise
from poolbench.terminal import table
from poolbench.terminal.screen import screen
from poolbench.terminal.table import sparkline
from sweep_rows import rows

ABOUT = "2 cores, 24 GiB, Linux 6.18, CPython 3.11.7 (GIL) · 8 settings × 3 runs"
LANES = {
    ("sequential", 1): [12.2, 12.3, 12.4],
    ("threads", 1): [12.0, 12.1, 12.2],
    ("threads", 8): [80.1, 81, 82],
    ("threads", 24): [143, 144.7, 146],
    ("threads", 32): [149, 151, 153],
    ("asyncio", 1): [11.0, 11.1, 11.2],
    ("asyncio", 32): [126, 127, 128],
    ("processes", 12): [42, 42.8, 43],
}
SPAWNED = {("processes", 12, "start=fork"): [42, 42.8, 43], ("processes", 12, "start=spawn"): [38, None, 39]}

NARROW = """
sequential × 1  12.3 flags/s
threads × 24  145 flags/s, 11.8×
asyncio × 32  127 flags/s, 10.3×
processes × 12  42.8 flags/s, 3.5×
"""
AT_60 = """
strategy    workers  flags/s    95 % CI  speed-up
sequential        1     12.3  12.0–12.6      1.0×
threads          24      145    142–147     11.8×
asyncio          32      127    125–129     10.3×
processes        12     42.8  41.2–44.5      3.5×
"""
AT_80 = """
strategy    workers  flags/s    95 % CI  speed-up  p95 ms
sequential        1     12.3  12.0–12.6      1.0×    52.0
threads          24      145    142–147     11.8×    52.0
asyncio          32      127    125–129     10.3×    52.0
processes        12     42.8  41.2–44.5      3.5×    52.0
"""
WIDE = """
strategy    workers  flags/s    95 % CI  speed-up  p95 ms  1 → 32 workers
sequential        1     12.3  12.0–12.6      1.0×    52.0
threads          24      145    142–147     11.8×    52.0  ▁▄▇▇
asyncio          32      127    125–129     10.3×    52.0  ▁▇
processes        12     42.8  41.2–44.5      3.5×    52.0  ▇
"""
FAILED_AT_60 = """
strategy       workers  failed  flags/s    95 % CI  speed-up
sequential           1             12.3  12.0–12.6      1.0×
processes           12             42.8  41.2–44.5      3.5×
start=fork
processes           12       1     38.5  32.6–45.4      3.1×
start=spawn
"""
FAILED_WIDE = """
strategy               workers  failed  flags/s    95 % CI  speed-up  p95 ms  1 → 12 workers
sequential                   1             12.3  12.0–12.6      1.0×    52.0
processes start=fork        12             42.8  41.2–44.5      3.5×    52.0  ▇
processes start=spawn       12       1     38.5  32.6–45.4      3.1×    52.0  ▇
"""


def shown(lanes: dict, width: int, *, colour: str = "auto", quiet: bool = False, **changes: object) -> str:
    file = StringIO()
    [summary] = summarise(rows(lanes, **changes))
    table.show(summary, screen(colour, file=file, width=width, quiet=quiet), ABOUT)
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
        (88, WIDE),
        (100, WIDE),
        (200, WIDE),
    ],
)
def test_the_table_keeps_what_fits(width, text):
    assert middle(shown(LANES, width)) == text


@pytest.mark.parametrize(("width", "text"), [(60, FAILED_AT_60), (100, FAILED_WIDE)])
def test_failures_have_a_column_after_the_workers(width, text):
    lanes = {("sequential", 1): LANES["sequential", 1], **SPAWNED}
    assert middle(shown(lanes, width)) == text


def test_failures_are_told_in_a_line_too():
    assert "processes start=spawn × 12  38.5 flags/s, 3.1×, 1 failed\n" in shown(LANES | SPAWNED, 50)


def test_a_strategy_of_which_nothing_succeeded_has_dashes():
    lanes = {("sequential", 1): [10, 10], ("threads", 4): [None, None]}
    assert "threads           4       2        –          –         –       –" in shown(lanes, 80)
    assert "threads × 4  no trial counts, 2 failed\n" in shown(lanes, 50)


def test_the_heading_comes_first_and_the_verdict_last():
    lines = shown(LANES, 80).splitlines()
    assert lines[:4] == [
        "",
        "flags  20 flags a run · client httpx, latency 50ms · whole batch, start to end",
        ABOUT,
        "",
    ]
    assert lines[-3:] == [
        "",
        "24 threads win: 11.8× sequential (95 % CI 11.7–11.8).",
        "  32 threads: 4 % faster, inside the 5 % margin, so fewer win.",
    ]


def test_batches_of_several_sizes_and_no_parameters():
    made = rows({("sequential", 1): [10]}, tasks=30, params="", workload="jobs:f") + rows(
        {("threads", 4): [40]}, tasks=120, params="", workload="jobs:f"
    )
    file = StringIO()
    table.show(summarise(made)[0], screen(file=file, width=80), ABOUT)
    assert file.getvalue().splitlines()[1] == "jobs:f  30 to 120 tasks a run · steady rate"


@pytest.mark.parametrize("width", [60, 70, 76, 80, 88, 100, 120, 200])
@pytest.mark.parametrize("lanes", [LANES, LANES | SPAWNED])
def test_no_line_is_wider_than_the_terminal(lanes, width):
    assert max(map(len, middle(shown(lanes, width)).splitlines())) <= width


def test_a_whole_screen_fits_into_80_columns():
    assert max(map(len, shown(LANES | SPAWNED, 80).splitlines())) <= 80


def test_quiet_leaves_the_verdict():
    assert shown(LANES, 80, quiet=True) == "flags: 24 threads win: 11.8× sequential (95 % CI 11.7–11.8).\n"


def test_the_winner_is_bold_and_a_tie_or_a_single_block_has_none():
    def bold_rows(lanes: dict) -> list[str]:
        text = shown(lanes, 80, colour="always").split("\n\n")[1]
        return [line for line in text.splitlines() if "\x1b[1;38" in line]

    [winner] = bold_rows(LANES)
    assert "threads" in winner
    assert bold_rows({key: cell[:1] for key, cell in LANES.items()}) == []
    assert bold_rows(LANES | {("asyncio", 32): LANES["threads", 32]}) == []


@pytest.mark.parametrize(
    ("rates", "bars"),
    [
        ([10, 20, 40, 70], "▁▂▄▇"),
        ([70, 59, 1], "▇▆▁"),
        ([5, None, 5], "▇·▇"),
        ([None, None], ""),
        ([0.001], "▇"),
    ],
)
def test_a_bar_for_each_worker_count(rates, bars):
    lanes = {("threads", 2**number): [rate] for number, rate in enumerate(rates)}
    [summary] = summarise(rows(lanes))
    assert sparkline(summary.curves[0]) == bars


def test_no_curve_no_bars():
    assert sparkline(None) == ""
