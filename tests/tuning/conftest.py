from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def profile_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing that a test tunes goes into the profile of whoever runs it."""
    path = tmp_path / "data" / "profile.json"
    monkeypatch.setenv("POOLBENCH_PROFILE", str(path))
    return path
