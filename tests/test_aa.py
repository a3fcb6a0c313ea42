"""The A/A test of `poolbench machine`."""

from __future__ import annotations

import pytest

from poolbench import aa


@pytest.fixture(autouse=True)
def a_short_one(monkeypatch):
    monkeypatch.setattr(aa, "_BLOCKS", 3)
    monkeypatch.setattr(aa, "_TASKS", 1)


def test_it_is_one_thing_under_two_names(monkeypatch):
    asked = []
    monkeypatch.setattr(aa, "quietness", lambda trials, cores: asked.extend((trials, cores)))
    aa.aa_test()
    trials, cores = asked
    assert cores == aa.this_machine().cores
    assert sorted((each.block, each.options) for each in trials) == [
        (block, f"submission={way}") for block in range(3) for way in ("as_completed", "map")
    ]
    assert {(each.executor, each.workers, each.tasks, each.outcome) for each in trials} == {("threads", 1, 1, "ok")}


def test_it_comes_to_figures():
    found = aa.aa_test()
    assert found.noise > 0
    assert found.repeats >= 3
    assert found.difference.low < found.difference.high
