from __future__ import annotations

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
