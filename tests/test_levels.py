"""Two levels of workers by name."""

from __future__ import annotations

import pytest

from poolbench.levels import levels
from poolbench.words import count_of, cross, lane, workers

OPTIONS = "processes=2;start=fork;submission=map"


@pytest.mark.parametrize(
    ("executor", "count", "options", "name"),
    [
        ("processes/threads", 32, OPTIONS, "2 processes × 16 threads"),
        ("processes/threads", 2, OPTIONS, "2 processes × 1 thread"),
        ("processes/asyncio", 64, "processes=1", "1 process × 64 coroutines"),
        ("processes/threads", 5, OPTIONS, "5 processes/threads workers"),
        ("processes/threads", 4, "", "4 processes/threads workers"),
        ("threads", 4, OPTIONS, "4 threads"),
    ],
)
def test_workers_by_name(executor: str, count: int, options: str, name: str) -> None:
    assert workers(executor, count, options) == name


def test_shorter_names() -> None:
    assert lane("processes/threads", OPTIONS) == "2 processes × threads"
    assert lane("threads", "submission=map") == "threads"
    assert count_of("processes/threads", 32, OPTIONS) == "2 × 16"
    assert count_of("threads", 32, "") == "32"
    assert cross("threads", 24, "", "submission=map") == "threads submission=map × 24"
    assert cross("processes/threads", 32, OPTIONS, "start=spawn") == "2 processes × 16 threads start=spawn"


def test_a_slash_alone_makes_no_levels() -> None:
    assert levels("tools/jobs.py:make", "size=3") is None
    assert levels("processes/threads", "processes=many") is None
