"""What tells one executor from another wherever they are drawn: markers, and the key that names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.transforms import Affine2D

from poolbench.charts import style
from poolbench.charts.text import fit, plain, width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.figure import Figure

    from poolbench.analysis.model import Curve, Summary
    from poolbench.charts.style import Theme

_HOLLOW = ("full", "left", "bottom", "right")
"""How much of the marker is hollow tells apart curves of one colour: one executor, or any without its own."""
_EDGE = 1.1
_SAMPLE, _AFTER, _BETWEEN = 15.0, 5.0, 16.0
"""Of the key, points: the piece of line, from there to its name, and to the next one."""
_LINE = 15.0
_WIDEST_NAME = 190.0


def marker(look: Theme, curves: Sequence[Curve], curve: Curve, size: float) -> dict[str, Any]:
    """Marker of `curve` among `curves`: its executor's, in part hollow where another has the same colour."""
    colour = look.of(curve.executor)
    names = [other.name for other in curves if look.of(other.executor) == colour]
    hollow = names.index(curve.name)
    drawn = style.marker(curve.executor, size + _EDGE) | {"markeredgewidth": _EDGE}
    if hollow == 0:  # the edge, in the background's colour, takes half its width from the marker
        return drawn | {"markerfacecolor": colour, "markeredgecolor": look.bg}
    halves = {
        "fillstyle": _HOLLOW[(hollow - 1) % len(_HOLLOW)],
        "markerfacecolor": look.bg,
        "markerfacecoloralt": colour,
    }
    return drawn | halves | {"markeredgecolor": colour}


def known(summaries: Iterable[Summary]) -> list[Curve]:
    """One curve of each name, in the order of their first appearance."""
    named: dict[str, Curve] = {}
    for summary in summaries:
        for curve in summary.curves:
            named.setdefault(curve.name, curve)
    return list(named.values())


def key(on: Figure, look: Theme, curves: Sequence[Curve], top: float) -> int:
    """Name every curve in its colour beside a piece of its line, from `top` points down; returns the lines it took."""
    x, line = style.LEFT, 0
    for curve in curves:
        text = style.write(on, 0, 0, plain(curve.name), style.NAME, look.of(curve.executor), weight=style.SEMIBOLD)
        needs = _SAMPLE + _AFTER + width(fit(text, _WIDEST_NAME))
        if x > style.LEFT and x + needs > style.LEFT + style.room(on):
            x, line = style.LEFT, line + 1
        y = top - line * _LINE
        text.set_position((x + _SAMPLE + _AFTER, y))
        _sample(on, look, curves, curve, (x, y + 4.2))
        x += needs + _BETWEEN
    return line + 1


def _sample(on: Figure, look: Theme, curves: Sequence[Curve], curve: Curve, at: tuple[float, float]) -> None:
    """A piece of the curve's line with its marker."""
    place = Affine2D().scale(1 / style.INCH) + on.dpi_scale_trans
    (x, y), colour = at, look.of(curve.executor)
    on.add_artist(Line2D((x, x + _SAMPLE), (y, y), color=colour, linewidth=1.8, transform=place))
    on.add_artist(Line2D([x + _SAMPLE / 2], [y], color=colour, transform=place, **marker(look, curves, curve, 5.2)))
