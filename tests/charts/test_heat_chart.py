"""The heat map of two levels, on sweeps of every kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from chart_sweeps import DOUBLING, curve, summary
from layout_faults import faults, shown

from poolbench.analysis.curves import in_planes
from poolbench.analysis.model import Summary
from poolbench.analysis.planes import planes
from poolbench.charts import heat, heat_words, throughput


def made(outers: tuple[int, ...], inners: tuple[int, ...], most: int = 10**6, **more: object) -> Summary:
    """Threads share an interpreter that is full at 8×, and there are two cores."""
    curves = []
    for outer in outers:
        counts = tuple(outer * inner for inner in inners if outer * inner <= most)

        def shape(workers: int, outer: int = outer) -> float:
            return min(workers * 0.95, 8.0 * min(outer, 2)) * (1 - workers / 5000)

        curves.append(
            replace(curve("processes/threads", shape, counts, options=f"processes={outer}", **more), telling="")
        )  # type: ignore[arg-type]
    found = in_planes(curves)
    best = max(found, key=lambda each: (each.peak and each.peak.per_s) or 0.0)
    return replace(summary(*found), best=best)


KINDS = {
    "wide": made((1, 2, 3, 4, 6, 8), DOUBLING, 192),
    "two by two": made((1, 2), (1, 64)),
    "without one process": made((2, 4), (1, 8, 64)),
    "many": made(tuple(range(1, 9)), tuple(range(1, 11))),
    "one run each": made((1, 2), DOUBLING, blocks=1),
    "some failed": made((1, 2, 4), DOUBLING, failed=(8, 64)),
    "no baseline": made((1, 2), DOUBLING, one=None),
}


@pytest.mark.parametrize("name", KINDS)
def test_no_word_is_cut_or_covered(name: str, font: str) -> None:
    [plane] = planes(KINDS[name])
    assert faults(heat.draw(KINDS[name], plane, "dark" if name == "wide" else "light"), on_blocks=True) == []


def test_every_value_stands_in_its_cell_and_the_knee_is_named() -> None:
    [plane] = planes(KINDS["wide"])
    drawn = heat.compose(KINDS["wide"], plane)
    words = shown(drawn.figure)
    assert sum(word.endswith("×") and word[0].isdigit() and word[-2].isdigit() for word in words) >= len(plane.cells)
    assert {"processes", "threads in each process", "hatched: not measured"} <= set(words)
    assert (plane.knee.workers, plane.peak.workers) == (24, 64)
    assert {"3 processes ×", "8 threads: 15.9×"} <= set(words)
    assert heat_words.title(drawn).startswith("3 processes × 8 threads do ")
    assert heat_words.title(drawn).endswith(" what one process can")


def test_nothing_is_claimed_that_is_not_sure() -> None:
    [plane] = planes(KINDS["one run each"])
    assert "one run each" in heat_words.title(heat.compose(KINDS["one run each"], plane))
    [plane] = planes(KINDS["without one process"])
    assert "one at a time" in heat_words.title(heat.compose(KINDS["without one process"], plane))


def test_words_in_cells_can_be_read() -> None:
    for fill in ("#eef1ff", "#93a6ff", "#5f7bff", "#3a57e8", "#1b2f9e"):
        assert heat_words._on(fill) in ("#10182b", "#fefefe")
    assert heat_words._on("#eef1ff") == "#10182b"
    assert heat_words._on("#1b2f9e") == "#fefefe"


def test_the_same_sweep_gives_the_same_files(tmp_path: Path) -> None:
    [plane] = planes(KINDS["two by two"])
    first = [path.read_bytes() for path in heat.save(KINDS["two by two"], plane, tmp_path)]
    again = heat.save(KINDS["two by two"], plane, tmp_path)
    assert [path.name for path in again] == ["flags-processes-threads-heat.png", "flags-processes-threads-heat.svg"]
    assert [path.read_bytes() for path in again] == first


def test_the_throughput_chart_has_a_line_an_outer_count() -> None:
    figure = throughput.draw(KINDS["two by two"])
    words = shown(figure)
    assert {"1 process", "2 processes", "× threads"} <= set(words)
