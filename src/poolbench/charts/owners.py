"""Which parts of a chart belong to which curve: told to the SVG, so that a page can hide them together."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from poolbench.charts.text import slug

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

PREFIX = "of-"


@contextmanager
def owned(on: Figure, name: str) -> Iterator[None]:
    """Whatever is drawn inside belongs to the curve called `name`."""
    before = {id(each) for each in _parts(on)}
    yield
    owner = f"{PREFIX}{slug(name)}"
    taken = sum(str(each.get_gid()).startswith(f"{owner}.") for each in _parts(on))
    for number, each in enumerate((each for each in _parts(on) if id(each) not in before), taken):
        each.set_gid(f"{owner}.{number}")


def owner_of(gid: str) -> str:
    """`of-threads` from the id that `owned` gave; nothing from another."""
    return gid.rpartition(".")[0] if gid.startswith(PREFIX) else ""


def _parts(on: Figure) -> list[Artist]:
    return [*on.artists, *on.texts, *on.lines, *(each for axes in on.axes for each in (*axes.lines, *axes.collections))]
