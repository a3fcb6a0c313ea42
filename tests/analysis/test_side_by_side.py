"""Interpreters side by side: rows of several in one file, never mixed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poolbench.analysis.interpreters import side_by_side, widest
from poolbench.analysis.model import Summary
from poolbench.analysis.origins import Origin, by_origin, machine_of
from poolbench.analysis.summary import summarise
from poolbench.charts import interpreters as chart
from poolbench.charts import interpreters_words
from poolbench.results.load import read


def pairs(**factors: float) -> list[tuple[Origin, Summary]]:
    """The reference sweep under interpreters that are so many times as fast."""
    trials = [trial for trial in read("results/reference.csv").trials if trial.workload == "flags"]
    rows = []
    for name, factor in factors.items():
        python, gil = name.strip("_").replace("_", ".").removesuffix("t"), not name.endswith("t")
        rows += [
            replace(
                trial,
                python=python,
                gil=gil,
                steady_per_s=trial.steady_per_s * factor if trial.steady_per_s else None,
                throughput_per_s=trial.throughput_per_s * factor if trial.throughput_per_s else None,
            )
            for trial in trials
        ]
    return [(origin, each) for origin, own in by_origin(rows).items() for each in summarise(own)]


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


def test_the_title_claims_no_more_than_is_sure() -> None:
    assert "2.0× as fast as 3.13" in interpreters_words.title(side_by_side(pairs(_3_13_0=1.0, _3_14_0t=2.0)))
    same = interpreters_words.title(side_by_side(pairs(_3_13_0=1.0, _3_14_0=1.0)))
    assert same == "No interpreter is surely faster than another"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chart_names_every_interpreter_at_its_line(theme: str) -> None:
    found = side_by_side(pairs(_3_11_7=1.0, _3_13_0=1.1, _3_14_0=1.15, _3_14_0t=2.0))
    figure = chart.draw(found, theme)
    words = [text.get_text() for text in figure.texts]
    assert all(words.count(name) == len(found[0].lanes) for name in ("3.11", "3.13", "3.14", "3.14t"))


def test_each_finds_its_own_machine_in_the_file() -> None:
    about = {
        "machines": [{"python": "3.13.0", "gil": True, "cores": 2}, {"python": "3.14.0", "gil": False, "cores": 3}]
    }
    assert machine_of(Origin("m1", "3.14.0", gil=False), about)["cores"] == 3
    assert "cores" not in machine_of(Origin("m1", "3.14.0", gil=True), about)
