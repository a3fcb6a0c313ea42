"""What can be wrong with the words of a chart: outside the figure, over one another, bare on a line."""

from __future__ import annotations

from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from poolbench.charts.halo import Haloed


def words(figure: Figure) -> list[tuple[Text, Bbox]]:
    """Every visible text with its box in pixels."""
    texts = [each for each in figure.findobj(Text) if each.get_visible() and each.get_text().strip()]
    return [(each, each.get_window_extent()) for each in texts]


def shown(figure: Figure) -> list[str]:
    return [text.get_text() for text, _ in words(figure)]


def covered(one: Bbox, other: Bbox) -> float:
    """The height of what two boxes share, as a share of the lower one; 0 where they are apart."""
    shared = Bbox.intersection(one, other)
    if shared is None or shared.width <= 0:
        return 0.0
    return float(shared.height / min(one.height, other.height))


def faults(figure: Figure, *, on_blocks: bool = False) -> list[str]:
    """All of them; `on_blocks`: words inside axes stand on blocks of their own, not on lines."""
    figure.draw_without_rendering()  # labels of axes find their place as they are drawn
    found = []
    drawn = words(figure)
    edge = figure.bbox.padded(0.5)
    for text, box in drawn:
        if not (edge.contains(box.x0, box.y0) and edge.contains(box.x1, box.y1)):
            found.append(f"outside: {text.get_text()}")
        centre = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
        bare = not on_blocks and not isinstance(text, Haloed)
        if bare and any(axes.bbox.contains(*centre) for axes in figure.axes):
            found.append(f"no halo: {text.get_text()}")
    for (one, a), (other, b) in combinations(drawn, 2):
        if covered(a, b) > 0.25:
            found.append(f"overlap: {one.get_text()} / {other.get_text()}")
    return found
