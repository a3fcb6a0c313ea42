"""The twenty national flags as GIF images, drawn by code: 640 pixels high, each 2 to 30 KB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolbench.errors import unknown
from poolbench.flagserver import designs, eagles, emblems
from poolbench.flagserver.countries import POP20

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolbench.flagserver.canvas import Canvas

_DESIGNS: dict[str, Callable[[], Canvas]] = {
    "CN": designs.china,
    "IN": designs.india,
    "US": designs.united_states,
    "ID": designs.indonesia,
    "BR": emblems.brazil,
    "PK": designs.pakistan,
    "NG": designs.nigeria,
    "BD": designs.bangladesh,
    "RU": designs.russia,
    "JP": designs.japan,
    "MX": eagles.mexico,
    "PH": designs.philippines,
    "VN": designs.vietnam,
    "ET": designs.ethiopia,
    "EG": eagles.egypt,
    "DE": designs.germany,
    "IR": emblems.iran,
    "TR": designs.turkey,
    "CD": designs.congo,
    "FR": designs.france,
}


def draw(cc: str) -> bytes:
    """Return the flag of the country with the two-letter code `cc`, in either case, as a GIF.

    The bytes are the same at every call. Raises `UsageError` for a country that has no drawing.
    """
    code = cc.upper()
    if code not in _DESIGNS:
        raise unknown("country", cc, _DESIGNS)
    return _DESIGNS[code]().gif()


def all_flags() -> dict[str, bytes]:
    """Every flag by its country code, in the order of `POP20`."""
    return {cc: draw(cc) for cc in POP20}
