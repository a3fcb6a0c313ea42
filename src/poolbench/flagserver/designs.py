"""The flags without a coat of arms: one function a flag, in the units of its official construction sheet."""

from __future__ import annotations

import math

from poolbench.flagserver.canvas import Canvas, polar, ring

WHITE, BLACK = "#FFFFFF", "#000000"


def china() -> Canvas:
    """One large star and four small ones, each with a point towards the large one's centre."""
    canvas = Canvas(30, 20, "#EE1C25")
    canvas.star(5, 5, 3, "#FFFF00")
    for x, y in ((10, 2), (12, 4), (12, 7), (10, 9)):
        canvas.star(x, y, 1, "#FFFF00", turn=math.degrees(math.atan2(5 - x, y - 5)))
    return canvas


def india() -> Canvas:
    """Saffron, white and green with the Ashoka Chakra: 24 spokes, 24 half-moons on the rim."""
    canvas, navy = Canvas(3, 2, WHITE), "#06038D"
    canvas.stripes("#FF671F", WHITE, "#046A38")
    canvas.disc(1.5, 1, 0.275, navy)
    canvas.disc(1.5, 1, 0.24, WHITE)
    for angle in range(0, 360, 15):
        canvas.disc(*polar(1.5, 1, 0.243, angle + 7.5), 0.011, navy)
        waist = (polar(1.5, 1, 0.12, angle - 5.5), polar(1.5, 1, 0.12, angle + 5.5))
        canvas.polygon([(1.5, 1), waist[0], polar(1.5, 1, 0.245, angle), waist[1]], navy)
    canvas.disc(1.5, 1, 0.05, navy)
    return canvas


def united_states() -> Canvas:
    """Thirteen stripes and fifty stars."""
    red = "#B31942"
    canvas = Canvas(1.9, 1, WHITE)
    canvas.stripes(*(red if index % 2 == 0 else WHITE for index in range(13)))
    canvas.box(0, 0, 0.76, 7 / 13, "#0A3161")
    for row in range(9):
        for column in range(row % 2, 11, 2):
            canvas.star(0.76 * (column + 1) / 12, 7 / 13 * (row + 1) / 10, 0.0308, WHITE)
    return canvas


def indonesia() -> Canvas:
    """Red over white."""
    canvas = Canvas(3, 2, WHITE)
    canvas.stripes("#FF0000", WHITE)
    return canvas


def pakistan() -> Canvas:
    """Draw a white stripe at the hoist; crescent and star on the diagonal of the green part."""
    canvas, green = Canvas(3, 2, "#01411C"), "#01411C"
    canvas.box(0, 0, 0.75, 2, WHITE)
    canvas.disc(1.875, 1, 0.6, WHITE)
    centre = polar(1.875, 1, 0.165, 48.4)
    canvas.disc(*centre, 0.55, green)
    canvas.star(*polar(1.875, 1, 0.43, 48.4), 0.2, WHITE, turn=48.4)
    return canvas


def nigeria() -> Canvas:
    """Green, white, green."""
    canvas = Canvas(2, 1, WHITE)
    canvas.stripes("#008753", WHITE, "#008753", upright=True)
    return canvas


def bangladesh() -> Canvas:
    """Draw a red disc on green, a little towards the hoist."""
    canvas = Canvas(10, 6, "#006A4E")
    canvas.disc(4.5, 3, 2, "#F42A41")
    return canvas


def russia() -> Canvas:
    """White, blue, red."""
    canvas = Canvas(3, 2, WHITE)
    canvas.stripes(WHITE, "#0039A6", "#D52B1E")
    return canvas


def japan() -> Canvas:
    """Draw a red disc on white."""
    canvas = Canvas(3, 2, WHITE)
    canvas.disc(1.5, 1, 0.6, "#BC002D")
    return canvas


