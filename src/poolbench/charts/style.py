"""The one style of all charts: colours, sizes, the empty figure, its heading and caption, saving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import matplotlib.style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Affine2D
from PIL import Image

from poolbench.charts import fonts
from poolbench.charts.halo import Haloed
from poolbench.charts.text import fit, plain, width
from poolbench.errors import unknown
from poolbench.palette import DARK, LIGHT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from matplotlib.axes import Axes

INCH = 72.0
DPI = 160
WIDTH, HEIGHT = 10.0, 6.6
LEFT, MARGIN = 0.3 * INCH, 0.15 * INCH
"""Where text begins, points from the left edge; and how far before the right edge it must end."""
AXES_LEFT, AXES_WIDTH = 0.066, 0.774
"""Of the width; the rest holds direct labels."""
AXES_TOP, AXES_BOTTOM = 1.72, 1.20
"""Inches from the top and from the bottom edge."""

TITLE, SUBTITLE, TICK, AXIS_LABEL, NAME, RING, NOTE, CAPTION = 16.5, 11.0, 10.5, 11.0, 12.0, 13.0, 9.8, 8.8
SEMIBOLD = fonts.SEMIBOLD
_SMALLEST_TITLE = 13.0
_SUBTITLE_LINES = 3
_CAPTION_LINES = 2
_PNG_EFFORT = 1
"""Of 9: at 4 it takes half as long again for a file that is 7 % smaller."""


@dataclass(frozen=True)
class Theme:
    """Colours by what they are for."""

    name: str
    bg: str
    ink: str
    text2: str
    text3: str
    grid: str
    axis: str
    wash: str
    good: str
    bad: str
    executors: Mapping[str, str]

    def of(self, executor: str) -> str:
        """Give an executor its colour: the same in every chart, whatever its rank."""
        return self.executors.get(executor, self.executors["other"])


_LIGHT = Theme(
    name="light",
    bg="#FFFFFF",
    ink="#1F2933",
    text2="#52606D",
    text3="#66727F",
    grid="#E6EAEE",
    axis="#9AA5B1",
    wash="#F3F5F7",
    good="#00644F",
    bad="#C81E3A",
    executors=LIGHT,
)
_DARK = Theme(
    name="dark",
    bg="#11161D",
    ink="#E6EAEF",
    text2="#A7B1BD",
    text3="#7D8896",
    grid="#232B35",
    axis="#4B5663",
    wash="#1A212A",
    good="#57F29B",
    bad="#FF6B81",
    executors=DARK,
)
_MARKERS = {"threads": "o", "processes": "s", "asyncio": "^", "dask": "D", "interpreters": "v"}


def theme(name: str) -> Theme:
    """Look up the colours called `light` or `dark`; UsageError for another name."""
    themes = {each.name: each for each in (_LIGHT, _DARK)}
    if name not in themes:
        raise unknown("theme", name, themes)
    return themes[name]


_MARKER_SCALE = {"^": 1.2, "v": 1.2, "P": 1.4, "D": 0.95}
"""What makes shapes of one nominal size look equally large."""


def marker(executor: str, size: float) -> dict[str, Any]:
    """Give an executor its marker, as fixed as its colour, so that it looks `size` points large."""
    shape = _MARKERS.get(executor, "P")
    return {"marker": shape, "markersize": size * _MARKER_SCALE.get(shape, 1.0)}


def applied() -> AbstractContextManager[None]:
    """Draw and save inside this: matplotlib's defaults with our fonts; the user's return after it."""
    ours: dict[str, Any] = {
        "font.family": list(fonts.families()),
        "font.sans-serif": [fonts.FALLBACK],
        "svg.fonttype": "none",
        "svg.hashsalt": "poolbench",
    }
    return matplotlib.style.context(["default", ours])


def figure(look: Theme, inches: tuple[float, float] = (WIDTH, HEIGHT)) -> Figure:
    """Make an empty figure, outside pyplot and its global state."""
    empty = Figure(figsize=inches, dpi=DPI, facecolor=look.bg)
    FigureCanvasAgg(empty)
    return empty


def room(on: Figure) -> float:
    """Width for a line of text, points."""
    return float(on.get_figwidth()) * INCH - LEFT - MARGIN


def axes(on: Figure, look: Theme, place: tuple[float, float, float, float] | None = None) -> Axes:
    """Axes with a spine and a grid, both quiet.

    `place` is left, bottom, width and height in inches; without it, where every chart of one panel has them.
    """
    wide, high = float(on.get_figwidth()), float(on.get_figheight())
    place = place or (AXES_LEFT * wide, AXES_BOTTOM, AXES_WIDTH * wide, high - AXES_TOP - AXES_BOTTOM)
    left, bottom, width_in, height_in = place
    drawn = on.add_axes((left / wide, bottom / high, width_in / wide, height_in / high), facecolor="none")
    for side in ("left", "right", "top"):
        drawn.spines[side].set_visible(False)
    drawn.spines["bottom"].set(linewidth=0.8, color=look.axis)
    drawn.grid(visible=True, axis="y", color=look.grid, linewidth=0.9)
    drawn.set_axisbelow(True)
    drawn.tick_params(axis="both", labelsize=TICK, labelcolor=look.text2, color=look.axis)
    drawn.tick_params(axis="y", length=0, pad=6)
    drawn.tick_params(axis="x", length=4, pad=5)
    return drawn


def write(on: Figure, x: float, y: float, words: str, size: float, colour: str, rim: str = "", **more: Any) -> Text:
    """Put `words` on the figure, `x` and `y` in points from its lower left corner.

    `rim` is the colour of a halo, for words that may touch a line. `more` goes to matplotlib's Text.
    """
    place = Affine2D().scale(1 / INCH) + on.dpi_scale_trans
    kind = Haloed if rim else Text
    text = kind(x, y, words, fontsize=size, color=colour, transform=place, parse_math=False, **more)
    if isinstance(text, Haloed):
        text.rim = rim
    on.add_artist(text)
    return text


def heading(on: Figure, look: Theme, title: str, *says: Iterable[str]) -> None:
    """Write the finding, and under it what marks mean: a group of phrases a line, three lines at most."""
    top = float(on.get_figheight()) * INCH
    text = write(on, LEFT, top - 0.34 * INCH, title, TITLE, look.ink, weight=SEMIBOLD, va="top")
    most = room(on)
    text.set_fontsize(max(_SMALLEST_TITLE, TITLE * min(1.0, most / width(text))))
    fit(text, most)
    lines: list[str] = []
    for group in says:
        lines += _lines(on, group, SUBTITLE, most, max(1, _SUBTITLE_LINES - len(lines)))
    for line, words in enumerate(lines):
        y = top - (0.745 + 0.235 * line) * INCH
        fit(write(on, LEFT, y, words, SUBTITLE, look.text2, va="top"), most)


def unit(on: Figure, look: Theme, words: str, below_top: float = 1.56) -> Text:
    """Write what the y axis counts, above it and flush with the title; `below_top` in inches."""
    return write(on, LEFT, (float(on.get_figheight()) - below_top) * INCH, words, SUBTITLE, look.text2)


def caption(on: Figure, look: Theme, facts: Iterable[str]) -> None:
    """Where the numbers come from, on at most two lines at the foot."""
    most = room(on)
    lines = _lines(on, facts, CAPTION, most, _CAPTION_LINES)
    for line, words in enumerate(lines):
        y = (0.36 - 0.19 * line) * INCH
        fit(write(on, LEFT, y, words, CAPTION, look.text3), most)


def _lines(on: Figure, phrases: Iterable[str], size: float, wide: float, most: int) -> list[str]:
    """Phrases joined by dots, a new line where the next does not fit; the last line takes what is left."""
    lines: list[str] = []
    for phrase in (plain(each) for each in phrases):
        longer = f"{lines[-1]} · {phrase}" if lines else phrase
        if lines and (len(lines) == most or _fits(on, longer, size, wide)):
            lines[-1] = longer
        else:
            lines.append(phrase)
    return lines


def _fits(on: Figure, words: str, size: float, wide: float) -> bool:
    text = write(on, 0, 0, words, size, "none")
    fitting = width(text) <= wide
    text.remove()
    return fitting


def save(drawn: Figure, folder: Path, stem: str) -> list[Path]:
    """Write `stem`.png and `stem`.svg; the same figure gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    png, svg = folder / f"{stem}.png", folder / f"{stem}.svg"
    with applied():
        canvas = cast("FigureCanvasAgg", drawn.canvas)  # it knows how wide the words are from when they were placed
        canvas.draw()  # type: ignore[no-untyped-call]
        # Nothing shows through, so there is no fourth channel to pack.
        size, pixels = canvas.get_width_height(), canvas.buffer_rgba()  # type: ignore[no-untyped-call]
        image = Image.frombytes("RGB", size, pixels, "raw", "RGBX")
        image.save(png, compress_level=_PNG_EFFORT, dpi=(DPI, DPI))
        drawn.savefig(svg, metadata={"Date": None})
    return [png, svg]
