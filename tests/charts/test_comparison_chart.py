"""What the comparison draws and says."""

from __future__ import annotations

import pytest
from chart_sweeps import LONG, TRICKY
from layout_faults import faults, shown

from poolbench.analysis.compare import Change, Comparison, Side
from poolbench.analysis.model import Interval
from poolbench.analysis.origins import Origin
from poolbench.charts import comparison as chart
from poolbench.charts import comparison_words
from poolbench.results.table import Table
from sweep_rows import trial


def row(workload: str, executor: str, workers: int, ratio: float | None, half: float = 0.03, **more) -> Change:
    ci = Interval(ratio * (1 - half), ratio * (1 + half)) if ratio and half else None
    known = {"params": "latency=50ms", "old_params": "latency=50ms", "options": "", "telling": ""}
    verdict = "failed" if ratio is None else "unclear"
    if ci:
        inside = ci.low >= 0.95 and ci.high <= 1.05
        verdict = "no change" if inside else "faster" if ci.low > 1 else "slower" if ci.high < 1 else "unclear"
    known |= {"verdict": verdict} | more
    return Change(workload, executor=executor, workers=workers, old_per_s=100.0, new_per_s=ratio and 100 * ratio,
                  ratio=ratio, ratio_ci=ci, **known)  # fmt: skip


def side(python: str, *, machine: str = "m1", source: str = "results/py.csv", blocks: int = 7) -> Side:
    rows = Table.of(trial(block=block) for block in range(blocks))
    return Side(source, Origin(machine, python, python != "3.14.0"), "2026-11-22T15:41", rows)


def made(*rows: Change, new: Side | None = None, margin: float = 0.05) -> Comparison:
    return Comparison(side("3.11.7"), new or side("3.11.7"), rows, 0, margin)


MIXED = made(
    row("flags", "threads", 24, 1.0),
    row("flags", "asyncio", 48, 1.08),
    row("flags", "processes", 12, 0.96, 0.05),
    row("loiter", "threads", 64, 1.0, 0.01),
    row("primes", "processes", 2, 0.87),
    row("primes", "threads", 2, 1.31),
    new=side("3.14.0"),
)
MANY = made(*[row("flags", "threads", n, 1 + 0.001 * n, 0.02) for n in range(1, 61)])
CASES = {
    "mixed": MIXED,
    "one": made(row("flags", "threads", 4, 1.0, 0.02)),
    "one block": made(row("flags", "threads", 4, 0.9, 0.0), new=side("3.11.7", blocks=1)),
    "far apart": made(row("flags", "threads", 4, 0.02), row("flags", "dask", 4, 30.0), row("flags", "asyncio", 1, 1.0)),
    "wide": made(row("flags", "threads", 4, 1.0, 0.95)),
    "failed": made(row("flags", "threads", 4, None), row("primes", "threads", 4, 1.0)),
    "many": MANY,
    "long": made(row(LONG, LONG, 4096, 1.2), row(LONG, "processes", 1, 0.5, telling="start=forkserver")),
    "tricky": made(row(TRICKY, TRICKY, 1, 2.5), new=side(TRICKY, machine="m2", source=TRICKY * 9)),
}


@pytest.mark.parametrize("name", CASES)
def test_every_text_has_its_place(name: str, font: str) -> None:
    assert faults(chart.draw(CASES[name])) == []


@pytest.mark.parametrize(
    ("found", "title"),
    [
        (MIXED, "Python 3.14.0 against 3.11.7: 2 faster and 1 slower of 6 cells"),
        (
            made(row("primes", "threads", 2, 1.31), row("primes", "processes", 2, 0.87)),
            "Primes on 2 threads gain 31 %, primes on 2 processes lose 13 %",
        ),
        (made(row("flags", "threads", 4, 0.8)), "Flags on 4 threads lose 20 %"),
        (made(row("flags", "threads", 4, 1.0, 0.02)), "No change in the one cell"),
        (made(*[row("flags", "threads", n, 1.0, 0.02) for n in (1, 2)]), "No change in any of 2 cells"),
        (
            made(row("flags", "threads", 4, 1.0, 0.02), row("flags", "threads", 8, 1.0, 0.2)),
            "Nothing surely changed; 1 of 2 cells are unclear",
        ),
        (CASES["one block"], "One run each cannot tell what changed"),
        (CASES["failed"], "1 of 2 cells fail now"),
    ],
)
def test_the_title_is_the_finding(found: Comparison, title: str) -> None:
    assert comparison_words.title(found) == title


def test_interpreters_are_told_apart_in_title_and_caption() -> None:
    found = made(row("primes", "threads", 2, 1.31), new=side("3.14.0"))
    said = shown(chart.draw(found))
    assert "Python 3.14.0 against 3.11.7: primes on 2 threads gain 31 %" in said
    assert any("Python 3.14.0 (no GIL)" in each and "same machine" in each for each in said)
    other = made(row("primes", "threads", 2, 1.31), new=side("3.11.7", machine="m2"))
    assert any("another machine" in each for each in shown(chart.draw(other)))


def test_verdicts_are_words_and_shapes() -> None:
    figure = chart.draw(MIXED)
    said = shown(figure)
    assert {"▲ 8 % faster", "▼ 13 % slower", "no change", "unclear: run more"} <= set(said)
    markers = [line.get_marker() for line in figure.axes[0].lines if line.get_marker() in "^vo"]
    assert markers == ["o", "^", "o", "o", "v", "^"]


def test_of_too_many_cells_those_that_changed_most_are_drawn() -> None:
    assert [each.workers for each in chart.chosen(MANY.rows)] == list(range(25, 61))
    assert any("36 of 60 cells" in each for each in shown(chart.draw(MANY)))
