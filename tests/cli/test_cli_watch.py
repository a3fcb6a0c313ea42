"""`poolbench watch` as a user types it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from poolbench.cli import main
from poolbench.watching import plain

JOBS = """
def fails_on_three(item):
    if item == 3:
        raise ValueError("three is too many")
    return item
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "their_watched_jobs.py").write_text(JOBS)
    yield tmp_path
    sys.modules.pop("their_watched_jobs", None)


def told(out):
    return [re.sub(r"^\[[\d:]+\] ", "", line) for line in out.splitlines()]


def test_the_tutorials_sequence(capsys):
    assert main(["watch", "loiter", "--executor", "threads:3", "--plain", "--set", "unit=20ms"]) == 0
    out, err = capsys.readouterr()
    lines = told(out)
    assert lines[0] == "loiter: 5 tasks on 3 threads, map"
    assert [line for line in lines if line.startswith("result ")] == [f"result {k}: {10 * k}" for k in range(5)]
    stripped = [line.strip() for line in lines]
    assert stripped.index("loiter(3): doing nothing for 60ms ...") > stripped.index("loiter(0): done.")
    assert err.startswith("no measurement: ")
    assert [line.split("/")[-1] for line in lines[-2:]] == ["loiter-watch-timeline.png", "loiter-watch-timeline.svg"]
    assert sorted(path.name for path in Path("plots").iterdir()) == [line.split("/")[-1] for line in lines[-2:]]
    assert not Path("results").exists()


def test_futures_by_their_states(capsys):
    line = "watch flags --executor threads:10 --submission as_completed --set latency=300ms --set jitter=0 --no-plots"
    assert main(line.split()) == 0
    lines = told(capsys.readouterr().out)
    scheduled = [each for each in lines if each.startswith("Scheduled for ")]
    assert ["running" in each for each in scheduled] == [True] * 10 + [False] * 10
    assert all(each.endswith("state=pending>") for each in scheduled[10:])
    assert "20 futures scheduled: 10 running, 10 pending" in lines
    done = [each for each in lines if "state=finished returned str> result: '" in each]
    assert len(done) == 20
    assert not Path("plots").exists()


@pytest.mark.parametrize(
    ("options", "head"),
    [
        ("--executor threads:2:submission=as_completed", "loiter: 5 tasks on 2 threads, as_completed"),
        ("--executor sequential", "loiter: 5 tasks on 1 sequential worker, map"),
        ("--executor asyncio --workers 5 --tasks 7", "loiter: 7 tasks on 5 asyncio workers, map"),
        ("", "loiter: 5 tasks on 3 threads, map"),
    ],
)
def test_numbers_and_options_of_an_executor(options, head, capsys):
    assert main(["watch", "loiter", *options.split(), "--set", "unit=1ms", "--no-plots"]) == 0
    assert told(capsys.readouterr().out)[0] == head


def test_a_failure_of_ones_own(capsys):
    target = "their_watched_jobs.py:fails_on_three"
    assert main(["watch", target, "--items", "range(30)", "--no-plots", "--plain"]) == 3
    out, err = capsys.readouterr()
    assert "result 3: ValueError: three is too many" in told(out)
    assert "the first 20 of 30 items; give --tasks for more" in err
    assert "Executor.map itself raises the first exception" in err


def test_the_screen_is_recorded(capsys):
    assert main(["watch", "loiter", "--set", "unit=1ms", "--no-plots", "--record", "some.svg"]) == 0
    assert capsys.readouterr().out.endswith("wrote  some.svg\n")
    assert Path("some.svg").read_text().startswith("<svg")


def test_ctrl_c(capsys, monkeypatch):
    def tick(self, now):
        raise KeyboardInterrupt

    monkeypatch.setattr(plain.Lines, "tick", tick)
    assert main(["watch", "loiter", "--set", "unit=1ms", "--record", "some.svg"]) == 130
    assert capsys.readouterr().err == "interrupted\n"
    assert not Path("some.svg").exists()
