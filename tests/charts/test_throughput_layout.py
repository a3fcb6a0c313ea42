"""No text leaves the figure, covers another or stands bare on a line: over sweeps, themes and fonts."""

from __future__ import annotations

import pytest
from chart_sweeps import hard
from layout_faults import faults, shown
from matplotlib.figure import Figure

from poolbench.analysis.model import Summary
from poolbench.charts import fonts, throughput

SWEEPS = hard()


def missing(summary: Summary, figure: Figure) -> list[str]:
    """What must never be left out for want of space, and is."""
    said = shown(figure)
    failing = [curve for curve in summary.curves if any(cell.failed for cell in curve.cells)]
    ringed = summary.best.knee if summary.best else None
    expected = {
        "the ring's label": (bool(ringed), [f": {ringed.workers} worker" in each for each in said] if ringed else []),
        "the baseline's": (summary.baseline.per_s is not None, ["sequential baseline" in each for each in said]),
        "names": (len(summary.curves), [each.startswith(("peak ", "all ")) for each in said]),
        "failures": (len(failing), [each.endswith(" failed") for each in said]),
    }
    return [name for name, (wanted, found) in expected.items() if sum(found) != wanted]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", SWEEPS)
def test_every_text_has_its_place(name: str, theme: str, font: str) -> None:
    figure = throughput.draw(SWEEPS[name], theme)
    assert fonts.families()[0] == font
    assert faults(figure) == []
    assert missing(SWEEPS[name], figure) == []
