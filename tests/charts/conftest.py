from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from poolbench.charts import fonts


@pytest.fixture(scope="session", autouse=True)
def _fonts_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the cut font with the session, not in the user's cache."""
    folder = tmp_path_factory.mktemp("fonts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fonts, "user_cache_path", lambda name: folder)
        yield


@pytest.fixture(scope="module", params=["inter", "dejavu"])
def font(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each font for all sweeps before the next: to change it costs more than to draw."""
    if request.param == "inter":
        pytest.importorskip("fontpkg_inter")
        fonts.families.cache_clear()
        yield "Inter"
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "fontpkg_inter", None)
        fonts.families.cache_clear()
        yield "DejaVu Sans"
    fonts.families.cache_clear()
