"""Two levels of workers as a heat map: outer by inner count, a value in every cell, a frame on the one to use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.patches import Rectangle

from poolbench.charts import findings, heat_words, rate_axis, style
from poolbench.charts.text import slug
from poolbench.words import noun

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

    from poolbench.analysis.model import CellSummary, Summary
    from poolbench.analysis.planes import Plane
    from poolbench.charts.rate_axis import Unit
    from poolbench.charts.style import Theme

_RAMP = ("#EEF1FF", "#C6D1FF", "#93A6FF", "#5F7BFF", "#3A57E8", "#1B2F9E")
"""From low to high; on a dark page from high to low, so that the highest stands out there too."""
_WIDE, _TALLEST = 7.14, 0.74
"""Inches: of all columns, and the height of a cell at most."""
_GAP = 0.022
"""Of a cell, on each side."""


@dataclass(frozen=True)
class Heat:
    """A heat map under construction."""

    summary: Summary
    plane: Plane
    look: Theme
    figure: Figure
    axes: Axes
    unit: Unit

    @cached_property
    def at(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Column and row of each cell that was measured, by outer and inner count."""
        outers, inners = self.plane.sides
        return {(outer, inner): (inners.index(inner), outers.index(outer)) for outer, inner in self.plane.cells}

    def fill(self, cell: CellSummary) -> str:
        """The colour of a cell: its throughput between the lowest and the highest of the plane."""
        low, high = self.ends
        share = ((cell.per_s or 0.0) - low) / (high - low) if high > low else 1.0
        return to_hex(self.ramp(share))

    @cached_property
    def ramp(self) -> Colormap:
        """From the lowest throughput to the highest."""
        colours = _RAMP if self.look.name == "light" else _RAMP[::-1]
        return LinearSegmentedColormap.from_list("heat", colours)

    @cached_property
    def ends(self) -> tuple[float, float]:
        """Tasks per second of the lowest and of the highest cell."""
        known = [cell.per_s for cell in self.plane.cells.values() if cell.per_s]
        return min(known), max(known)


def save(summary: Summary, plane: Plane, folder: Path, theme: str = "light", suffix: str = "") -> list[Path]:
    """Write `<workload>-<executor>-heat.png` and `.svg` into `folder`; the dark ones end in `-dark`."""
    stem = f"{slug(f'{summary.workload} {suffix}')}-{slug(plane.executor)}-heat"
    return style.save(draw(summary, plane, theme), folder, stem if theme == "light" else f"{stem}-{theme}")


def draw(summary: Summary, plane: Plane, theme: str = "light") -> Figure:
    """Draw `plane`, which is of `summary`. UsageError for an unknown theme."""
    return compose(summary, plane, theme).figure


def compose(summary: Summary, plane: Plane, theme: str = "light") -> Heat:
    """The same, with where everything lies in it."""
    look = style.theme(theme)
    with style.applied():
        heat = _scaled(summary, plane, look)
        _cells(heat)
        style.heading(heat.figure, look, heat_words.title(heat), heat_words.reading(heat))
        style.caption(heat.figure, look, findings.provenance(summary))
        heat_words.write(heat)
        _frame(heat)
    return heat


def _scaled(summary: Summary, plane: Plane, look: Theme) -> Heat:
    """Axes in cells from the lower left one; a figure no higher than the rows need."""
    outers, inners = plane.sides
    most = style.HEIGHT - style.AXES_TOP - style.AXES_BOTTOM
    high = min(most, _TALLEST * max(len(outers), heat_words.FEWEST_ROWS))
    figure = style.figure(look, (style.WIDTH, style.HEIGHT - most + high))
    axes = style.axes(figure, look, (style.AXES_LEFT * style.WIDTH, style.AXES_BOTTOM, _WIDE, high))
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.set(xlim=(0, len(inners)), ylim=(0, len(outers)))
    axes.set_xticks([column + 0.5 for column in range(len(inners))], [str(each) for each in inners])
    axes.set_yticks([row + 0.5 for row in range(len(outers))], [str(each) for each in outers])
    axes.tick_params(axis="both", length=0)
    axes.set_xlabel(heat_words.inner_label(plane), fontsize=style.AXIS_LABEL, color=look.text2, labelpad=6)
    style.unit(figure, look, plane.outer)
    rate = rate_axis.unit(plane.peak.per_s or 1.0, noun(summary.workload))
    return Heat(summary, plane, look, figure, axes, rate)


def _cells(heat: Heat) -> None:
    """A block for each place: coloured, pale where every run failed, hatched where nothing was measured."""
    outers, inners = heat.plane.sides
    measured = {where: heat.plane.cells[place] for place, where in heat.at.items()}
    for column in range(len(inners)):
        for row in range(len(outers)):
            cell = measured.get((column, row))
            drawn: dict[str, Any] = {"facecolor": heat.look.wash, "edgecolor": heat.look.grid, "linewidth": 0}
            if cell is None:
                drawn["hatch"] = "////"
            elif cell.per_s:
                drawn["facecolor"] = heat.fill(cell)
            heat.axes.add_patch(_block(column, row, **drawn))


def _block(column: int, row: int, **more: Any) -> Rectangle:
    return Rectangle((column + _GAP, row + _GAP), 1 - 2 * _GAP, 1 - 2 * _GAP, **more)


def _frame(heat: Heat) -> None:
    """Around the fewest workers within 5 % of the highest: dark outside, the page's colour inside."""
    column, row = heat.at[heat.plane.chosen]
    for width, colour in ((5.4, heat.look.ink), (2.0, heat.look.bg)):
        edge = _block(column, row, fill=False, edgecolor=colour, linewidth=width, zorder=4, clip_on=False)
        heat.axes.add_patch(edge)
