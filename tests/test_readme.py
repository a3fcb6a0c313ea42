"""The README's code runs, each block in a fresh process."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from poolbench import workloads
from poolbench.tuning.profile import Tuned, remember
from poolbench.workloads.subject import subject_of
from tuned import entry

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def run(code: str, folder: Path, *options: str, arguments: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    script = folder / "jobs.py"
    script.write_text(code)
    line = [sys.executable, *options, script, *arguments]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ})


@pytest.fixture(autouse=True)
def profile_path(tmp_path, monkeypatch):
    monkeypatch.setenv("POOLBENCH_PROFILE", str(tmp_path / "profile.json"))


def block(word: str) -> str:
    [found] = [each for each in BLOCKS if word in each]
    return found


def test_a_function_is_tuned_and_its_pool_used(tmp_path):
    files = [tmp_path / "files" / f"part {number % 3}" / f"{number}.bin" for number in range(40)]
    for number, path in enumerate(files):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(number.to_bytes() * 400_000)
    code = block("poolbench.tune(")
    assert "budget_s=20" in code
    done = run(code.replace("budget_s=20", "budget_s=5"), tmp_path, arguments=("files",))
    assert done.returncode == 0, done.stderr
    said, *digests = done.stdout.splitlines()
    pools = r"\d+ (threads?|process(es)?(, \d+ tasks at a time)?)"
    assert re.match(rf"(Use|Not settled; so far) ({pools}|one at a time): ", said)
    right = {f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.relative_to(tmp_path)}" for path in files}
    assert {*digests} == right
    assert len(digests) == len(files)
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
