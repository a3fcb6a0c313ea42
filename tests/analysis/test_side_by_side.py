"""Interpreters side by side: rows of several in one file, never mixed."""

from __future__ import annotations

import pytest

from interpreter_sweeps import pairs
from poolbench.analysis.interpreters import side_by_side, widest
from poolbench.analysis.origins import Origin, machine_of


def test_each_interpreter_is_a_side_in_the_order_of_versions() -> None:
    [found] = side_by_side(pairs(_3_9_1=1.0, _3_13_0=1.1, _3_14_0=1.2, _3_14_0t=2.0))
    assert [side.name for side in found.sides] == ["3.9", "3.13", "3.14", "3.14t"]
    assert {"threads", "asyncio"} <= set(found.lanes)


def test_versions_that_would_read_the_same_are_told_apart() -> None:
    [found] = side_by_side(pairs(_3_13_0=1.0, _3_13_5=1.1))
    assert [side.name for side in found.sides] == ["3.13.0", "3.13.5"]


def test_one_interpreter_is_beside_nothing() -> None:
    assert side_by_side(pairs(_3_13_0=1.0)) == []


def test_the_widest_gap_that_is_sure() -> None:
    gap = widest(side_by_side(pairs(_3_13_0=1.0, _3_14_0t=2.0)))
    assert gap is not None
    assert (gap.fast.name, gap.slow.name, gap.surely) == ("3.14t", "3.13", True)
    assert gap.ratio == pytest.approx(2.0, rel=0.01)


def test_each_finds_its_own_machine_in_the_file() -> None:
    about = {
        "machines": [{"python": "3.13.0", "gil": True, "cores": 2}, {"python": "3.14.0", "gil": False, "cores": 3}]
    }
    assert machine_of(Origin("m1", "3.14.0", gil=False), about)["cores"] == 3
    assert "cores" not in machine_of(Origin("m1", "3.14.0", gil=True), about)
