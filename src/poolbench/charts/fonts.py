"""The typeface of the charts: Inter where `fontpkg-inter` is installed, else matplotlib's DejaVu Sans."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path

from matplotlib import font_manager
from platformdirs import user_cache_path

FALLBACK = "DejaVu Sans"
REGULAR, SEMIBOLD = 400, 600
# Latin, punctuation, arrows, signs: the whole font takes 9 s to cut. Titles in other scripts fall back.
_SUBSET = (
    *range(0x20, 0x180),
    *range(0x2000, 0x2070),
    *range(0x2190, 0x2200),
    0x2212,
    0x2248,
    0x2260,
    0x2264,
    0x2265,
)


@cache
def families() -> tuple[str, ...]:
    """Font families, the wanted one first; matplotlib takes a glyph that one lacks from the next."""
    _register_fallback()
    inter = _inter_file()
    if inter is None:
        return (FALLBACK, "sans-serif")
    try:
        files = cut(REGULAR), cut(SEMIBOLD)
    except OSError:  # nowhere to keep the cut fonts
        return (FALLBACK, "sans-serif")
    for file in files:
        font_manager.fontManager.addfont(str(file))
    return ("Inter", FALLBACK, "sans-serif")


@cache
def can_draw(character: str) -> bool:
    """Whether both weights hold a glyph for `character`; matplotlib warns about what they lack."""
    regular, bold = (
        font_manager.get_font(font_manager.findfont(font_manager.FontProperties(family=[FALLBACK], weight=weight)))
        for weight in ("normal", "bold")
    )
    return bool(regular.get_char_index(ord(character)) and bold.get_char_index(ord(character)))


def _register_fallback() -> None:
    """Let DejaVu's Bold stand for SemiBold: without, matplotlib logs a warning for every text."""
    manager = font_manager.fontManager
    manager.addfont(font_manager.findfont(font_manager.FontProperties(family=[FALLBACK], weight="bold")))
    manager.ttflist[-1] = replace(manager.ttflist[-1], weight=SEMIBOLD)


def _inter_file() -> Path | None:
    """Find the upright variable font."""
    try:
        root = Path(import_module("fontpkg_inter").ROOT)
    except ImportError:
        return None
    return next((file for file in sorted(root.glob("files/Inter*.ttf")) if "Italic" not in file.name), None)


def cut(weight: int) -> Path:
    """Inter of one weight, cut from the variable font once and kept.

    matplotlib cannot set a font's axes; and with the whole variable font it shapes words slowly.
    OSError where it cannot be kept, or without Inter.
    """
    inter = _inter_file()
    if inter is None:
        raise FileNotFoundError("fontpkg-inter")
    kept = user_cache_path("poolbench") / f"Inter-{weight}-{inter.stat().st_size}.ttf"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(suffix=".ttf", dir=kept.parent)
        os.close(handle)
        _instance(inter, scratch, weight)
        Path(scratch).replace(kept)  # whole or not at all: two sweeps may draw at once
    return kept


def _instance(inter: Path, target: str, weight: int) -> None:
    # fontTools comes with matplotlib; it is slow to import, and needed once.
    from fontTools import subset  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
    from fontTools.varLib import instancer  # type: ignore[import-untyped]

    font = TTFont(inter, recalcTimestamp=False)
    options = subset.Options(layout_features=["kern"], layout_closure=False, notdef_outline=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=_SUBSET)
    subsetter.subset(font)
    instancer.instantiateVariableFont(font, {"wght": weight, "opsz": 14}, inplace=True)
    font.save(target)
