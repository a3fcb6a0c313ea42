"""The pictures of the pages are those that `python docs/pictures.py` draws from the committed sweeps."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from poolbench.charts import heat, latency, speedup, style, throughput, timeline

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def pictures():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DOCS)
        import pictures

        yield pictures
        del sys.modules["pictures"]


def write_nothing(drawn: None, folder: Path, stem: str) -> list[Path]:
    """Names are compared: versions of matplotlib differ by some pixels, and drawing takes half a minute."""
    files = [folder / f"{stem}.{ending}" for ending in ("png", "svg")]
    for path in files:
        path.touch()
    return files


def test_the_command_draws_every_picture(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(style, "save", write_nothing)
    monkeypatch.chdir(pictures.ROOT)
    for chart in (heat, latency, speedup, throughput, timeline):
        monkeypatch.setattr(chart, "draw", lambda *_: None)
    drawn = {path.name for sweep in pictures.SWEEPS for path in pictures.draw(sweep, tmp_path)}
    assert drawn == {path.name for path in (DOCS.parent / "plots").iterdir()}
    shown = pictures.shown()
    assert len(shown) >= 5
    assert {f"{name}{theme}.png" for name in shown for theme in ("", "-dark")} <= drawn
