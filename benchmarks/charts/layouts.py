"""Every chart of the reference sweeps and of thirty sweeps drawn by lot, light and dark, with Inter and with DejaVu.

`python benchmarks/charts/layouts.py [FOLDER [FONT]]` prints what is wrong with the words of each, and ends with 1 if
anything is. It takes some minutes; `Inter` or `DejaVu` alone half of them. The charts are left in the folder.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

SEEDS = range(30)
ROOT = Path(__file__).parents[2]


def charts(theme: str) -> Iterator[tuple[str, str, Any]]:
    """Its name, its kind, and how to draw it."""
    every_chart = import_module("every_chart")
    for name, draw in every_chart.of_references(ROOT / "results", theme):
        yield name, name.rpartition("-")[2], draw
    for seed in SEEDS:
        for name, draw in every_chart.drawn_by_lot(seed, theme):
            yield f"{seed:02}-{name}", name, draw


def check(font: str, folder: Path | None) -> tuple[int, int]:
    """Charts drawn and faults found with one font."""
    faults, on_blocks = import_module("layout_faults").faults, import_module("every_chart").ON_BLOCKS
    drawn = wrong = 0
    for theme in ("light", "dark"):
        for name, kind, draw in charts(theme):
            figure = draw()
            drawn += 1
            for fault in faults(figure, on_blocks=kind in on_blocks):
                wrong += 1
                print(f"{name} {theme} {font}: {fault}", flush=True)
            if folder is not None:
                figure.savefig(folder / f"{name}-{theme}-{font}.png")
    return drawn, wrong


def main() -> int:
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "charts")]
    fonts = import_module("poolbench.charts.fonts")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for font in sys.argv[2:] or ("Inter", "DejaVu"):
        if font == "DejaVu":
            sys.modules["fontpkg_inter"] = None  # type: ignore[assignment]
        fonts.families.cache_clear()
        found = fonts.families()[0]
        drawn, wrong = check(found.replace(" ", ""), folder)
        print(f"{found}: {drawn} charts, {wrong} faults", flush=True)
        total += wrong
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
