"""Pytest takes plugins only from the conftest at the top."""

import signal
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = "pytester"

# Machines are shared: how long an example takes says nothing of the code.
settings.register_profile("poolbench", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("poolbench")

# A shell that starts the tests in the background has Ctrl-C ignored, and what sends it would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def untuned(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is tuned when a test begins, and nothing that it tunes goes into the profile of whoever runs it."""
    monkeypatch.setenv("POOLBENCH_PROFILE", str(tmp_path_factory.getbasetemp() / uuid4().hex / "profile.json"))
