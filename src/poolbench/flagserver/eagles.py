"""The flags of Egypt and Mexico: two eagles, simplified, drawn around the origin and then placed."""

from __future__ import annotations

from poolbench.flagserver.canvas import Canvas, Point, arc, flow, leaf, place, polar, smooth
from poolbench.flagserver.designs import BLACK, WHITE


def egypt() -> Canvas:
    """Draw the eagle of Saladin in gold, with a shield in the flag's colours and a scroll."""
    canvas = Canvas(3, 2, WHITE)
    canvas.stripes("#CE1126", WHITE, BLACK)
    for flip in (False, True):
        _golden_wing(canvas, flip)
    gold = "#C09300"
    for outline in (_TAIL, _TORSO, _HEAD):
        canvas.polygon(_at(smooth(outline)), gold)
    canvas.polygon(_at(smooth(_HOOK)), gold)
    canvas.disc(*_at([(-0.05, -0.86)])[0], 0.006, WHITE)
    _shield(canvas)
    canvas.polygon(_at(_SCROLL), gold)
    canvas.line(_at([(-0.3, 0.79), (0.3, 0.79)]), 0.012, WHITE)
    return canvas


def _at(points: list[Point], flip: bool = False) -> list[Point]:
    return place(points, 1.5, 1.0, 0.31, flip)


def _golden_wing(canvas: Canvas, flip: bool) -> None:
    canvas.polygon(_at(smooth(_WING), flip), "#C09300")
    for feather in ([(0.5, -0.3), (0.47, 0.36)], [(0.38, -0.2), (0.36, 0.2)], [(0.6, -0.3), (0.58, 0.45)]):
        canvas.line(_at(feather, flip), 0.009, WHITE)
    canvas.line(_at(flow([(0.25, -0.33), (0.5, -0.42), (0.66, -0.42)]), flip), 0.009, WHITE)
    canvas.polygon(_at([(0.1, 0.45), (0.2, 0.45), (0.24, 0.68), (0.1, 0.68)], flip), "#C09300")


def _shield(canvas: Canvas) -> None:
    outline: list[Point] = [
        (-0.22, -0.32),
        (0.22, -0.32),
        (0.22, 0.1),
        (0.14, 0.28),
        (0, 0.38),
        (-0.14, 0.28),
        (-0.22, 0.1),
    ]
    canvas.polygon(_at([(x * 1.2, (y - 0.02) * 1.12) for x, y in outline]), WHITE)
    canvas.polygon(_at(outline), "#C09300")
    canvas.polygon(_at([(-0.19, -0.29), (-0.065, -0.29), (-0.065, 0.31), (-0.12, 0.26), (-0.19, 0.09)]), "#CE1126")
    canvas.polygon(_at([(-0.065, -0.29), (0.065, -0.29), (0.065, 0.31), (0, 0.345), (-0.065, 0.31)]), WHITE)
    canvas.polygon(_at([(0.065, -0.29), (0.19, -0.29), (0.19, 0.09), (0.12, 0.26), (0.065, 0.31)]), BLACK)


_WING: list[Point] = [
    (0.08, -0.5), (0.26, -0.6), (0.42, -0.82), (0.6, -0.84), (0.72, -0.6), (0.74, -0.2),
    (0.7, 0.25), (0.62, 0.66), (0.54, 0.5), (0.44, 0.52), (0.4, 0.32), (0.3, 0.32), (0.1, 0.1),
]  # fmt: skip
_TORSO: list[Point] = [
    (-0.13, -0.62),
    (0.13, -0.62),
    (0.27, -0.3),
    (0.25, 0.2),
    (0.12, 0.5),
    (-0.12, 0.5),
    (-0.25, 0.2),
    (-0.27, -0.3),
]
_HEAD: list[Point] = [
    (-0.1, -0.9),
    (0, -0.97),
    (0.1, -0.9),
    (0.11, -0.74),
    (0.2, -0.56),
    (-0.16, -0.56),
    (-0.06, -0.72),
    (-0.09, -0.8),
]
_HOOK: list[Point] = [
    (-0.06, -0.93),
    (-0.15, -0.92),
    (-0.21, -0.84),
    (-0.2, -0.75),
    (-0.16, -0.81),
    (-0.06, -0.81),
]
_TAIL: list[Point] = [
    (-0.1, 0.4),
    (0.1, 0.4),
    (0.17, 0.94),
    (0.06, 0.98),
    (0, 1.02),
    (-0.06, 0.98),
    (-0.17, 0.94),
]
_SCROLL: list[Point] = [
    (-0.42, 0.66), (0.42, 0.66), (0.5, 0.72), (0.44, 0.88), (0.34, 0.84), (-0.34, 0.84),
    (-0.44, 0.88), (-0.5, 0.72),
]  # fmt: skip


def mexico() -> Canvas:
    """Draw the eagle on a cactus devouring a snake, over a lake, in a half wreath of oak and laurel."""
    canvas = Canvas(7, 4, WHITE)
    canvas.stripes("#006341", WHITE, "#C8102E", upright=True)
    _wreath(canvas)
    _cactus(canvas)
    _eagle(canvas)
    canvas.line(_mx(flow(_SNAKE)), 0.05, "#3C7A3A")
    canvas.disc(*_mx([_SNAKE[0]])[0], 0.035, "#3C7A3A")
    return canvas


def _mx(points: list[Point], flip: bool = False) -> list[Point]:
    return place(points, 3.5, 2.0, 0.92, flip)


