"""Direct labels: each curve named where it ends, in its colour, instead of a legend."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from matplotlib.lines import Line2D
from matplotlib.transforms import Affine2D

from poolbench.charts import style
from poolbench.charts.labels import Box, Room, beside, push_apart
from poolbench.charts.owners import owned
from poolbench.charts.text import fit, width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from poolbench.charts.style import Theme

_EDGE = 0.994 * style.WIDTH * style.INCH
_AWAY = 11.0
"""From the last point to its label."""
_COLUMN = 9.0
"""From the axes to the column of labels."""
_LEADS = 4.0
"""A label moved further than this gets a line to its curve."""
_EARLY = 40.0
"""A curve that ends this far inside the axes may be named there."""
_CROWDED = 24.0
"""Cost above which a curve that ends early is named in the column."""
_SMALLEST_NOTE = 8.0
_NAME_LINE, _NOTE_LINE = 15.0, 12.5


@dataclass(frozen=True)
class End:
    """Where a curve ends, points on the figure, and what to write there: its name, then notes."""

    x: float
    y: float
    colour: str
    name: str
    notes: tuple[tuple[str, str], ...]
    """(words, colour), a line each."""
    owner: str = ""
    """The curve that it names, for the SVG; `name` if not said."""

    @property
    def height(self) -> float:
        """Of the whole block, points."""
        return _NAME_LINE + _NOTE_LINE * len(self.notes) + 1


def label(on: Figure, look: Theme, room: Room, ends: Sequence[End]) -> None:
    """Name every curve: right of the axes, or at its own end where that lies inside and there is space."""
    column = []
    for end in ends:
        place = _inside(on, room, end) if end.x < room.bounds.x1 - _EARLY else None
        if place is None:
            column.append(end)
        else:
            with owned(on, end.owner or end.name):
                _block(on, look, end, place, halo=True)
            room.words.append(place)
    _column(on, look, room.bounds, column)


def _inside(on: Figure, room: Room, end: End) -> Box | None:
    """Find a free place right of the curve's end."""
    size = Box(0, 0, _needs(on, end), end.height)
    shifts = [0.0, *(step * side for step in (9.0, 18.0, 27.0, 36.0) for side in (1, -1))]
    candidates = [beside(size, end.x + _AWAY, end.y + shift, left=0) for shift in shifts]
    cost, place = room.best(candidates)
    return place if cost < _CROWDED else None


def _needs(on: Figure, end: End) -> float:
    """Width of the block, at most that of the column."""
    lines = [style.write(on, 0, 0, end.name, style.NAME, "none", weight=style.SEMIBOLD)]
    lines += [style.write(on, 0, 0, words, style.NOTE, "none") for words, _ in end.notes]
    needed = max(width(line) for line in lines)
    for line in lines:
        line.remove()
    return min(needed, _column_width())


def _column_width() -> float:
    return _EDGE - (style.AXES_LEFT + style.AXES_WIDTH) * style.WIDTH * style.INCH - _COLUMN


def _column(on: Figure, look: Theme, axes: Box, ends: Sequence[End]) -> None:
    """Labels under one another, as near to their curves as their heights allow."""
    left, low, high = axes.x1 + _COLUMN, axes.y0 - 8, axes.y1 + 8
    ends = _shortened(ends, high - low)
    centres = push_apart([end.y for end in ends], [end.height for end in ends], low, high)
    for end, centre in zip(ends, centres, strict=True):
        place = Box(left, centre - end.height / 2, _EDGE, centre + end.height / 2)
        with owned(on, end.owner or end.name):
            _block(on, look, end, place, halo=False)
            if abs(centre - end.y) > _LEADS or end.x < axes.x1 - _EARLY:
                name_height = place.y1 - _NAME_LINE / 2
                _leader(on, (end.x + 6, left - 3), (end.y, name_height), end.colour)


def _shortened(ends: Sequence[End], most: float) -> Sequence[End]:
    """The same with as many notes as fit above one another: the first tells curves apart, so the last goes first."""
    longest = max((len(end.notes) for end in ends), default=0)
    for kept in range(longest, 0, -1):
        shorter = [replace(end, notes=end.notes[:kept]) for end in ends]
        if sum(end.height for end in shorter) <= most:
            return shorter
    return [replace(end, notes=()) for end in ends] if longest else ends


def _leader(on: Figure, x: tuple[float, float], y: tuple[float, float], colour: str) -> None:
    place = Affine2D().scale(1 / style.INCH) + on.dpi_scale_trans
    on.add_artist(Line2D(x, y, color=colour, linewidth=1, transform=place, zorder=2))


def _block(on: Figure, look: Theme, end: End, place: Box, *, halo: bool) -> None:
    rim = look.bg if halo else ""
    slack = end.height - _NAME_LINE - _NOTE_LINE * len(end.notes)
    y = place.y1 - slack / 2 - _NAME_LINE + 3.5
    name = style.write(on, place.x0, y, end.name, style.NAME, end.colour, rim, weight=style.SEMIBOLD)
    fit(name, place.width + 0.5)
    for words, colour in end.notes:
        y -= _NOTE_LINE
        note = style.write(on, place.x0, y, words, style.NOTE, colour, rim)
        note.set_fontsize(max(_SMALLEST_NOTE, style.NOTE * min(1.0, place.width / width(note))))
        fit(note, place.width + 0.5)
