"""What the speed-up chart draws and says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from chart_sweeps import TWELVE, collapsing, curve, flat, hard, money, saturating, summary
from layout_faults import faults, shown

from poolbench.analysis.model import Interval, Summary
from poolbench.charts import speedup, speedup_words

SWEEPS = hard()
NAMES = ("money", "options", "failed everywhere", "long names", "tricky names", "baseline failed", "one count")


def sure(made: Summary, share: float = 0.02) -> Summary:
    """Every speed-up known to `share`."""
    cells = [
        [
            replace(cell, speedup_ci=Interval(cell.speedup * (1 - share), cell.speedup * (1 + share)))
            if cell.speedup
            else cell
            for cell in each.cells
        ]
        for each in made.curves
    ]
    return replace(made, curves=tuple(replace(c, cells=tuple(x)) for c, x in zip(made.curves, cells, strict=True)))


PRIMES = sure(summary(curve("threads", flat), curve("processes", lambda n: min(n, 1.8)), workload="primes"))
FLAGS, SLOW = sure(money()), sure(summary(curve("threads", lambda n: 0.9 * flat(n)), workload="jobs:slow"))


@pytest.mark.parametrize("names", [[name] for name in NAMES] + [["money", "collapsing"], [*SWEEPS][:3], [*SWEEPS][:6]])
def test_every_text_has_its_place(names: list[str], font: str) -> None:
    assert faults(speedup.draw([SWEEPS[name] for name in names])) == []


@pytest.mark.parametrize(
    ("made", "title"),
    [
        ([FLAGS, PRIMES], "flags: up to 10.3×; primes: no more than 1.8×"),
        ([PRIMES, FLAGS], "flags: up to 10.3×; primes: no more than 1.8×"),
        ([FLAGS], "flags: up to 10.3×, with 32 threads"),
        ([FLAGS, sure(replace(money(), workload="loiter"))], "flags: up to 10.3×; the others are too close to call"),
        ([SLOW], "Nothing surely gains; the most is 0.9×"),
        ([money()], "flags: up to 10.3×, but runs are too few to be sure"),
        ([SWEEPS["baseline failed"]], "No speed-up is known: the baseline or all else failed"),
    ],
)
def test_the_title_is_the_finding(made: list[Summary], title: str) -> None:
    assert speedup_words.title(made) == title
    assert title in shown(speedup.draw(made))


def test_there_is_a_column_for_each_workload_and_a_key_for_each_strategy() -> None:
    figure = speedup.draw([FLAGS, PRIMES])
    assert len(figure.axes) == 4
    said = shown(figure)
    assert {"flags", "primes", "threads", "asyncio", "dask", "processes", "ideal", "sequential = 1×"} <= set(said)
    assert said.count("threads") == 1


def test_efficiency_is_the_speed_up_of_each_worker() -> None:
    figure = speedup.draw([sure(summary(curve("threads", saturating, TWELVE)))])
    upper, lower = (next(line for line in axes.lines if line.get_marker() == "o").get_ydata() for axes in figure.axes)
    assert list(lower) == pytest.approx([up / n for up, n in zip(upper, TWELVE, strict=True)])


def test_what_gains_nothing_is_named() -> None:
    assert "threads: no gain" in shown(speedup.draw([FLAGS, PRIMES]))


def test_what_collapses_stays_inside() -> None:
    figure = speedup.draw([sure(summary(curve("threads", collapsing), winner=False))])
    low, high = figure.axes[0].get_ylim()
    assert low < 64**-0.7
    assert high >= 2


def variant(client: str, share: float) -> Summary:
    made = summary(curve("asyncio", lambda n: share * n), params=f"client={client};latency=20ms")
    return sure(made)


def test_variants_of_one_workload_are_named_after_what_tells_them_apart(font: str) -> None:
    made = [variant("aiohttp", 0.9), variant("httpx", 0.2), variant("requests", 0.5)]
    figure = speedup.draw(made)
    said = shown(figure)
    assert faults(figure) == []
    assert {"client aiohttp", "client httpx", "client requests"} <= set(said)
    assert any(text.startswith("flags · 1× is ") and text.endswith(" flags/s · latency 20ms") for text in said)
    assert speedup_words.title(made) == "client aiohttp: up to 57.6×; client httpx: no more than 12.8×"
    close = [variant("aiohttp", 0.9), variant("httpx", 0.9)]
    assert speedup_words.title(close).endswith("; the others are too close to call")
    assert speedup_words.names([*made, PRIMES])[0] == ("flags", "client aiohttp · latency 20ms")


def test_interpreters_are_told_apart() -> None:
    other = replace(FLAGS, machine={**FLAGS.machine, "python": "3.14.0", "gil": False})
    said = shown(speedup.draw([FLAGS, other]))
    assert "Python 3.11.7 (GIL) · delay 40ms" in said
    assert "Python 3.14.0 (no GIL) · delay 40ms" in said


def test_columns_of_two_machines_are_told_apart() -> None:
    machines = [replace(FLAGS, machine={**FLAGS.machine, "id": name}) for name in ("m1", "m2")]
    assert [about.partition(" · ")[0] for _, about in speedup_words.names(machines)] == ["machine m1", "machine m2"]
    assert "machine" not in speedup_words.names([FLAGS, PRIMES])[0][1]
