"""Words of other people (names, paths, parameters) made fit to draw, or to name a file."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from poolbench.charts import fonts

if TYPE_CHECKING:
    from matplotlib.text import Text

ELLIPSIS = "…"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_LONGEST_SLUG = 80


def plain(text: str) -> str:
    """`text` on one line, what no font can draw replaced. `$` stays: texts are drawn without mathtext."""
    shown = (_shown(character) for character in text)
    return " ".join("".join(shown).split())


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if character.isspace() or category == "Cc":
        return " "
    if category == "Cf":  # joiners and direction marks: no glyph, and they can reorder what follows
        return ""
    return character if category != "Cs" and fonts.can_draw(character) else _REPLACEMENT


def shorten(text: str, most: int) -> str:
    """`text` cut to `most` characters, the last of them an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + ELLIPSIS


def shorten_path(path: str, most: int) -> str:
    """`path` cut at its start: its end is the file's name."""
    return path if len(path) <= most else ELLIPSIS + path[-(most - 1) :]


def width(text: Text) -> float:
    """Drawn width in points."""
    figure = text.get_figure()
    assert figure is not None  # noqa: S101 - measured only once it hangs on a figure
    return float(text.get_window_extent().width * 72 / figure.dpi)


def fit(text: Text, most: float) -> Text:
    """Ellipsize `text`, already on its figure, until it is at most `most` points wide."""
    whole = text.get_text()
    if width(text) <= most:
        return text
    fits, fails = 0, len(whole)
    while fails - fits > 1:
        middle = (fits + fails) // 2
        text.set_text(whole[:middle].rstrip() + ELLIPSIS)
        fits, fails = (middle, fails) if width(text) <= most else (fits, middle)
    text.set_text(whole[:fits].rstrip() + ELLIPSIS)
    return text


def slug(name: str) -> str:
    """`name` as part of a file name that every system takes: `jobs:resize` gives `jobs-resize`."""
    # Dots go too: on Windows `con.anything` is the console, whatever follows.
    safe = re.sub(r"[^\w=]+", "-", name).strip("-_")
    return safe[:_LONGEST_SLUG].strip("-_") or "unnamed"
