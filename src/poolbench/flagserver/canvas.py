"""A canvas in a flag's own units: shapes are drawn twice too large, then reduced, so edges are smooth."""

from __future__ import annotations

import math
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, cast

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Point = tuple[float, float]

HEIGHT = 640  # pixels: the plainest flag, two stripes, is then just over 2 KB
_OVERSAMPLE = 2  # five shades along an edge
_SHADES = 1 << 12  # more than a flag has: a table for as many colours as pixels takes 7 ms to make
_GOLDEN = (3 - math.sqrt(5)) / 2  # inner over outer radius of a five-pointed star with straight arms


class Canvas:
    """A picture `wide` by `high` units with its origin at the top left, 640 pixels high once encoded."""

    def __init__(self, wide: float, high: float, background: str) -> None:
        self.wide, self.high = wide, high
        self._scale = HEIGHT * _OVERSAMPLE / high
        size = (round(wide / high * HEIGHT) * _OVERSAMPLE, HEIGHT * _OVERSAMPLE)
        self._image = Image.new("RGB", size, background)
        self._pen = ImageDraw.Draw(self._image)

    def box(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        """Fill the rectangle between two corners."""
        x0, y0, x1, y1 = (round(each * self._scale) for each in (left, top, right, bottom))
        self._pen.rectangle((x0, y0, x1 - 1, y1 - 1), fill=colour)

    def stripes(self, *colours: str, upright: bool = False) -> None:
        """Cover the canvas with equal stripes, from the top, or from the left when `upright`."""
        step = (self.wide if upright else self.high) / len(colours)
        for index, colour in enumerate(colours):
            start, end = index * step, (index + 1) * step
            if upright:
                self.box(start, 0, end, self.high, colour)
            else:
                self.box(0, start, self.wide, end, colour)

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        """Fill a circle."""
        corners = (x - radius, y - radius, x + radius, y + radius)
        x0, y0, x1, y1 = (each * self._scale for each in corners)
        self._pen.ellipse((x0, y0, x1 - 1, y1 - 1), fill=colour)

    def polygon(self, points: Iterable[Point], colour: str) -> None:
        """Fill a polygon."""
        self._pen.polygon(self._pixels(points), fill=colour)

    def line(self, points: Iterable[Point], width: float, colour: str) -> None:
        """Draw a line `width` units thick through the points, with round joints."""
        pixels = max(1, round(width * self._scale))
        self._pen.line(self._pixels(points), fill=colour, width=pixels, joint="curve")

    def star(self, x: float, y: float, radius: float, colour: str, turn: float = 0.0) -> None:
        """Fill a five-pointed star; `turn` degrees clockwise from one point up."""
        self.polygon(star(x, y, radius, turn=turn), colour)

    def gif(self) -> bytes:
        """Return the picture as a GIF; its palette is the 256 colours that cover most of it."""
        small = self._image.reduce(_OVERSAMPLE)
        found = small.getcolors(_SHADES) or small.getcolors(small.width * small.height)
        shades = cast("list[tuple[int, tuple[int, int, int]]]", found)
        # Equal counts are ordered by colour, so that the bytes are the same every time.
        common = sorted(shades, reverse=True)[:256]
        palette = Image.new("P", (1, 1))
        palette.putpalette(list(chain.from_iterable(colour for _, colour in common)))
        file = BytesIO()
        small.quantize(palette=palette, dither=Image.Dither.NONE).save(file, "GIF")
        return file.getvalue()

    def _pixels(self, points: Iterable[Point]) -> list[Point]:
        return [(x * self._scale, y * self._scale) for x, y in points]


def ring(x: float, y: float, radius: float, count: int, turn: float = 0.0) -> list[Point]:
    """Return the `count` points spread evenly over a circle, the first at the angle `turn`."""
    return [polar(x, y, radius, turn + 360 * index / count) for index in range(count)]


def polar(x: float, y: float, radius: float, angle: float) -> Point:
    """Return the point at `radius` from (x, y), `angle` degrees clockwise from the top."""
    radians = math.radians(angle)
    return x + radius * math.sin(radians), y - radius * math.cos(radians)


def star(x: float, y: float, radius: float, points: int = 5, turn: float = 0.0, inner: float = _GOLDEN) -> list[Point]:
    """Return the outline of a star; `inner` is the radius of its notches over that of its points."""
    tips = ring(x, y, radius, points, turn)
    notches = ring(x, y, radius * inner, points, turn + 180 / points)
    return list(chain.from_iterable(zip(tips, notches, strict=True)))


def arc(x: float, y: float, radius: float, start: float, end: float, steps: int = 60) -> list[Point]:
    """Points along a circle from the angle `start` to `end`, in degrees clockwise from the top."""
    return [polar(x, y, radius, start + (end - start) * index / steps) for index in range(steps + 1)]


def smooth(points: Sequence[Point], steps: int = 8) -> list[Point]:
    """Return a closed curve through the points (a uniform Catmull-Rom spline)."""
    padded = [points[-1], *points, points[0], points[1]]
    quads = zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    return [_between(quad, index / steps) for quad in quads for index in range(steps)]


def flow(points: Sequence[Point], steps: int = 8) -> list[Point]:
    """Return an open curve through the points, from the first to the last."""
    padded = [points[0], *points, points[-1]]
    quads = zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    return [*(_between(quad, index / steps) for quad in quads for index in range(steps)), points[-1]]


def place(points: Iterable[Point], x: float, y: float, size: float, flip: bool = False) -> list[Point]:
    """Move points drawn around the origin to (x, y), scaled by `size`, mirrored left to right on `flip`."""
    across = -size if flip else size
    return [(x + across * px, y + size * py) for px, py in points]


def leaf(base: Point, tip: Point, width: float) -> list[Point]:
    """Return the outline of a leaf from `base` to `tip`; `width` is relative to its length."""
    (x0, y0), (x1, y1) = base, tip
    sideways, forward = (-(y1 - y0) * width / 2, (x1 - x0) * width / 2), ((x0 + x1) / 2, (y0 + y1) / 2)
    (dx, dy), (mx, my) = sideways, forward
    return smooth([base, (mx + dx, my + dy), tip, (mx - dx, my - dy)], 5)


def _between(quad: tuple[Point, Point, Point, Point], t: float) -> Point:
    a, b, c, d = quad
    x, y = (_spline((a[axis], b[axis], c[axis], d[axis]), t) for axis in (0, 1))
    return x, y


def _spline(values: tuple[float, float, float, float], t: float) -> float:
    a, b, c, d = values
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
