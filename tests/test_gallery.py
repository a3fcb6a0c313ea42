"""Which charts a sweep has, and under which names; machines and interpreters apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from poolbench import gallery
from poolbench.errors import UsageError
from poolbench.results.columns import Span
from poolbench.results.store import Store
from sweep_rows import trial

CELLS = (("sequential", 1), ("threads", 2), ("threads", 4))
SPANS = [Span(task, task % 2, 0.0, 0.01 * task, 0.01 * task + 0.02, 0.0, True) for task in range(20)]


def write(path: Path, *workloads: str, spans: bool = False, **more: object) -> Path:
    """Two blocks of three cells of each workload; more of them where the file exists."""
    with Store(path, {"machine": {"id": "00c0ffee", "python": "3.11.7", "text": "the laptop", "cores": 4}}) as store:
        for block in range(2):
            for workload in workloads or ("flags",):
                for executor, workers in CELLS:
                    row = trial(executor, workers, block, 10.0 * workers + block, workload=workload, **more)
                    store.add(row, SPANS if spans else ())
    return path


def names(paths: list[Path]) -> list[str]:
    return sorted(path.name.removesuffix(".png") for path in paths if path.suffix == ".png")


def test_a_sweep_with_spans_has_every_chart(tmp_path: Path) -> None:
    drawn = gallery.draw(gallery.sheets([write(tmp_path / "s.csv", "flags", "loiter", spans=True)]), tmp_path / "p")
    kinds = ("latency", "throughput", "timeline")
    assert names(drawn) == sorted(["flags-loiter-speedup", *(f"{w}-{k}" for w in ("flags", "loiter") for k in kinds)])
    assert all(path.stat().st_size for path in drawn)


def test_without_spans_there_is_no_timeline(tmp_path: Path) -> None:
    [sheet] = gallery.sheets([write(tmp_path / "s.csv")])
    assert names(gallery.draw([sheet], tmp_path)) == ["flags-throughput"]


def test_dark_ones_stand_beside_light_ones(tmp_path: Path) -> None:
    drawn = gallery.draw(gallery.sheets([write(tmp_path / "s.csv")]), tmp_path, ("light", "dark"))
    assert names(drawn) == ["flags-throughput", "flags-throughput-dark"]


def test_interpreters_in_one_file_are_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv")
    write(path, python="3.14.0", gil=False)
    found = gallery.sheets([path])
    assert [sheet.origin.interpreter for sheet in found] == ["Python 3.11.7 (GIL)", "Python 3.14.0 (no GIL)"]
    assert [len(sheet.rows) for sheet in found] == [6, 6]
    drawn = names(gallery.draw(found, tmp_path))
    apart = ["flags-3-11-7-throughput", "flags-3-14-0-nogil-throughput"]
    assert drawn == [*apart, "flags-interpreters", "flags-speedup"]


def test_two_levels_have_a_heat_map(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv")
    with Store(path, {}) as store:
        for block in range(2):
            for outer, inner in ((1, 2), (1, 4), (2, 2), (2, 4)):
                options, per_s = f"processes={outer};submission=map", 9.0 * outer * inner + block
                store.add(trial("processes/threads", outer * inner, block, per_s, options=options))
    drawn = gallery.draw(gallery.sheets([path]), tmp_path)
    assert names(drawn) == ["flags-processes-threads-heat", "flags-throughput"]


def test_the_json_speaks_only_of_its_own_machine(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv")
    write(path, machine="another")
    said = {sheet.origin.machine: sheet.summaries[0].machine for sheet in gallery.sheets([path])}
    assert said["00c0ffee"]["text"] == "the laptop"
    assert said["another"] == {"python": "3.11.7", "gil": True, "id": "another"}


def test_files_of_one_workload_get_names_of_their_own(tmp_path: Path) -> None:
    paths = [write(tmp_path / "monday.csv"), write(tmp_path / "tuesday.csv")]
    drawn = names(gallery.draw(gallery.sheets([*paths, paths[0]]), tmp_path))
    assert drawn == ["flags-monday-throughput", "flags-speedup", "flags-tuesday-throughput"]


def test_parameters_that_differ_are_in_the_name(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv", params="client=httpx;latency=50ms")
    write(path, params="client=httpx;latency=5ms")
    drawn = names(gallery.draw(gallery.sheets([path]), tmp_path))
    assert drawn == ["flags-latency=50ms-throughput", "flags-latency=5ms-throughput", "flags-speedup"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "is not a sweep"),
        ("a,b\n1,2\n", "is not a sweep"),
        (None, "has no rows"),
        ("\x00\xff", "is not a sweep"),
    ],
)
def test_what_is_no_sweep_is_refused(content: str | None, what: str, tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    if content is None:
        with Store(path, {}):
            pass
    else:
        path.write_text(content)
    with pytest.raises(UsageError, match=what):
        gallery.sheets([path])


def test_a_sweep_cut_short_is_drawn_with_a_note(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv", spans=True)
    path.write_bytes(path.read_bytes()[:-30])
    spans = path.with_suffix(".spans.csv.gz")
    spans.write_bytes(spans.read_bytes()[:-30])
    path.with_suffix(".json").write_text(json.dumps({"machine": None})[:-3])
    [sheet] = gallery.sheets([path])
    assert "cut short" in sheet.note
    assert len(sheet.rows) == 5
    assert "flags-timeline" in names(gallery.draw([sheet], tmp_path / "p"))


def test_a_column_of_a_later_version_is_ignored(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv")
    head, *rest = path.read_text().splitlines()
    path.write_text("\n".join([f"{head},mood", *(f"{line},good" for line in rest), ""]))
    assert len(gallery.sheets([path])[0].rows) == 6


def test_a_column_that_an_older_version_lacks_is_one_clear_error(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv")
    lines = [line.split(",") for line in path.read_text().splitlines()]
    last = lines[0].index("gil")
    path.write_text("\n".join([*(",".join(line[:last]) for line in lines), ""]))
    with pytest.raises(UsageError, match="is not a sweep \\(no column gil\\)") as caught:
        gallery.sheets([path])
    assert caught.value.tip
