from __future__ import annotations

import csv
import gzip
import json
import math
import os
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from poolbench.errors import UsageError
from poolbench.results import store as store_module
from poolbench.results.columns import COLUMNS, Span
from poolbench.results.load import read
from poolbench.results.store import SPAN_COLUMNS, Store, check_writable, fresh_path, write_atomically
from sweep_rows import rows, trial


def spans(count: int) -> list[Span]:
    return [Span(task, task % 2, 0.0, 0.25 * task, 0.25 * task + 0.2, 0.01, ok=True) for task in range(count)]


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sweep.csv"


def test_each_row_is_in_the_file_before_the_next(path):
    with Store(path, {}) as store:
        assert lines(path) == [",".join(COLUMNS)]
        for count, made in enumerate(rows({("threads", 2): [10, 11, 12]}), 1):
            store.add(made)
            assert len(lines(path)) == 1 + count
            assert read(path).trials[-1] == made


def test_each_row_is_forced_to_the_disk(path, monkeypatch):
    forced: list[int] = []
    with Store(path, {}) as store:
        monkeypatch.setattr(os, "fsync", forced.append)
        for made in rows({("threads", 2): [10, 11, 12]}):
            store.add(made)
    assert len(forced) == 3
    assert len({*forced}) == 1


def test_a_sweep_that_is_broken_off_keeps_its_rows(path):
    def interrupted() -> None:
        with Store(path, {}) as store:
            store.add(trial())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert read(path).trials == (trial(),)


def test_the_json_says_what_the_sweep_was_and_how_it_ended(path):
    with Store(path, {"sweep": "flags", "name": "Zoë"}) as store:
        assert json.loads(store.about_path.read_text(encoding="utf-8")) == {"sweep": "flags", "name": "Zoë"}
        store.describe(finished=True)
    assert read(path).about == {"sweep": "flags", "name": "Zoë", "finished": True}


def test_files_are_those_that_exist(path, tmp_path):
    with Store(path, {}) as store:
        assert store.files == (path, tmp_path / "sweep.json")
        store.add(trial(), spans(3))
        assert store.files == (path, tmp_path / "sweep.json", tmp_path / "sweep.spans.csv.gz")
    assert sorted(tmp_path.iterdir()) == sorted(store.files)


def test_pandas_reads_the_spans_of_all_trials(path):
    with Store(path, {}) as store:
        for made in rows({("threads", 2): [10, 11]}):
            store.add(made, spans(4))
    frame = pd.read_csv(store.spans_path)
    assert tuple(frame.columns) == SPAN_COLUMNS
    assert frame["block"].tolist() == [0] * 4 + [1] * 4
    assert frame["task"].tolist() == [0, 1, 2, 3] * 2
    assert frame["finished_s"].tolist() == [0.2, 0.45, 0.7, 0.95] * 2
    assert frame["ok"].tolist() == [True] * 8


def test_cpu_that_nobody_knows_is_an_empty_field(path):
    with Store(path, {}) as store:
        store.add(trial(), [spans(1)[0]._replace(cpu_s=math.nan)])
    assert pd.read_csv(store.spans_path)["cpu_s"].isna().all()


def test_spans_stop_at_the_cap_with_whole_trials_and_rows_do_not(path, monkeypatch):
    monkeypatch.setattr(store_module, "MOST_SPANS", 10)
    with Store(path, {}) as store:
        for made, count in zip(rows({("threads", 2): [10, 11, 12, 13]}), (4, 7, 6, 1), strict=True):
            store.add(made, spans(count))
    frame = pd.read_csv(store.spans_path)
    assert frame.groupby("block").size().to_dict() == {0: 4, 2: 6}
    assert len(read(path).trials) == 4
    [caution] = store.cautions
    assert caution.text == "the spans of 2 runs were left out: a file holds those of 10 tasks"


def test_a_full_file_and_runs_without_spans_are_no_caution(path, monkeypatch):
    monkeypatch.setattr(store_module, "MOST_SPANS", 4)
    with Store(path, {}) as store:
        for made, count in zip(rows({("threads", 2): [10, 11]}), (4, 0), strict=True):
            store.add(made, spans(count))
    assert store.cautions == ()


def test_the_cap_is_the_promised_one():
    assert store_module.MOST_SPANS == 200_000


def test_a_torn_last_member_of_the_spans_costs_that_trial_alone(path):
    with Store(path, {}) as store:
        store.add(trial(), spans(4))
        whole = store.spans_path.stat().st_size
        store.add(trial(block=1), spans(4))
    with store.spans_path.open("rb+") as file:
        file.truncate(whole + 20)
    found: list[bytes] = []
    with pytest.raises(EOFError), gzip.open(store.spans_path) as file:
        found.extend(file)
    assert len(found) >= 1 + 4


