"""The page's typeface: Inter, cut to the letters of the page, where it is installed; else what the reader has."""

from __future__ import annotations

import base64
import re
from functools import partial
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING

from poolbench.charts import fonts
from poolbench.halves import called

if TYPE_CHECKING:
    from pathlib import Path

_PLAIN = '"DejaVu Sans", system-ui, sans-serif'
_TAGS = re.compile(r"<[^>]*>")
_ALWAYS = {chr(code) for code in range(0x20, 0x7F)}
"""Tooltips come out of attributes."""
_NAMES, _ENGLISH = range(7), 0x409
"""Those of the family and of its makers, as Windows numbers them and the language."""


def embedded(body: str) -> tuple[str, str]:
    """Rules that bring the fonts, and the family for the style sheet; `body` is the page's text."""
    if fonts.families()[0] == fonts.FALLBACK:
        return "", _PLAIN
    letters = _ALWAYS | set(unescape(_TAGS.sub("", body)))
    weights = (fonts.REGULAR, fonts.SEMIBOLD)
    packed = called([partial(_subset, fonts.cut(weight), letters) for weight in weights])
    rules = [
        f'@font-face{{font-family:Inter;font-weight:{weight};src:url("data:font/woff;base64,{coded}")format("woff")}}'
        for weight, coded in zip(weights, packed, strict=True)
    ]
    return "\n".join(rules), f"Inter, {_PLAIN}"


def _subset(file: Path, letters: set[str]) -> str:
    """A WOFF with `letters`, as base64."""
    from fontTools import subset  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    font = TTFont(file, recalcTimestamp=False)
    subsetter = subset.Subsetter(subset.Options(layout_features=["kern"], notdef_outline=True))
    subsetter.populate(unicodes=sorted(ord(letter) for letter in letters))
    names = font["name"]
    del font["name"]  # half of the time would go into finding out which of them nothing refers to
    subsetter.subset(font)
    names.names = [each for each in names.names if each.nameID in _NAMES and each.langID == _ENGLISH]
    font["name"] = names
    font.flavor = "woff"
    packed = BytesIO()
    font.save(packed, reorderTables=False)
    return base64.b64encode(packed.getvalue()).decode()
