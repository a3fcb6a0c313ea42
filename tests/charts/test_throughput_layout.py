"""No text leaves the figure, covers another or stands bare on a line: over sweeps, themes and fonts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import combinations

import pytest
from chart_sweeps import hard
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from poolbench.analysis.model import Summary
from poolbench.charts import fonts, style, throughput

SWEEPS = hard()


def words(figure: Figure) -> list[tuple[Text, Bbox]]:
    """Every visible text with its box in pixels."""
    texts = [each for each in figure.findobj(Text) if each.get_visible() and each.get_text().strip()]
    return [(each, each.get_window_extent()) for each in texts]


def covered(one: Bbox, other: Bbox) -> float:
    """The height of what two boxes share, as a share of the lower one; 0 where they are apart."""
    shared = Bbox.intersection(one, other)
    if shared is None or shared.width <= 0:
        return 0.0
    return float(shared.height / min(one.height, other.height))


def faults(figure: Figure) -> list[str]:
    found = []
    drawn = words(figure)
    edge = figure.bbox.padded(0.5)
    axes = figure.axes[0].bbox
    for text, box in drawn:
        if not (edge.contains(box.x0, box.y0) and edge.contains(box.x1, box.y1)):
            found.append(f"outside: {text.get_text()}")
        bare = not isinstance(text, style.Haloed)
        if bare and Bbox.intersection(axes, box) is not None and axes.containsx((box.x0 + box.x1) / 2):
            found += [f"no halo: {text.get_text()}"] if axes.containsy((box.y0 + box.y1) / 2) else []
    for (one, a), (other, b) in combinations(drawn, 2):
        if covered(a, b) > 0.25:
            found.append(f"overlap: {one.get_text()} / {other.get_text()}")
    return found


def missing(summary: Summary, figure: Figure) -> list[str]:
    """What must never be left out for want of space, and is."""
    shown = [text.get_text() for text, _ in words(figure)]
    failing = [curve for curve in summary.curves if any(cell.failed for cell in curve.cells)]
    ringed = summary.best.knee if summary.best else None
    expected = {
        "the ring's label": (bool(ringed), [f": {ringed.workers} worker" in each for each in shown] if ringed else []),
        "the baseline's": (summary.baseline.per_s is not None, ["sequential baseline" in each for each in shown]),
        "names": (len(summary.curves), [each.startswith(("peak ", "all ")) for each in shown]),
        "failures": (len(failing), [each.endswith(" failed") for each in shown]),
    }
    return [name for name, (wanted, found) in expected.items() if sum(found) != wanted]


@pytest.fixture(scope="module", params=["inter", "dejavu"])
def font(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each font for all sweeps before the next: to change it costs more than to draw."""
    if request.param == "inter":
        pytest.importorskip("fontpkg_inter")
        fonts.families.cache_clear()
        yield "Inter"
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "fontpkg_inter", None)
        fonts.families.cache_clear()
        yield "DejaVu Sans"
    fonts.families.cache_clear()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", SWEEPS)
def test_every_text_has_its_place(name: str, theme: str, font: str) -> None:
    figure = throughput.draw(SWEEPS[name], theme)
    figure.draw_without_rendering()  # labels of axes find their place as they are drawn
    assert fonts.families()[0] == font
    assert faults(figure) == []
    assert missing(SWEEPS[name], figure) == []
