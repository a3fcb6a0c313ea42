"""Words over a rim of the background colour, where they may touch a line."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from matplotlib.patheffects import Stroke
from matplotlib.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.backend_bases import RendererBase

WIDTH = 3.5
"""Of the rim and the words' own edge, points."""
HALOED = "halo:"
"""How ids of groups begin whose words want a rim."""


class Haloed(Text):
    """Text over a rim of the background colour.

    matplotlib turns text with path effects into outlines; drawn twice, only the rim is, and words stay text.
    """

    rim = "none"
    outlined = True
    """Whether the rim is drawn; else the group says that it wants one (see `by_class`)."""

    def draw(self, renderer: RendererBase) -> None:
        """Draw the rim, then the words."""
        colour, gid = self.get_color(), self.get_gid()
        if not Haloed.outlined:
            self.set_gid(f"{HALOED}{gid or ''}")
            super().draw(renderer)
            self.set_gid(gid)
            return
        rim_gid = f"{gid}-rim" if gid else None  # in an SVG each of the two is a group with its own id
        self.set(color=self.rim, path_effects=[Stroke(linewidth=WIDTH, foreground=self.rim)], gid=rim_gid)
        super().draw(renderer)
        self.set(color=colour, path_effects=[], gid=gid)
        super().draw(renderer)


@contextmanager
def by_class() -> Iterator[None]:
    """Inside, haloed words are plain text in a group whose id begins with HALOED: a page's style sheet does the rest.

    An outline of every letter makes up three quarters of an SVG.
    """
    Haloed.outlined = False
    try:
        yield
    finally:
        Haloed.outlined = True
