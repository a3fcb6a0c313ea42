from __future__ import annotations

import json
from dataclasses import replace

import pytest

from poolbench.errors import UsageError
from poolbench.results import load
from poolbench.results.columns import COLUMNS
from poolbench.results.load import read
from poolbench.results.store import Store
from sweep_rows import rows, trial

MADE = rows({("sequential", 1): [5.0, 5.5], ("threads", 2): [10.5, None]})


@pytest.fixture(autouse=True, params=["by row", "by column"])
def way(request, monkeypatch):
    """Both ways of reading answer alike."""
    monkeypatch.setattr(load, "LARGE", 0 if request.param == "by column" else load.LARGE)


@pytest.fixture
def path(tmp_path):
    with Store(tmp_path / "sweep.csv", {"sweep": "made"}) as store:
        for each in MADE:
            store.add(each)
    return store.path


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_a_sweep_comes_back_with_what_lies_beside_it(path, kind):
    found = read(kind(path))
    assert list(found.trials) == MADE
    assert (found.path, found.about, found.note) == (path, {"sweep": "made"}, "")


@pytest.mark.parametrize("cut", [1, 5, 100])
def test_a_torn_last_line_is_left_out_and_said(path, cut):
    with path.open("rb+") as file:
        file.truncate(path.stat().st_size - cut)
    found = read(path)
    assert list(found.trials) == MADE[:-1]
    assert found.note == f"{path}: the last line was cut short and is left out"


def test_a_line_torn_inside_of_quotes_is_left_out(path):
    with Store(path, {}) as store:
        store.add(trial(reason="one\ntwo"))
    text = path.read_text()
    path.write_text(text[: text.index("one\ntwo") + 5])
    assert list(read(path).trials) == MADE


def test_a_broken_line_in_the_middle_is_named(path):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:3], "1,2,3\n", *lines[3:]]))
    with pytest.raises(UsageError, match=rf"^{path}, line 4 is not a row of a sweep"):
        read(path)


@pytest.mark.parametrize("text", ["", "\n", "a,b\n1,2\n", "no newline", ",".join(COLUMNS)])
def test_what_is_no_sweep_is_refused(tmp_path, text):
    (tmp_path / "other.csv").write_text(text)
    with pytest.raises(UsageError, match=r"other\.csv is not a sweep \(no column schema\)") as caught:
        read(tmp_path / "other.csv")
    assert caught.value.tip == "name a CSV that poolbench wrote"


def test_a_column_that_came_later_may_be_missing(path):
    rows = [line.rsplit(",", 1)[0] for line in path.read_text().splitlines()]
    assert COLUMNS[-1] not in rows[0]
    path.write_text("\n".join(rows) + "\n")
    assert list(read(path).trials) == [replace(each, machine_cpu_s=None) for each in MADE]


def test_the_first_column_that_is_missing_is_named(path):
    path.write_text(path.read_text().replace("steady_per_s", "unsteady"))
    with pytest.raises(UsageError, match="no column steady_per_s"):
        read(path)


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\xff\xfe", b"\xff" * 100])
def test_what_is_no_text_is_refused(tmp_path, content):
    (tmp_path / "picture.png").write_bytes(content)
    with pytest.raises(UsageError, match=r"cannot read .*picture\.png \(it is not text\)"):
        read(tmp_path / "picture.png")


@pytest.mark.parametrize(("name", "why"), [("none.csv", "No such file"), (".", "Is a directory")])
def test_what_is_not_there_is_refused(tmp_path, name, why):
    with pytest.raises(UsageError, match=rf"cannot read .*\({why}"):
        read(tmp_path / name)


@pytest.mark.parametrize("beside", [None, "", "{", "[1, 2]", '"text"', "\0"])
def test_a_sweep_needs_nothing_beside_it(path, beside):
    if beside is None:
        path.with_suffix(".json").unlink()
    else:
        path.with_suffix(".json").write_text(beside)
    found = read(path)
    assert found.about == {}
    assert list(found.trials) == MADE


def test_json_that_is_no_text_is_passed_over(path):
    path.with_suffix(".json").write_bytes(b"\xff\xfe\x00")
    assert read(path).about == {}


def test_what_a_spreadsheet_makes_of_it_is_still_a_sweep(path):
    """A byte order mark, carriage returns, an empty line at the end."""
    text = path.read_text(encoding="utf-8")
    path.write_text("\ufeff" + text + "\n", encoding="utf-8", newline="\r\n")
    assert list(read(path).trials) == MADE


def test_columns_may_be_added_and_moved(path):
    lines = path.read_text().splitlines()
    path.write_text("".join(f"{'mine' if number == 0 else number},{line}\n" for number, line in enumerate(lines)))
    assert list(read(path).trials) == MADE


@pytest.mark.parametrize(
    ("several", "kept"),
    [
        (
            [{"cores": 2, "cpu": "a\x1b[2Jb", "python": "3.14.0"}, 3],
            [{"cpu": "a\ufffd[2Jb", "cores": 2, "python": "3.14.0"}],
        ),
        ([{"cores": "many", "memory_bytes": -1, "cpu": "x" * 300, "gil": True}], [{"gil": True}]),
        ("none", None),
    ],
)
def test_of_each_of_several_machines_what_can_be_is_kept(path, several, kept):
    path.with_suffix(".json").write_text(json.dumps({"machines": several}))
    assert read(path).about.get("machines") == kept


def test_a_file_of_zeros_is_not_read_to_its_end(tmp_path, monkeypatch):
    path = tmp_path / "s.csv"
    with path.open("wb") as file:
        file.truncate(2_000_000_000)
    with pytest.raises(UsageError, match=r"cannot read|is not a sweep"):
        read(path)


def test_a_field_that_is_too_long_is_named(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text(",".join(COLUMNS) + "\n" + "x" * 200_000 + "\n")
    with pytest.raises(UsageError, match=r"field larger than field limit"):
        read(path)
