"""What the throughput chart draws, and the files it writes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from chart_sweeps import MACHINE, TRICKY, TWELVE, curve, money, saturating, summary
from matplotlib.axes import Axes
from matplotlib.text import Text

from poolbench.charts import fonts, throughput
from poolbench.errors import UsageError


def axes(made) -> Axes:
    return throughput.draw(made).axes[0]


def lines(made, colour: str) -> list[list[float]]:
    """Worker counts of each solid line of `colour` with a marker on it."""
    drawn = axes(made).lines
    return [
        list(line.get_xdata())
        for line in drawn
        if line.get_color() == colour and line.get_marker() == "o" and line.get_linestyle() == "-"
    ]


THREADS = "#4567FF"


def test_the_same_sweep_gives_the_same_bytes(tmp_path: Path) -> None:
    first = throughput.save(money(), tmp_path / "a")
    second = throughput.save(money(), tmp_path / "b")
    assert [each.name for each in first] == ["flags-throughput.png", "flags-throughput.svg"]
    assert [each.read_bytes() for each in first] == [each.read_bytes() for each in second]


def test_the_svg_keeps_its_words_as_text(tmp_path: Path) -> None:
    _, svg = throughput.save(money(), tmp_path)
    texts = [each.text for each in ElementTree.parse(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert "24 threads download flags 10.2× as fast as one at a time" in texts
    assert "threads: 24 workers, 10.2×" in texts
    assert "sequential baseline: 12.3 flags/s = 1×" in texts


def test_a_name_with_markup_in_it_still_makes_a_valid_svg(tmp_path: Path) -> None:
    made = summary(curve(TRICKY, options=TRICKY), workload=TRICKY, params=TRICKY, source=TRICKY)
    _, svg = throughput.save(made, tmp_path)
    ElementTree.parse(svg)


@pytest.mark.parametrize(
    ("workload", "suffix", "theme", "stem"),
    [
        ("flags", "", "dark", "flags-throughput-dark"),
        ("flags", "delay=40ms;size=2", "light", "flags-delay=40ms-size=2-throughput"),
        ("jobs.py:resize", "", "light", "jobs-py-resize-throughput"),
        ("con.txt", "", "light", "con-txt-throughput"),
        ('a/b\\c<>:"|?*\n', "", "light", "a-b-c-throughput"),
        ("...", "", "light", "unnamed-throughput"),
        ("x" * 300, "", "light", "x" * 80 + "-throughput"),
    ],
)
def test_file_names_are_safe_on_every_system(
    workload: str, suffix: str, theme: str, stem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throughput.style, "save", lambda drawn, folder, stem: [folder / stem])
    assert throughput.save(summary(curve("threads"), workload=workload), tmp_path, theme, suffix) == [tmp_path / stem]


def test_settings_of_matplotlib_are_neither_changed_nor_obeyed(tmp_path: Path) -> None:
    expected = throughput.save(money(), tmp_path / "a")
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "svg.fonttype": "path", "axes.grid": True}):
        before = dict(mpl.rcParams)
        found = throughput.save(money(), tmp_path / "b")
        assert dict(mpl.rcParams) == before
    assert [each.read_bytes() for each in expected] == [each.read_bytes() for each in found]


@pytest.fixture
def fresh_fonts() -> Iterator[None]:
    """Choose the fonts anew, and again after the test."""
    fonts.families.cache_clear()
    yield
    fonts.families.cache_clear()


def test_without_inter_it_is_dejavu(monkeypatch: pytest.MonkeyPatch, fresh_fonts: None) -> None:
    monkeypatch.setitem(sys.modules, "fontpkg_inter", None)
    assert fonts.families()[0] == "DejaVu Sans"
    assert "Inter" not in axes(money()).get_xticklabels()[0].get_fontfamily()


def test_where_the_cut_font_cannot_be_kept_it_is_dejavu(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh_fonts: None
) -> None:
    pytest.importorskip("fontpkg_inter")
    (tmp_path / "file").touch()
    monkeypatch.setattr(fonts, "user_cache_path", lambda name: tmp_path / "file")
    assert fonts.families()[0] == "DejaVu Sans"


def test_an_unknown_theme_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no theme named sepia"):
        throughput.draw(money(), "sepia")


def test_a_line_is_not_drawn_across_counts_that_failed() -> None:
    assert lines(summary(curve("threads", failed=(6, 8))), THREADS) == [
        [1, 2, 3, 4],
        [12, 16, 24, 32, 48, 64],
    ]


def test_a_count_that_an_executor_did_not_have_is_no_gap() -> None:
    made = summary(curve("threads", counts=(1, 4, 16)), curve("asyncio", saturating, TWELVE))
    made = replace(made, best=made.curves[1])
    assert lines(made, THREADS)[0] == [1, 4, 16]


def test_failures_are_red_crosses_even_where_other_runs_succeeded() -> None:
    threads = curve("threads", failed=(64,))
    some = replace(threads.cells[3], failed=1)
    made = summary(replace(threads, cells=(*threads.cells[:3], some, *threads.cells[4:])))
    crosses = [list(line.get_xdata()) for line in axes(made).lines if line.get_marker() == "x"]
    assert crosses == [[4, 64]]
    assert "threads: 8 failed" in [text.get_text() for text in throughput.draw(made).findobj(Text)]


@pytest.mark.parametrize(
    ("one", "unit", "label"),
    [
        (1e-4, "flags per hour", "sequential baseline: 0.360 flags/h = 1×"),
        (0.02, "flags per second", "sequential baseline: 0.0200 flags/s = 1×"),
        (12.3, "flags per second", "sequential baseline: 12.3 flags/s = 1×"),
        (900, "thousand flags per second", "sequential baseline: 900 flags/s = 1×"),
        (1e6, "million flags per second", "sequential baseline: 1,000,000 flags/s = 1×"),
    ],
)
def test_the_unit_keeps_tick_labels_short(one: float, unit: str, label: str) -> None:
    figure = throughput.draw(summary(curve("threads", one=one), one=one))
    shown = [text.get_text() for text in figure.findobj(Text)]
    assert {unit, label} <= set(shown)
    assert max(len(tick.get_text()) for tick in figure.axes[0].get_yticklabels()) <= 5
    assert figure.axes[0].get_ylim()[0] == 0


def test_cores_and_the_library_default_are_marked_where_they_lie_inside() -> None:
    def shown(**machine: int) -> set[str]:
        figure = throughput.draw(summary(curve("threads"), machine={**MACHINE, **machine}))
        return {text.get_text() for text in figure.findobj(Text)}

    assert {"2 cores", "library default: 6"} <= shown(default_threads=6)
    assert not {"96 cores", "library default: 100"} & shown(cores=96, default_threads=100)


def test_of_too_many_runs_some_are_drawn_the_extremes_among_them() -> None:
    threads = curve("threads", counts=(1, 2), blocks=500)
    dots = [line for line in axes(summary(threads)).lines if line.get_markersize() == 2.6]
    drawn = sorted(float(y) for x, y in zip(dots[0].get_xdata(), dots[0].get_ydata(), strict=True) if x == 2)
    assert len(drawn) == 40
    assert (drawn[0], drawn[-1]) == pytest.approx((min(threads.cells[1].runs), max(threads.cells[1].runs)))
    shown = [text.get_text() for text in throughput.draw(summary(threads)).findobj(Text)]
    assert any("dots: 40 of the runs" in each for each in shown)


def test_the_parts_of_a_curve_say_whose_they_are(tmp_path: Path) -> None:
    _, svg = throughput.save(money(), tmp_path)
    ids = [each.get("id", "") for each in ElementTree.parse(svg).iter()]
    for name in ("threads", "asyncio", "dask", "processes"):
        assert sum(each.startswith(f"of-{name}.") for each in ids) >= 5
    known = [each for each in ids if each.startswith("of-")]
    assert len(known) == len(set(known))
