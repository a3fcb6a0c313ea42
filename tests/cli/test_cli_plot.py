"""`plot` and `report` from files to files."""

from __future__ import annotations

from pathlib import Path

import pytest

from poolbench.cli import main
from poolbench.results.store import Store
from sweep_rows import trial


def write(path: Path, *executors: str, blocks: int = 2) -> str:
    with Store(path, {}) as store:
        for block in range(blocks):
            for executor in ("sequential", *executors):
                workers = 1 if executor == "sequential" else 4
                store.add(trial(executor, workers, block, 10.0 * workers + block))
    return str(path)


@pytest.fixture
def csv(tmp_path: Path) -> str:
    return write(tmp_path / "s.csv", "threads")


def test_plot_names_what_it_wrote(csv, tmp_path, capsys):
    folder = tmp_path / "new" / "plots"
    assert main(["plot", csv, "--plots", str(folder), "--dark"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    files = [Path(line) for line in out.splitlines()]
    stems = ("flags-throughput", "flags-throughput-dark")
    assert files == [folder / f"{stem}.{kind}" for stem in stems for kind in ("png", "svg")]
    assert all(file.stat().st_size for file in files)


def test_a_torn_file_is_drawn_and_it_says_so(csv, tmp_path, capsys):
    Path(csv).write_bytes(Path(csv).read_bytes()[:-9])
    assert main(["plot", csv, "--plots", str(tmp_path), "-q"]) == 0
    assert main(["plot", csv, "--plots", str(tmp_path)]) == 0
    assert "the last line was cut short and is left out" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("output", "what"),
    [
        ("s.csv", "s.csv would not be a page"),
        ("s.json", "s.json would not be a page"),
        ("s.spans.csv.gz", "s.spans.csv.gz would not be a page"),
        ("link.html", "link.html would not be a page"),
        (".", ". is a folder"),
        ("", ". is a folder"),
    ],
)
def test_a_page_takes_the_place_of_no_sweep(output, what, csv, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.html").symlink_to(csv)
    before = Path(csv).read_bytes()
    assert main(["report", "s.csv", "-o", output]) == 2
    first, tip = capsys.readouterr().err.splitlines()
    assert first == f"error: {what}"
    assert "report.html" in tip
    assert Path(csv).read_bytes() == before


@pytest.mark.parametrize("command", ["plot", "report"])
@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("gone.csv", "cannot read gone.csv (No such file or directory)"),
        ("", "no file was named"),
        ("{foreign}", "{foreign} is not a sweep (no column schema)"),
        ("{csv} --color blue", "no colour mode named blue"),
        ("{empty}", "{empty} has no rows"),
    ],
)
def test_two_lines_for_what_cannot_be_done(command, line, what, csv, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "foreign.csv").write_text("name,seconds\nx,1\n")
    names = {"csv": csv, "foreign": str(tmp_path / "foreign.csv"), "empty": write(tmp_path / "empty.csv", blocks=0)}
    assert main([command, *line.format(**names).split()]) == 2
    out, err = capsys.readouterr()
    first, second = err.splitlines()
    assert (out, first) == ("", f"error: {what.format(**names)}")
    assert second.startswith("  tip: ")


def test_a_baseline_alone_is_nothing_to_plot(tmp_path, capsys):
    assert main(["plot", write(tmp_path / "s.csv"), "--plots", str(tmp_path / "p")]) == 2
    assert "has nothing to draw but runs one at a time" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()
