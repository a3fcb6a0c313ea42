"""What the tuner's evidence draws and says."""

from __future__ import annotations

from dataclasses import replace
from math import exp

import pytest
from chart_sweeps import LONG, MACHINE, TRICKY, collapsing, flat, saturating, steep
from layout_faults import faults, shown

from poolbench.analysis.evidence import Advice, Case, Weighed
from poolbench.analysis.model import Interval
from poolbench.charts import evidence as chart
from poolbench.charts import evidence_words

COUNTS = (1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64)


def lane(executor, shape, counts=COUNTS, *, answer=24, one=12.3, runs=9, telling=""):
    rows = []
    for n in counts:
        per_s = one * shape(n)
        dots = tuple(per_s * (1 + 0.04 * ((k * 7) % 5 - 2)) for k in range(runs))
        ci = Interval(per_s * 0.97, per_s * 1.03) if runs > 1 else None
        chance = 0.5 * exp(-(((n - answer) / 4) ** 2)) if abs(n - answer) < 12 else 0.0
        rows.append(Weighed(executor, telling, n, dots, per_s, ci, chance))
    return tuple(rows)


def case(*rows, workers=24, around=(20, 28), conclusive=True, speedup=11.9, workload="flags", others=(), **more):
    first = rows[0]
    advice = Advice(first.lane, first.executor, workers, around, first.per_s or 0.0, speedup, conclusive, others)
    known = {"baseline_per_s": 12.3, "machine": {**MACHINE, "text": "2 cores"}, "source": "results/tune.csv"}
    return Case(workload, "latency=50ms", rows, advice, **{**known, **more})


THREADS = lane("threads", steep)
DEAD = tuple(replace(row, runs=(), per_s=None, ci=None, chance=0.0, failed=3) for row in THREADS)
CASES = {
    "threads": case(*THREADS, measured_s=250.0),
    "two lanes": case(*THREADS, *lane("asyncio", lambda n: 0.9 * steep(n)), measured_s=12.0),
    "four lanes": case(
        *THREADS,
        *lane("processes", saturating, telling="start=spawn"),
        *lane("processes", flat, (1, 2, 4)),
        *lane(LONG, collapsing),
    ),
    "one count": case(*lane("dask", flat, (4,), answer=4), workers=4, around=(4, 4)),
    "one run each": case(*lane("threads", steep, (1, 2, 4), runs=1), workers=4, around=(2, 4), conclusive=False),
    "one of three": case(*THREADS, conclusive=False, others=("sequential", "asyncio")),
    "at the end": case(*lane("asyncio", lambda n: 0.97 * n, answer=64), workers=64, around=(48, 64)),
    "not measured": case(*THREADS, workers=26, around=(24, 28)),
    "tiny": case(*lane("threads", steep, one=1e-4), baseline_per_s=1e-4),
    "huge": case(*lane("threads", steep, one=1e6), baseline_per_s=1e6),
    "no baseline": case(*THREADS, baseline_per_s=None, speedup=None),
    "failures": case(*THREADS[:-1], *DEAD[-1:]),
    "nothing": replace(case(*DEAD), advice=None, baseline_per_s=None),
    "no gain": replace(case(*lane("threads", collapsing)), advice=None),
    "tricky": case(*lane(TRICKY, steep), workload=TRICKY, source=TRICKY * 9),
}
CASES["perhaps none"] = replace(
    CASES["one of three"], advice=Advice("sequential", "sequential", 1, (1, 1), 12.3, 1.0, False, ("threads",))
)
CASES["tricky"] = replace(CASES["tricky"], params=TRICKY)


@pytest.mark.parametrize("name", CASES)
def test_every_text_has_its_place(name: str, font: str) -> None:
    assert faults(chart.draw(CASES[name])) == []


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("threads", "Use 24 threads; the data allow 20 to 28"),
        ("one count", "Use 4 dask workers; no other count is likely"),
        ("one run each", "2 to 4 threads all fit the data: run more"),
        ("one of three", "20 to 28 threads may be best, or one at a time or asyncio: run more"),
        ("perhaps none", "One at a time may be best, or threads: run more"),
        ("nothing", "Nothing to recommend: no run succeeded"),
        ("no gain", "Use one at a time: nothing is faster"),
    ],
)
def test_the_title_is_the_advice(name: str, title: str) -> None:
    assert evidence_words.title(CASES[name]) == title
    assert title in shown(chart.draw(CASES[name]))


def test_every_chance_is_a_bar_as_high_as_it_is() -> None:
    axes = chart.draw(CASES["threads"]).axes[1]
    bars = {round(float(line.get_xdata()[0])): float(line.get_ydata()[1]) for line in axes.lines}
    assert bars == pytest.approx({row.workers: 100 * row.chance for row in THREADS if row.chance})
    assert max(line.get_alpha() for line in axes.lines) == 1.0


def test_lanes_stand_side_by_side_and_are_named() -> None:
    figure = chart.draw(CASES["two lanes"])
    assert {"threads", "asyncio"} <= set(shown(figure))
    at_24 = [line.get_xdata()[0] for line in figure.axes[1].lines if 20 < line.get_xdata()[0] < 28]
    assert len({round(float(x), 3) for x in at_24}) == len(at_24)


def test_the_ring_says_count_gain_and_range() -> None:
    said = shown(chart.draw(CASES["threads"]))
    assert {"24 workers, 11.9×", "95 % CI 20–28", "95 % of the peak"} <= set(said)
    assert any(each.startswith("24 workers, ") for each in shown(chart.draw(CASES["no baseline"])))