def test_a_csv_is_continued(path):
    for block in range(2):
        with Store(path, {"run": block}) as store:
            store.add(trial(block=block), spans(2))
    assert [each.block for each in read(path).trials] == [0, 1]
    assert lines(path).count(",".join(COLUMNS)) == 1
    assert read(path).about == {"run": 1}
    assert pd.read_csv(store.spans_path)["block"].tolist() == [1, 1]


def test_a_csv_whose_last_row_is_torn_is_continued_without_it(path):
    with Store(path, {}) as store:
        store.add(trial(block=0))
        store.add(trial(block=1))
    with path.open("rb+") as file:
        file.truncate(path.stat().st_size - 30)
    with Store(path, {}) as store:
        store.add(trial(block=2))
    assert [each.block for each in read(path).trials] == [0, 2]


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "x" * 200_000, ",".join(COLUMNS[:-1]) + "\n", "\0" * 200_000])
def test_a_file_with_other_columns_is_left_as_it_is(path, text):
    path.write_text(text)
    with pytest.raises(UsageError, match=r"sweep\.csv has other columns than a sweep"):
        Store(path, {})
    assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("where", [".", "file/sweep.csv"])
def test_a_place_that_holds_no_csv_is_refused(tmp_path, where):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot write to"):
        Store(tmp_path / where, {})


def test_fields_with_commas_quotes_and_lines_come_back(path):
    odd = trial(reason='he said "no",\nthen left\r\n', workload="a,b", params="save_to=x\ny")
    with Store(path, {}) as store:
        store.add(odd)
        store.add(trial())
    shown = replace(odd, reason='he said "no",\ufffdthen left\ufffd\ufffd', params="save_to=x\ufffdy")
    assert read(path).trials == (shown, trial())


def test_two_sweeps_of_one_second_get_two_names(tmp_path):
    found = [fresh_path(tmp_path / "new", "flags-1") for _ in range(3)]
    assert [path.name for path in found] == ["flags-1.csv", "flags-1-2.csv", "flags-1-3.csv"]
    assert all(path.read_bytes() == b"" for path in found)


def test_a_thousand_sweeps_of_one_second_are_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "open", lambda *_, **__: (_ for _ in ()).throw(FileExistsError))
    with pytest.raises(UsageError, match="a thousand sweeps called flags"):
        fresh_path(tmp_path, "flags")


@pytest.mark.parametrize("folder", ["", "new", "new/deep/er"])
def test_looking_whether_a_folder_can_be_written_leaves_nothing(tmp_path, folder):
    (tmp_path / "other").touch()
    check_writable(tmp_path / folder)
    assert list(tmp_path.iterdir()) == [tmp_path / "other"]


@pytest.mark.parametrize("folder", ["file", "file/below"])
def test_a_folder_that_cannot_be_is_refused_and_nothing_left(tmp_path, folder):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=f"cannot write to {tmp_path / folder} "):
        check_writable(tmp_path / folder)
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_what_another_sweep_put_there_meanwhile_stays(tmp_path, monkeypatch):
    class Crowded:
        def __init__(self, dir: Path) -> None:  # noqa: A002  tempfile's own name
            (dir / "theirs.csv").touch()

        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(store_module.tempfile, "NamedTemporaryFile", Crowded)
    check_writable(tmp_path / "results")
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["theirs.csv"]


def test_a_text_is_replaced_whole(tmp_path):
    path = tmp_path / "about.json"
    for text in ("old", "newer ×"):
        write_atomically(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("fails", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_failure_keeps_the_old_text_and_leaves_nothing_else(tmp_path, monkeypatch, fails, error):
    path = tmp_path / "about.json"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[fails], fail)
    with pytest.raises(error):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_pandas_reads_the_columns_as_what_they_are(path):
    made = rows({("threads", 2): [10.5, None], ("sequential", 1): [5.0, 5.5]})
    with Store(path, {}) as store:
        for each in made:
            store.add(each)
    frame = pd.read_csv(path)
    assert tuple(frame.columns) == COLUMNS
    for name in ("schema", "block", "workers", "tasks", "ok", "failed"):
        assert frame[name].dtype == "int64"
    for name in ("wall_s", "throughput_per_s", "latency_p95_s"):
        assert frame[name].dtype == "float64"
    assert frame["gil"].dtype == bool
    assert frame["throughput_per_s"].isna().tolist() == [False, True, False, False]
    assert frame["executor"].tolist() == ["threads", "threads", "sequential", "sequential"]


def test_the_csv_is_plain(path):
    with Store(path, {}) as store:
        store.add(trial(wall_s=1.5, reason="×"))
    raw = path.read_bytes()
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    [_, row] = csv.reader(raw.decode("utf-8").splitlines())
    assert row[COLUMNS.index("wall_s")] == "1.500000000"
