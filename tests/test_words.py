from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolbench import words
from poolbench.palette import DARK, LIGHT


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00123456, "0.00123"),
        (0.0123, "0.0123"),
        (0.1, "0.100"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (123.4, "123"),
        (999.4, "999"),
        (999.6, "1,000"),
        (9.996, "10.0"),
        (99.96, "100"),
        (0.09996, "0.100"),
        (0.00996, "0.00996"),
        (1000, "1,000"),
        (1234, "1,230"),
        (98765432, "98,800,000"),
        (0, "0"),
        (-0.0, "0"),
        (-12.34, "-12.3"),
        (-999.6, "-1,000"),
        (1e-9, "0.00000000100"),
    ],
)
def test_three_significant_digits(value, text):
    assert words.figures(value) == text


@given(st.floats(1e-9, 1e12))
def test_figures_are_right_to_three_digits_at_any_size(value):
    text = words.figures(value)
    assert float(text.replace(",", "")) == float(f"{value:.3g}")
    digits = re.sub(r"[.,]", "", text).lstrip("0")
    assert len(digits) == 3 or (value >= 999.5 and set(digits[3:]) == {"0"})


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(11.84, "11.8×"), (1, "1.0×"), (0.04, "0.04×"), (0.0312, "0.031×"), (0.0999, "0.1×"), (123.45, "123.5×")],
)
def test_times(ratio, text):
    assert words.times(ratio) == text


@pytest.mark.parametrize(
    ("executor", "count", "text"),
    [
        ("threads", 24, "24 threads"),
        ("threads", 1, "1 thread"),
        ("processes", 1, "1 process"),
        ("asyncio", 32, "32 asyncio workers"),
        ("loky", 1, "1 loky worker"),
    ],
)
def test_workers_are_called_by_their_kind(executor, count, text):
    assert words.workers(executor, count) == text


@pytest.mark.parametrize(
    ("workload", "noun", "does"),
    [
        ("flags", "flags", "download flags"),
        ("primes", "numbers", "test primes"),
        ("jobs:fetch", "tasks", "run jobs:fetch"),
    ],
)
def test_what_a_workload_does(workload, noun, does):
    assert (words.noun(workload), words.does(workload)) == (noun, does)


def test_parameters_that_say_nothing_are_left_out():
    assert words.parameters("client=httpx;jitter=0;latency=50ms;url=") == ["client httpx", "latency 50ms"]
    assert words.parameters("unit=1ms", "=") == ["unit=1ms"]
    assert words.parameters("") == []


def test_both_palettes_know_the_same_strategies_by_different_colours():
    assert list(LIGHT) == list(DARK)
    for palette in (LIGHT, DARK):
        assert len({*palette.values()}) == len(palette)
        assert all(re.fullmatch(r"#[0-9A-F]{6}", colour) for colour in palette.values())
