"""Trials as columns, and back; and columns straight from a file, which say no to whatever is odd."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from poolbench.errors import UsageError
from poolbench.results import bulk
from poolbench.results.columns import COLUMNS
from poolbench.results.load import read
from poolbench.results.table import Table, Words
from sweep_rows import rows, trial

REFERENCE = Path(__file__).parents[2] / "results" / "reference.csv"
DATA = REFERENCE.read_bytes()
MADE = [
    trial(block=2, peak_rss_bytes=None, reason="b", gil=False),
    trial("asyncio", 8, per_s=None, peak_rss_bytes=2**50, server_in_flight_max=0),
    trial(block=1, latency_p50_s=1e-9, params=""),
]


def test_rows_come_back_from_columns_as_they_were():
    assert Table.of(MADE).trials() == tuple(MADE)
    assert Table.of(MADE).first() == MADE[0]
    assert [type(each) for each in (Table.of(MADE).first().workers, Table.of(MADE).first().gil)] == [int, bool]


def test_a_table_is_its_own_table():
    table = Table.of(MADE)
    assert Table.of(table) is table
    assert Table.of(iter(MADE)).trials() == tuple(MADE)


def test_keys_are_ascending_and_tell_each_row():
    keys, place = Table.of(MADE).keyed("executor", "workers")
    assert keys == [("asyncio", 8), ("threads", 4)]
    assert place.tolist() == [1, 0, 1]


def test_parts_keep_the_order_of_rows():
    found = Table.of(MADE).split("executor")
    assert {key: part.trials() for key, part in found.items()} == {
        ("asyncio",): (MADE[1],),
        ("threads",): (MADE[0], MADE[2]),
    }


def test_no_rows_have_no_keys():
    nothing = Table.of([])
    assert (len(nothing), nothing.blocks, nothing.split("workload"), nothing.trials()) == (0, 0, {}, ())


def test_blocks_of_several_sweeps_are_counted():
    assert Table.of([*MADE, trial(sweep="other")]).blocks == 4


def test_words_may_come_in_any_order_and_twice():
    found = Words.of(np.array([0, 1, 2, 0]), ["b", "a", "b"])
    assert (found.known, found.texts(), found.least(), found.first()) == (("a", "b"), ["b", "a", "b", "b"], "a", "b")
    assert found.are("b").tolist() == [True, False, True, True]
    assert not found.are("c").any()


def test_columns_from_a_file_are_those_of_its_rows():
    found = bulk.table(DATA, COLUMNS)
    assert found is not None
    assert found.trials() == read(REFERENCE).trials


def changed(column: str, text: str) -> bytes:
    """The reference with another field in the last but one of its rows."""
    lines = DATA.decode().splitlines()
    fields = lines[-2].split(",")
    fields[COLUMNS.index(column)] = text
    return "\n".join([*lines[:-2], ",".join(fields), lines[-1], ""]).encode()


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("schema", "2"), ("workers", "0"), ("workers", ""), ("workers", "4.5"), ("block", "-1"), ("wall_s", "x"),
        ("block", "9" * 30), ("wall_s", "nan"), ("wall_s", "NaN"), ("wall_s", "inf"), ("wall_s", "-1e308"),
        ("throughput_per_s", "0"), ("throughput_per_s", "-1"), ("peak_rss_bytes", "0.5"), ("listen_overflows", "x"),
        ("outcome", "fine"), ("outcome", ""), ("reason", "x" * 4097), ("gil", "maybe"), ("gil", ""), ("sweep", "a\0b"),
        ("started_at", "x" * 4097), ("sweep", "a\rb"), ("sweep", '"'), ("machine_cpu_s", "1,2"),
        ("latency_p50_s", "-1"),
    ],
)  # fmt: skip
def test_what_is_odd_is_left_to_the_other_way(column, text):
    assert bulk.table(changed(column, text), COLUMNS) is None


@pytest.mark.parametrize(
    ("column", "text"),
    [("reason", '"a, b"'), ("reason", '"a ""b"""'), ("reason", "nan"), ("gil", "True"), ("wall_s", ""), ("sweep", "NA"),
     ("wall_s", "1e3"), ("started_at", "2020"), ("reason", "\x1b[2J"), ("started_at", "\u202ex"), ("workload", "é")],
)  # fmt: skip
def test_what_is_unusual_is_read_alike(tmp_path, column, text):
    (tmp_path / "a.csv").write_bytes(changed(column, text))
    found = bulk.table(changed(column, text), COLUMNS)
    assert found is not None
    assert found.trials() == read(tmp_path / "a.csv").trials


@pytest.mark.parametrize("cut", [1, 3, 12])
def test_short_rows_are_not_filled_up(cut):
    lines = DATA.decode().splitlines()
    lines[7] = ",".join(lines[7].split(",")[:-cut])
    assert bulk.table("\n".join([*lines, ""]).encode(), COLUMNS) is None


def test_a_name_that_stands_twice_is_left_to_the_other_way():
    assert bulk.table(DATA.replace(b"machine_cpu_s", b"reason", 1), [*COLUMNS[:-1], "reason"]) is None


def test_no_rows_are_left_to_the_other_way():
    assert bulk.table(DATA[: DATA.index(b"\n") + 1], COLUMNS) is None


def test_cells_and_blocks_that_hardly_meet_are_no_sweep(monkeypatch):
    from poolbench.analysis import grid
    from poolbench.analysis.summary import summarise

    monkeypatch.setattr(grid, "_MOST_PLACES", 5)
    lone = [replace(each, block=number) for number, each in enumerate(rows({("threads", n): [9.0] for n in (1, 2, 3)}))]
    with pytest.raises(UsageError, match="3 rows of 3 cells in 3 blocks are no sweep"):
        summarise(lone)