def philippines() -> Canvas:
    """Draw a white triangle with the sun of eight rays and three stars, over blue and red."""
    canvas, gold, middle = Canvas(4, 2, WHITE), "#FCD116", 1 / math.sqrt(3)
    canvas.stripes("#0038A8", "#CE1126")
    canvas.polygon([(0, 0), (math.sqrt(3), 1), (0, 2)], WHITE)
    for x, y, turn in ((0.155, 0.27, -60), (1.46, 1, 90), (0.155, 1.73, -120)):
        canvas.star(x, y, 0.12, gold, turn=turn)
    for angle in range(0, 360, 45):
        for aside, length, half in ((0, 0.5, 3.4), (-11.5, 0.43, 2), (11.5, 0.43, 2)):
            _ray(canvas, (middle, 1), angle + aside, length, half)
    canvas.disc(middle, 1, 0.215, WHITE)
    canvas.disc(middle, 1, 0.2, gold)
    return canvas


def _ray(canvas: Canvas, centre: tuple[float, float], angle: float, length: float, half: float) -> None:
    x, y = centre
    outer = [
        polar(x, y, length * 0.93, angle - half),
        polar(x, y, length, angle),
        polar(x, y, length * 0.93, angle + half),
    ]
    canvas.polygon([polar(x, y, 0.2, angle - half * 1.3), *outer, polar(x, y, 0.2, angle + half * 1.3)], "#FCD116")


def vietnam() -> Canvas:
    """Draw a yellow star on red."""
    canvas = Canvas(3, 2, "#DA251D")
    canvas.star(1.5, 1, 0.6, "#FFFF00")
    return canvas


def ethiopia() -> Canvas:
    """Green, yellow, red; on a blue disc a pentagram of bars with a ray from each notch."""
    canvas, gold, blue = Canvas(4, 2, "#FCDD09"), "#FCDD09", "#0F47AF"
    canvas.stripes("#078930", gold, "#DA121A")
    canvas.disc(2, 1, 0.66, blue)
    radius, bar = 0.6, 0.052
    canvas.star(2, 1, radius, gold)
    edge = radius * math.cos(math.radians(72))  # from the centre to each of the five lines
    canvas.polygon(ring(2, 1, (edge - bar) / math.cos(math.radians(36)), 5, 36), blue)
    for angle in range(0, 360, 72):
        apex = radius - bar / math.sin(math.radians(18))
        half = math.degrees(math.atan((apex - edge) * math.tan(math.radians(18)) / edge))
        base = edge / math.cos(math.radians(half))
        canvas.polygon([polar(2, 1, apex, angle), *(polar(2, 1, base, angle + side) for side in (-half, half))], blue)
        canvas.line([polar(2, 1, 0.28, angle + 36), polar(2, 1, 0.53, angle + 36)], 0.05, gold)
    return canvas


def germany() -> Canvas:
    """Black, red, gold."""
    canvas = Canvas(5, 3, BLACK)
    canvas.stripes(BLACK, "#DD0000", "#FFCC00")
    return canvas


def turkey() -> Canvas:
    """Crescent and star, by the proportions of the flag law of 1936."""
    canvas, red = Canvas(3, 2, "#E30A17"), "#E30A17"
    canvas.disc(1, 1, 0.5, WHITE)
    canvas.disc(1.125, 1, 0.4, red)
    canvas.star(1.125 - 0.4 + 2 / 3 + 0.25, 1, 0.25, WHITE, turn=-90)
    return canvas


def congo() -> Canvas:
    """Draw a red band, edged in yellow, from the lower hoist to the upper fly; a star above it."""
    canvas = Canvas(4, 3, "#007FFF")
    for half, colour in ((0.62, "#F7D618"), (0.46, "#CE1021")):
        reach = half * 5 / 4
        canvas.polygon([(-1, 3.75 - reach), (5, -0.75 - reach), (5, -0.75 + reach), (-1, 3.75 + reach)], colour)
    canvas.star(0.72, 0.7, 0.55, "#F7D618")
    return canvas


def france() -> Canvas:
    """Blue, white, red, upright."""
    canvas = Canvas(3, 2, WHITE)
    canvas.stripes("#000091", WHITE, "#E1000F", upright=True)
    return canvas
