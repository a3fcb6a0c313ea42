"""Draws the pictures of README and docs/ from the committed sweeps: `python docs/pictures.py`."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from poolbench import gallery

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SWEEPS = {"reference": "", "reuse": "speedup", "threads": "throughput", "levels": "heat"}
"""In results/: the kind of chart that is kept of each under the sweep's name; all, under their own names, if none."""
_SHOWN = re.compile(r"\(\S*?plots/(\S+)\.png\)")


def shown() -> set[str]:
    """The pictures that the pages show, without `.png`."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("results/*.md")]
    return {name for page in pages for name in _SHOWN.findall(page.read_text(encoding="utf-8"))}


def draw(sweep: str, folder: Path) -> Iterator[Path]:
    """Those of one sweep; the dark ones, for the site, only of what is shown there."""
    sheets = gallery.sheets([Path("results") / f"{sweep}.csv"])
    with TemporaryDirectory() as scratch:
        for path in gallery.draw(sheets, Path(scratch), ("light", "dark")):
            name = _name(path.name, sweep)
            stem, dark, ending = name.partition("-dark.")
            if name and (not dark or (stem in shown() and ending == "png")):
                yield Path(shutil.copyfile(path, folder / name))


def _name(drawn: str, sweep: str) -> str:
    """What a chart is called in plots/; empty for one that is not kept."""
    kind = SWEEPS[sweep]
    return drawn if not kind else f"{sweep}-{kind}{drawn.partition(kind)[2]}" if f"-{kind}" in drawn else ""


if __name__ == "__main__":
    os.chdir(ROOT)  # charts name the sweep as it is given
    for each in SWEEPS:
        list(draw(each, ROOT / "plots"))
