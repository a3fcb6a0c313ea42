from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolbench.errors import UsageError
from poolbench.results.columns import COLUMNS, OUTCOMES, SCHEMA, Trial, from_row, to_row, to_text
from poolbench.units import MOST_WORKERS
from sweep_rows import trial

DESIGN = """schema, sweep, block, position, workload, params, executor, options, workers, tasks, ok, failed, outcome,
reason, startup_s, wall_s, shutdown_s, throughput_per_s, steady_per_s, cpu_s, cpu_per_task_s, peak_rss_bytes,
latency_p50_s, latency_p95_s, latency_p99_s, queue_p50_s, server_busy_s, server_in_flight_max, listen_overflows,
load_before, steal_share, started_at, machine, python, gil"""
PROMISED = tuple(name.strip() for name in DESIGN.split(","))

_NANOS = st.integers(0, 10**12).map(lambda n: n / 1e9)
_BY_TYPE = {
    "int": st.integers(1, 10**6),
    "int | None": st.none() | st.integers(0, 10**9),
    "float | None": st.none() | _NANOS,
    "str": st.text().filter(str.isprintable),
    "bool": st.booleans(),
}
_RATES = st.none() | st.integers(1, 10**12).map(lambda n: n / 1e9)
_OF_THEIR_OWN = {
    "schema": st.just(SCHEMA),
    "workers": st.integers(1, MOST_WORKERS),
    "outcome": st.sampled_from(OUTCOMES),
    "throughput_per_s": _RATES,
    "steady_per_s": _RATES,
}
TRIALS = st.builds(Trial, **{**{field.name: _BY_TYPE[str(field.type)] for field in fields(Trial)}, **_OF_THEIR_OWN})


def test_the_columns_are_the_promised_ones_in_their_order_and_new_ones_follow():
    assert COLUMNS[: len(PROMISED)] == PROMISED


@given(TRIALS)
def test_a_row_reads_back_as_the_trial_that_it_was(made):
    row = to_row(made)
    assert all(isinstance(text, str) for text in row)
    assert from_row(list(COLUMNS), row, "here") == made


def test_columns_are_found_by_name_whatever_their_order_and_whatever_stands_between():
    row = to_row(trial())
    assert from_row(["extra", *reversed(COLUMNS)], ["?", *reversed(row)], "here") == trial()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (0.05, "0.050000000"),
        (1e-9, "0.000000001"),
        (1e12, "1000000000000.000000000"),
        ("a,b", "a,b"),
    ],
)
def test_values_as_text(value, text):
    assert to_text(value) == text


@pytest.mark.parametrize(
    ("column", "text", "problem"),
    [
        ("block", "x", "ValueError"),
        ("gil", "perhaps", "KeyError"),
        ("wall_s", "1,5", "ValueError"),
        ("wall_s", "nan", "ValueError: wall_s nan cannot be"),
        ("cpu_s", "1e300", "ValueError: cpu_s 1e300 cannot be"),
        ("throughput_per_s", "0", "ValueError: throughput_per_s 0 cannot be"),
        ("latency_p99_s", "-1", "ValueError: latency_p99_s -1 cannot be"),
        ("workers", "999999999", "ValueError: workers 999999999 is not from 1 to 4096"),
        ("tasks", "0", "ValueError: tasks 0 is not from 1 to 10000000"),
        ("outcome", "fine", "ValueError: no outcome is 'fine'"),
        ("reason", "x" * 5000, "ValueError: reason has 5000 characters"),
    ],
)
def test_a_value_that_cannot_be_names_the_place(column, text, problem):
    row = to_row(trial())
    row[COLUMNS.index(column)] = text
    with pytest.raises(UsageError, match=rf"^a\.csv, line 7 is not a row of a sweep \({problem}"):
        from_row(list(COLUMNS), row, "a.csv, line 7")


def test_a_short_row_is_refused():
    with pytest.raises(UsageError, match="line 2 is not a row of a sweep"):
        from_row(list(COLUMNS), to_row(trial())[:-1], "a.csv, line 2")


def test_pandas_writes_true_in_its_own_way():
    row = to_row(trial())
    row[COLUMNS.index("gil")] = "True"
    assert from_row(list(COLUMNS), row, "here").gil is True


def test_what_moves_a_cursor_is_shown_as_what_cannot_be_shown():
    row = to_row(trial(workload="\x1b[2J=cmd()\u202e"))
    assert from_row(list(COLUMNS), row, "here").workload == "\ufffd[2J=cmd()\ufffd"
