"""The server on its own, as a user starts and ends it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

SCRIPT = Path(sys.executable).with_name("poolbench")
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_and_ends_when_told_to(ending, tmp_path):
    with subprocess.Popen(
        [SCRIPT, "serve", "--port", "0", "--latency", "1ms"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    ) as server:
        try:
            said = server.stdout.readline()
            url = re.match(r"http://127\.0\.0\.1:\d+/cn/cn\.gif", said)[0]
            with NO_PROXY.open(url, timeout=30) as answer:
                assert answer.status == 200
                assert answer.read(3) == b"GIF"
        finally:
            server.send_signal(ending)
        out, err = server.communicate(timeout=30)
    assert (out, err) == ("", "")
    assert server.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_uses_a_server_that_somebody_else_started(tmp_path):
    with subprocess.Popen(
        [SCRIPT, "serve", "--port", "0", "--latency", "1ms"], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        try:
            base = server.stdout.readline().partition("/cn/")[0]
            line = f"run flags --set url={base} --tasks 8 --workers 2 --executor threads --repeats 1 --no-plots -q"
            done = subprocess.run([SCRIPT, *line.split()], capture_output=True, text=True, check=False, cwd=tmp_path)
        finally:
            server.terminate()
    assert done.stderr == ""
    assert done.returncode == 0
    # On a busy machine two threads need not be faster than one at a time.
    assert done.stdout.startswith(("flags: One run of each, so no verdict.", "flags: Nothing surely beats"))
    [csv] = (tmp_path / "results").glob("*.csv")
    rows = [line.split(",") for line in csv.read_text().splitlines()]
    assert [row[rows[0].index("outcome")] for row in rows[1:]] == ["ok"] * 2
