"""Titles, subtitles and captions, word for word."""

from __future__ import annotations

from dataclasses import replace

import pytest
from chart_sweeps import LONG, MACHINE, TWELVE, curve, flat, hard, money, saturating, summary

from poolbench.charts import findings

THREADS, ASYNCIO, DASK = curve("threads"), curve("asyncio"), curve("dask")
SPAWN = curve("processes", saturating, options="start=spawn")


@pytest.mark.parametrize(
    ("made", "title"),
    [
        (money(), "24 threads download flags 10.2× as fast as one at a time"),
        (
            summary(ASYNCIO, workload="primes"),
            "24 asyncio workers test primes 10.2× as fast as one at a time",
        ),
        (summary(DASK, workload="jobs:get"), "24 dask workers run jobs:get 10.2× as fast as one at a time"),
        (summary(THREADS, workload=LONG), "24 threads are 10.2× as fast as one at a time"),
        (summary(curve("x" * 60)), f"24 {'x' * 25}… are 10.2× as fast as one at a time"),
        (hard()["knee at one"], "1 thread is 1.3× as fast as one at a time"),
        (hard()["baseline failed"], "24 threads download flags at 125 per second"),
        (summary(THREADS, ASYNCIO, rivals=[0, 1]), "Threads and asyncio are too close to call"),
        (summary(THREADS, ASYNCIO, DASK, rivals=[0, 1, 2]), "Dask, threads and asyncio are too close to call"),
        (hard()["five alike"], "Five executors are too close to call"),
        (
            summary(SPAWN, curve("processes", flat), rivals=[0, 1]),
            "Processes start=spawn and processes are too close to call",
        ),
        (summary(THREADS, blocks=1), "One run of each, so no verdict; fastest: 24 threads"),
        (summary(DASK, blocks=1), "One run of each, so no verdict; fastest: 24 dask workers"),
        (summary(THREADS, winner=False), "Nothing here beats one at a time"),
        (summary(THREADS, winner=False, one=None), "The baseline failed: nothing to compare with"),
        (hard()["failed everywhere"], "No trial but one at a time succeeded"),
        (hard()["nothing works"], "No trial succeeded"),
    ],
)
def test_the_title_is_the_finding(made, title: str) -> None:
    assert findings.title(made) == title


def test_no_title_is_longer_than_what_fits() -> None:
    assert max(len(findings.title(made)) for made in hard().values()) <= findings.LONGEST_TITLE


def test_the_subtitle_says_what_is_drawn() -> None:
    assert findings.reading(money()) == (
        ["Centre of 7 runs of 200 flags", "whole batch, start to end", "band: 95 % CI", "dots: single runs"],
        ["ring: fewest workers within 5 % of the peak", "bar on the axis: its 95 % CI"],
    )


def test_the_subtitle_does_not_explain_what_is_not_there() -> None:
    once = replace(summary(curve("threads", blocks=1), blocks=1), rate="steady")
    assert findings.reading(once) == (
        ["One run of 200 flags", "steady rate"],
        ["ring: fewest workers within 5 % of the peak"],
    )
    assert findings.reading(summary(curve("threads", failed=TWELVE)))[0][-1] == "red ×: failed runs"


def test_the_caption_says_where_it_was_measured() -> None:
    assert findings.provenance(money()) == [
        "2 cores, 24 GiB (x86-64)",
        "Linux 6.18",
        "Python 3.11.7, GIL on",
        "flags delay=40ms",
        "2026-11-22",
        "results/flags-20261122.csv",
    ]


def test_the_caption_takes_a_text_for_the_machine_and_does_without() -> None:
    assert findings.provenance(replace(money(), machine={"text": "a laptop"}))[:2] == [
        "a laptop",
        "flags delay=40ms",
    ]
    bare = replace(money(), machine={}, params="", started_at="", source="")
    assert findings.provenance(bare) == ["flags"]
    assert "Python 3.14.0, GIL off" in findings.provenance(
        replace(money(), machine={**MACHINE, "python": "3.14.0", "gil": False})
    )
