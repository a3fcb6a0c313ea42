"""Every chart of thirty sweeps drawn by lot, light and dark, with Inter and with DejaVu: what is wrong with its words.

Run it as `python benchmarks/charts/layouts.py`; it takes some minutes, prints each fault, and ends with 1 if there is
one. With a folder as its argument, it leaves the charts there.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

SEEDS = range(30)
TESTS = Path(__file__).parents[2] / "tests"


def check(font: str, folder: Path | None) -> tuple[int, int]:
    """Charts drawn and faults found with one font."""
    figures = import_module("generated_sweeps").figures
    faults = import_module("layout_faults").faults
    drawn = wrong = 0
    for seed in SEEDS:
        for theme in ("light", "dark"):
            for name, draw in figures(seed, theme):
                figure = draw()
                drawn += 1
                for fault in faults(figure, on_blocks=name == "timeline"):
                    wrong += 1
                    print(f"seed {seed} {name} {theme} {font}: {fault}", flush=True)
                if folder is not None:
                    figure.savefig(folder / f"{seed:02}-{name}-{theme}-{font}.png", dpi=80)
    return drawn, wrong


def main() -> int:
    sys.path[:0] = [str(TESTS), str(TESTS / "charts")]
    fonts = import_module("poolbench.charts.fonts")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for font in ("Inter", "DejaVu"):
        if font == "DejaVu":
            sys.modules["fontpkg_inter"] = None  # type: ignore[assignment]
        fonts.families.cache_clear()
        drawn, wrong = check(fonts.families()[0], folder)
        print(f"{fonts.families()[0]}: {drawn} charts, {wrong} faults", flush=True)
        total += wrong
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
