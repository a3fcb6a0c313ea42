"""The README's code runs, each block in a fresh process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from poolbench import workloads
from poolbench.tuning.profile import Tuned, remember
from poolbench.tuning.subject import subject_of
from tuned import entry

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def run(code: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    script = folder / "jobs.py"
    script.write_text(code)
    return subprocess.run(
        [sys.executable, *more, script], cwd=folder, capture_output=True, text=True, check=False, env={**os.environ}
    )


@pytest.fixture(autouse=True)
def profile_path(tmp_path, monkeypatch):
    monkeypatch.setenv("POOLBENCH_PROFILE", str(tmp_path / "profile.json"))


def block(word: str) -> str:
    [found] = [each for each in BLOCKS if word in each]
    return found


def test_a_function_is_tuned_and_its_pool_used(tmp_path):
    done = run(block("poolbench.tune("), tmp_path)
    assert done.returncode == 0, done.stderr
    said, total = done.stdout.splitlines()
    assert re.match(r"Use \d+ threads: ", said)
    assert total == str(sum(item * 10 for item in range(60)))
    # An answer that was not conclusive is not stored; the pool then says so.
    assert ("NotTuned" in done.stderr) is not (tmp_path / "profile.json").exists()


def test_a_workload_in_a_fresh_process_after_a_tune(tmp_path):
    [(_, flags)] = workloads.variants([workloads.recipe("flags")], ["latency=20ms"], 0)
    remember(entry(subject_of(flags), workers=7, lanes=(Tuned("threads", "submission=map", 7, 100.0),)))
    done = run(block('poolbench.pool("flags"'), tmp_path, "-W", "error")
    assert (done.stdout, done.returncode) == ("6\n", 0), done.stderr


def test_every_block_is_python():
    assert len(BLOCKS) >= 3
    for each in BLOCKS:
        compile(each, "README.md", "exec")