def _wreath(canvas: Canvas) -> None:
    for flip, colour in ((False, "#4F8A3C"), (True, "#2F6B34")):
        canvas.line(_mx(arc(0, 0, 0.85, 92, 176), flip), 0.03, colour)
        for angle in range(92, 172, 8):
            base = polar(0, 0, 0.85, angle)
            for radius in (0.98, 0.74):
                canvas.polygon(_mx(leaf(base, polar(0, 0, radius, angle - 11), 0.5), flip), colour)
    for index, colour in enumerate(("#006341", WHITE, "#C8102E")):
        inner, outer = (arc(0, 0, 0.775 + 0.05 * edge, 168, 192) for edge in (index, index + 1))
        canvas.polygon(_mx([*inner, *reversed(outer)]), colour)


def _cactus(canvas: Canvas) -> None:
    canvas.polygon(_mx(smooth([(-0.5, 0.62), (0.5, 0.62), (0.42, 0.74), (0, 0.78), (-0.42, 0.74)])), "#2C9AA8")
    canvas.polygon(_mx(smooth([(-0.24, 0.62), (0, 0.55), (0.24, 0.62), (0.16, 0.7), (-0.16, 0.7)])), "#A98B54")
    for pads in _PADS:
        canvas.polygon(_mx(leaf(*pads, 0.62)), "#3D8B4A")
        canvas.disc(*_mx([pads[1]])[0], 0.032, "#C8102E")


def _eagle(canvas: Canvas) -> None:
    dark, brown = "#4A2C14", "#7A4A20"
    _plumage(canvas, _FAR_FEATHERS, (dark, "#5C381B"))
    _plumage(canvas, _TAIL_FEATHERS, (dark, "#5C381B"))
    canvas.polygon(_mx(smooth(_BODY)), brown)
    _plumage(canvas, _NEAR_FEATHERS, ("#8A5626", dark))
    canvas.polygon(_mx(smooth(_ARM)), brown)
    canvas.polygon(_mx(smooth(_BEAK)), "#F2B632")
    canvas.disc(*_mx([(-0.35, -0.43)])[0], 0.018, WHITE)
    for claw in ([(-0.05, 0.28), (-0.1, 0.4), (-0.2, 0.43)], [(0.1, 0.28), (0.08, 0.4), (-0.02, 0.43)]):
        canvas.line(_mx(claw), 0.045, "#F2B632")


def _plumage(canvas: Canvas, feathers: tuple[tuple[Point, Point], ...], colours: tuple[str, str]) -> None:
    for index, (base, tip) in enumerate(feathers):
        canvas.polygon(_mx(leaf(base, tip, 0.3)), colours[index % 2])


_PADS: tuple[tuple[Point, Point], ...] = (
    ((0, 0.68), (0.02, 0.36)), ((-0.06, 0.62), (-0.34, 0.4)), ((0.06, 0.62), (0.36, 0.38)),
    ((-0.3, 0.45), (-0.5, 0.28)), ((0.32, 0.44), (0.55, 0.3)),
    ((-0.04, 0.5), (-0.2, 0.34)), ((0.04, 0.5), (0.22, 0.34)),
)  # fmt: skip
_BODY: list[Point] = [
    (-0.44, -0.4), (-0.36, -0.52), (-0.24, -0.52), (-0.14, -0.4), (0.02, -0.3), (0.16, -0.14), (0.22, 0.1),
    (0.2, 0.28), (0.05, 0.34), (-0.08, 0.3), (-0.16, 0.1), (-0.2, -0.12), (-0.27, -0.3), (-0.36, -0.34),
]  # fmt: skip
_NEAR_FEATHERS: tuple[tuple[Point, Point], ...] = (
    ((0.0, 0.05), (0.4, 0.3)), ((0.02, -0.02), (0.54, 0.2)), ((0.05, -0.1), (0.66, 0.06)),
    ((0.1, -0.18), (0.75, -0.1)),
    ((0.14, -0.26), (0.8, -0.27)), ((0.18, -0.34), (0.82, -0.45)), ((0.2, -0.42), (0.8, -0.64)),
    ((0.2, -0.46), (0.74, -0.82)), ((0.2, -0.46), (0.63, -0.95)), ((0.2, -0.44), (0.5, -1.02)),
)  # fmt: skip
_ARM: list[Point] = [
    (-0.16, -0.28), (0.02, -0.44), (0.2, -0.6), (0.36, -0.72), (0.4, -0.6), (0.34, -0.4), (0.28, -0.18),
    (0.16, 0.02), (0, 0.08),
]  # fmt: skip
_FAR_FEATHERS: tuple[tuple[Point, Point], ...] = (
    ((-0.02, -0.3), (0.26, -0.86)), ((-0.04, -0.32), (0.14, -0.98)), ((-0.06, -0.34), (0.0, -1.04)),
    ((-0.08, -0.34), (-0.14, -1.02)), ((-0.1, -0.34), (-0.26, -0.92)), ((-0.1, -0.32), (-0.33, -0.78)),
)  # fmt: skip
_TAIL_FEATHERS: tuple[tuple[Point, Point], ...] = (
    ((0.08, 0.1), (0.58, 0.36)), ((0.08, 0.14), (0.54, 0.46)), ((0.08, 0.18), (0.45, 0.53)),
    ((0.06, 0.2), (0.34, 0.55)),
)  # fmt: skip
_BEAK: list[Point] = [
    (-0.42, -0.46),
    (-0.53, -0.45),
    (-0.59, -0.36),
    (-0.57, -0.28),
    (-0.52, -0.34),
    (-0.42, -0.35),
]
_SNAKE: list[Point] = [
    (-0.66, -0.5), (-0.6, -0.36), (-0.52, -0.34), (-0.46, -0.2), (-0.58, -0.06), (-0.5, 0.08), (-0.34, 0.06),
    (-0.26, 0.18),
    (-0.32, 0.32), (-0.2, 0.42), (-0.06, 0.42),
]  # fmt: skip
