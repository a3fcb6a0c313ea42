"""The flags of Brazil and Iran, with their emblems and letters."""

from __future__ import annotations

import math

from poolbench.flagserver.canvas import Canvas, Point, arc, flow, place, polar, smooth
from poolbench.flagserver.designs import WHITE

_SKY = (  # Brazil's stars: right of and below the globe's centre, and size, in the flag's modules
    (0.85, -1.35, 0.17), (-2.85, 0.0, 0.15), (-2.45, 0.75, 0.17), (-2.05, 0.6, 0.11), (-2.6, 1.2, 0.11),
    (-2.05, 1.25, 0.13), (-2.3, 1.65, 0.13), (-1.3, 1.75, 0.17), (0.0, 0.45, 0.15), (-0.5, 1.0, 0.15),
    (0.45, 0.85, 0.13), (0.22, 1.2, 0.09), (0.0, 1.75, 0.17), (0.0, 2.95, 0.09), (0.75, 2.2, 0.13),
    (1.25, 2.05, 0.13), (1.15, 2.55, 0.13), (0.9, 0.45, 0.15), (1.35, 0.8, 0.11), (2.95, 0.95, 0.13),
    (2.45, 0.75, 0.11), (2.7, 1.25, 0.17), (2.45, 1.5, 0.11), (2.2, 1.75, 0.13), (1.9, 1.95, 0.13),
    (1.65, 1.65, 0.11), (2.0, 1.4, 0.11),
)  # fmt: skip

_LETTERS: dict[str, list[list[Point]]] = {  # strokes in a box one high, 0.8 wide
    "O": [
        [
            (0.1, 0.25),
            (0.3, 0),
            (0.5, 0),
            (0.7, 0.25),
            (0.7, 0.75),
            (0.5, 1),
            (0.3, 1),
            (0.1, 0.75),
            (0.1, 0.25),
        ]
    ],
    "R": [
        [(0.1, 1), (0.1, 0), (0.5, 0), (0.68, 0.15), (0.68, 0.37), (0.5, 0.52), (0.1, 0.52)],
        [(0.42, 0.52), (0.7, 1)],
    ],
    "D": [[(0.1, 0), (0.1, 1), (0.42, 1), (0.7, 0.7), (0.7, 0.3), (0.42, 0), (0.1, 0)]],
    "E": [[(0.65, 0), (0.12, 0), (0.12, 1), (0.65, 1)], [(0.12, 0.5), (0.55, 0.5)]],
    "M": [[(0.05, 1), (0.05, 0), (0.4, 0.6), (0.75, 0), (0.75, 1)]],
    "P": [[(0.1, 1), (0.1, 0), (0.5, 0), (0.68, 0.15), (0.68, 0.4), (0.5, 0.55), (0.1, 0.55)]],
    "G": [
        [
            (0.7, 0.2),
            (0.52, 0),
            (0.3, 0),
            (0.1, 0.25),
            (0.1, 0.75),
            (0.3, 1),
            (0.55, 1),
            (0.7, 0.85),
            (0.7, 0.55),
            (0.45, 0.55),
        ]
    ],
    "S": [
        [
            (0.65, 0.15),
            (0.5, 0),
            (0.28, 0),
            (0.12, 0.15),
            (0.12, 0.35),
            (0.65, 0.65),
            (0.65, 0.85),
            (0.5, 1),
            (0.28, 1),
            (0.1, 0.85),
        ]
    ],
}

_KUFIC = (  # one of the 22 repetitions of the takbir along the inner edges of Iran's stripes
    "#...#.#.#.#...#.#.#.#",
    "#.#.#.#.#.#.#.#.#.#.#",
    "#.#.#.#.#.###.#.#.#.#",
    "#.#.#.#.#.....#.#.#.#",
    "#.#.###.#######.###.#",
    "#.#...............#.#",
    "#.#################.#",
)


def brazil() -> Canvas:
    """Draw the night sky over Rio, 27 stars and the motto, in a rhombus on green."""
    canvas, blue = Canvas(20, 14, "#009739"), "#012169"
    canvas.polygon([(1.7, 7), (10, 1.7), (18.3, 7), (10, 12.3)], "#FEDD00")
    canvas.disc(10, 7, 3.5, blue)
    upper, lower = _across_globe(8.5), _across_globe(8.0)
    canvas.polygon([*upper, *reversed(lower)], WHITE)
    _motto(canvas)
    for x, y, size in _SKY:
        canvas.star(10 + x, 7 + y, size, WHITE)
    return canvas


def _across_globe(radius: float) -> list[Point]:
    """Return the part of the band's edge that lies on the globe; the band's circles share one centre."""
    points = arc(8, 14, radius, -30, 60, steps=900)
    return [point for point in points if math.dist(point, (10, 7)) < 3.495]


def _motto(canvas: Canvas) -> None:
    text, first, step = "ORDEM E PROGRESSO", -6.9, 2.75  # degrees along the band
    for index, letter in enumerate(text):
        for stroke in _LETTERS.get(letter, []):
            canvas.line([_on_band(point, first + index * step) for point in stroke], 0.06, "#009739")


def _on_band(point: Point, angle: float) -> Point:
    x, y = point
    return polar(8, 14, 8.4 - 0.3 * y, angle + math.degrees((x - 0.4) * 0.32 / 8.25))


def iran() -> Canvas:
    """Draw the emblem of four crescents and a sword, and the takbir along the stripes."""
    canvas, red = Canvas(14, 8, WHITE), "#DA0000"
    canvas.stripes("#239F40", WHITE, red)
    module = 14 / 11 / 22
    for column in range(11):
        for row, cells in enumerate(_KUFIC):
            for top in (8 / 3 - (8.4 - row) * module, 16 / 3 + (1.4 + row) * module):
                _row(canvas, cells, 14 / 11 * column + module / 2, top, module)
    for outline in (_SWORD, *_CRESCENTS):
        for flip in (False, True):
            canvas.polygon(place(smooth(outline), 7, 4.06, 1.12, flip), red)
    canvas.line(place(flow(_TASHDID), 7, 4.06, 1.12), 0.075, red)
    canvas.line(place(flow(_TASHDID), 7, 4.06, 1.12, True), 0.075, red)
    return canvas


def _row(canvas: Canvas, cells: str, left: float, top: float, module: float) -> None:
    for index, cell in enumerate(cells):
        if cell == "#":
            canvas.box(left + index * module, top, left + (index + 1.05) * module, top + module * 1.05, WHITE)


_SWORD: list[Point] = [
    (0, -0.72),
    (0.06, -0.6),
    (0.085, -0.2),
    (0.08, 0.3),
    (0.05, 0.75),
    (0, 1.0),
    (-0.02, 0.1),
]
_CRESCENTS: list[list[Point]] = [
    [
        (0.17, -0.6),
        (0.36, -0.38),
        (0.46, -0.05),
        (0.42, 0.35),
        (0.26, 0.66),
        (0.12, 0.8),
        (0.2, 0.55),
        (0.27, 0.25),
        (0.3, -0.05),
        (0.27, -0.35),
    ],
    [
        (0.48, -0.78),
        (0.72, -0.52),
        (0.85, -0.15),
        (0.8, 0.28),
        (0.58, 0.64),
        (0.2, 0.9),
        (0.44, 0.62),
        (0.6, 0.28),
        (0.66, -0.1),
        (0.62, -0.45),
    ],
]
_TASHDID: list[Point] = [
    (-0.01, -0.95),
    (0, -0.86),
    (0.04, -0.82),
    (0.09, -0.83),
    (0.12, -0.88),
    (0.12, -0.98),
]
