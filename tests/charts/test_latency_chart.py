"""What the latency chart draws and says."""

from __future__ import annotations

from math import exp

import pytest
from chart_sweeps import LONG, TRICKY, TWELVE, curve, money, summary
from layout_faults import faults, shown
from matplotlib.text import Text

from poolbench.analysis.latency import Latencies, Latency
from poolbench.analysis.model import Summary
from poolbench.charts import latency as chart


def rows(counts: tuple[int, ...], p50: float, growth: float = 0.0, shape: bool = True) -> tuple[Latency, ...]:
    """Times that grow by `growth` from row to row, with a bump around the median."""
    found = []
    for number, workers in enumerate(counts):
        middle = p50 * (1 + growth * number)
        bump = tuple((middle * exp(step / 20), max(0.0, 10 - step**2 / 10)) for step in range(-12, 13))
        found.append(Latency(workers, 40 if shape else 0, middle, 1.4 * middle, 1.9 * middle, bump if shape else ()))
    return tuple(found)


def made(counts: tuple[int, ...], *more: float, executor: str = "threads", **changes: bool) -> Latencies:
    return Latencies(curve(executor), rows(counts, *more, **changes))


KINDS = {
    "flat": made(TWELVE, 0.05),
    "growing": made(TWELVE, 0.05, 0.5),
    "steep": made(TWELVE[:6], 0.001, 40.0),
    "no spans": made(TWELVE, 0.05, 0.5, shape=False),
    "one row": made((4,), 3.0),
    "microseconds": made((1, 2, 512), 2e-5),
    "hours": made((1, 2), 7200.0, 1.0, executor=LONG),
    "tricky": made((1, 500), 0.4, 9.0, executor=TRICKY),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_text_has_its_place(name: str, font: str) -> None:
    assert faults(chart.draw(money(), KINDS[name])) == []


@pytest.mark.parametrize(
    ("shown_", "title"),
    [
        (made((1, 2, 4), 0.05, 0.5), "Beyond 1 worker flags slow down: p95 from 70.0 to 140 ms"),
        (made((1, 2, 4, 8, 16), 0.05, 0.15), "Beyond 2 workers flags slow down: p95 from 70.0 to 112 ms"),
        (made((1, 64), 0.05), "p95 stays near 70.0 ms up to 64 threads"),
        (made((1, 64), 0.05, -0.6), "p95 falls to 28.0 ms up to 64 threads"),
        (made((4,), 2.0), "With 4 threads 95 % of the tasks take up to 2.80 s"),
    ],
)
def test_the_title_is_the_finding(shown_: Latencies, title: str) -> None:
    assert chart.title(money(), shown_) == title
    assert len(title) <= 64


def test_a_row_has_its_three_numbers_and_the_recommended_one_is_bold() -> None:
    figure = chart.draw(summary(curve("threads")), made((8, 24), 0.05))
    said = shown(figure)
    assert said.count("50.0") == said.count("70.0") == said.count("95.0") == 2
    bold = {text.get_text() for text in figure.findobj(Text) if text.get_fontweight() == 600}
    assert {"24", "50.0", "70.0", "95.0"} <= bold
    assert "8" not in bold


def test_it_says_where_the_shapes_come_from_or_that_there_are_none() -> None:
    def says(kind: str) -> str:
        return " ".join(shown(chart.draw(money(), KINDS[kind])))

    assert "shapes: 40 flags a row" in says("flat")
    assert "bars: median to p95, thin to p99" in says("no spans")


def test_median_and_p95_are_named() -> None:
    sweep: Summary = money()
    assert {"median", "p95"} <= set(shown(chart.draw(sweep, KINDS["growing"])))
