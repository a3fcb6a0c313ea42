"""What the chart of interpreters draws and says."""

from __future__ import annotations

from pathlib import Path

from layout_faults import faults, shown

from interpreter_sweeps import pairs
from poolbench.analysis.interpreters import side_by_side
from poolbench.charts import interpreters as chart
from poolbench.charts import interpreters_words

FOUR = side_by_side(pairs(_3_11_7=1.0, _3_13_0=1.1, _3_14_0=1.15, _3_14_0t=2.0))


def test_every_interpreter_is_named_at_its_line(font: str) -> None:
    figure = chart.draw(FOUR)
    words = shown(figure)
    assert all(words.count(name) == len(FOUR[0].lanes) for name in ("3.11", "3.13", "3.14", "3.14t"))
    assert faults(figure) == []


def test_dark_ones_stand_beside_light_ones(tmp_path: Path) -> None:
    names = [path.name for theme in ("light", "dark") for path in chart.save(FOUR, tmp_path, theme)]
    assert names == [f"flags-interpreters{theme}.{kind}" for theme in ("", "-dark") for kind in ("png", "svg")]


def test_the_title_claims_no_more_than_is_sure() -> None:
    assert "2.0× as fast as 3.13" in interpreters_words.title(side_by_side(pairs(_3_13_0=1.0, _3_14_0t=2.0)))
    same = interpreters_words.title(side_by_side(pairs(_3_13_0=1.0, _3_14_0=1.0)))
    assert same == "No interpreter is surely faster than another"
