"""`compare` from files to exit status."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from poolbench.cli import main
from poolbench.results.store import Store
from sweep_rows import trial

CELLS = (("sequential", 1), ("threads", 4), ("threads", 16), ("asyncio", 16))
STEPS = (0.99, 1.0, 1.01, 0.995, 1.005)
SCHEMA = json.loads(files("poolbench.results").joinpath("comparison.schema.json").read_text(encoding="utf-8"))


def write(path: Path, factor: float = 1.0, blocks: int = 5, **more: object) -> str:
    """A sweep of four cells, 1 % noise, every throughput times `factor`."""
    with Store(path, {}) as store:
        for block in range(blocks):
            for number, (executor, workers) in enumerate(
                [("sequential", 1), ("threads", 4), ("threads", 16), ("asyncio", 16)]
            ):
                per_s = 20 * workers * factor * STEPS[(block + number) % 5]
                store.add(trial(executor, workers, block, per_s, **more))
    return str(path)


@pytest.fixture
def old(tmp_path: Path) -> str:
    return write(tmp_path / "old.csv")


@pytest.mark.parametrize(
    ("changes", "asked", "status"),
    [
        ({}, ["--fail-on", "slower"], 0),
        ({"factor": 0.8}, ["--fail-on", "slower"], 1),
        ({"factor": 0.8}, [], 0),
        ({"factor": 1.3}, ["--fail-on", "slower"], 0),
        ({"blocks": 1}, ["--fail-on", "slower"], 4),
        ({"workload": "loiter"}, [], 4),
        ({"params": "latency=20ms"}, ["--across", "--fail-on", "slower"], 0),
    ],
)
def test_exit_status(changes, asked, status, old, tmp_path, capsys):
    new = write(tmp_path / "new.csv", **changes)
    assert main(["compare", old, new, "--no-plots", *asked]) == status
    out = capsys.readouterr().out
    assert (f"exit code {status}" in out) == (status in (1, 4) and "no cell in common" not in out)


def test_the_whole_screen(old, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    new = write(tmp_path / "new.csv", 0.8, python="3.14.0", gil=False)
    assert main(["compare", old, new, "--fail-on", "slower", "--no-plots"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    lines = [line.rstrip() for line in out.splitlines()]
    assert lines[:6] == [
        "",
        "old  old.csv  Python 3.11.7 (GIL)     2026-11-22",
        "new  new.csv  Python 3.14.0 (no GIL)  2026-11-22  same machine",
        "",
        "workload  strategy    workers     old     new  new ÷ old    95 % CI",
        "flags     sequential        1  20.0/s  16.0/s      0.80×  0.79–0.81  ▼ slower",
    ]
    assert lines[-3:] == [
        "",
        "4 slower. Margin ±5 %.",
        "exit code 1: --fail-on slower found flags, sequential × 1 and 3 more",
    ]


def test_json_is_one_document(old, tmp_path, capsys):
    assert main(["compare", old, write(tmp_path / "new.csv", 0.8), "--json", "--fail-on", "slower"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    whole = json.loads(out)
    assert [row["verdict"] for row in whole["rows"]] == ["slower"] * 4
    assert whole["old"]["file"] == old
    jsonschema.validate(whole, SCHEMA)


@pytest.mark.parametrize(
    "changes", [{"blocks": 1}, {"params": "latency=20ms"}, {"workload": "loiter"}, {"outcome": "failed", "failed": 1}]
)
def test_json_keeps_to_its_schema(changes, old, tmp_path, capsys):
    main(["compare", old, write(tmp_path / "new.csv", **changes), "--json", "--across"])
    jsonschema.validate(json.loads(capsys.readouterr().out), SCHEMA)


def test_the_chart_is_written_where_it_is_asked_for(old, tmp_path, capsys):
    assert main(["compare", old, old, "--plots", str(tmp_path / "charts")]) == 0
    assert sorted(path.name for path in (tmp_path / "charts").iterdir()) == ["compare.png", "compare.svg"]
    assert f"\nwrote  {tmp_path / 'charts' / 'compare.png'}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("compare {old} gone.csv", "cannot read gone.csv (No such file or directory)"),
        ("compare {old} {other}", "flags has other parameters in "),
        ("compare {old} {old} --fail-on faster", "no condition named faster"),
        ("compare {old} {old} --margin 5", "cannot read --margin 5"),
        ("compare {old} {empty}", "{empty} has no rows"),
    ],
)
def test_two_lines_for_what_cannot_be_done(line, what, old, tmp_path, capsys):
    names = {"old": old, "other": write(tmp_path / "other.csv", params="latency=20ms")}
    names["empty"] = write(tmp_path / "empty.csv", blocks=0)
    assert main(line.format(**names).split()) == 2
    out, err = capsys.readouterr()
    first, second = err.splitlines()
    assert out == ""
    assert first.startswith(f"error: {what.format(**names)}")
    assert second.startswith("  tip: ")
