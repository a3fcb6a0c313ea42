"""The scripts of `tox -e soak`, each for a few seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2] / "benchmarks" / "soak"
SHORT = {
    "kill": ["--rounds", "1"],
    "fuzz": ["--files", "25"],
    "server": ["--requests", "1000", "--idle", "100"],
}
"""The others do what the tests beside this one do, and take longer."""


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("script", SHORT)
def test_a_short_form_of(script, tmp_path):
    done = subprocess.run(
        [sys.executable, HERE / f"{script}.py", *SHORT[script], "--seconds", "60"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "SOAK_SLACK": "20"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
