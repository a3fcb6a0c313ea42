from __future__ import annotations

import pickle

import pytest

import poolbench
from poolbench import load
from poolbench.errors import CutShortError, UsageError
from poolbench.results.columns import COLUMNS
from poolbench.results.store import Store
from sweep_rows import rows

MADE = rows({("sequential", 1): [5.0, 5.5], ("threads", 2): [10.5, None], ("threads", 4): [20.5, 21.0]})


@pytest.fixture
def results(tmp_path) -> poolbench.Results:
    with Store(tmp_path / "sweep.csv", {"machine": {"cores": 2, "text": "two cores"}}) as store:
        for each in MADE:
            store.add(each)
    return poolbench.load(store.path)


def test_a_sweep_is_loaded_as_rows(results):
    assert list(results.trials) == MADE


def test_the_frame_is_the_csv(results):
    frame = results.frame
    assert tuple(frame.columns) == COLUMNS
    assert frame["throughput_per_s"].isna().tolist() == [False, False, False, True, False, False]
    assert frame["workers"].tolist() == [1, 1, 2, 2, 4, 4]


def test_the_summary_knows_machine_and_source(results):
    [summary] = results.summary()
    assert summary.machine["cores"] == 2
    assert summary.source == str(results.recorded.path)
    assert [cell.workers for cell in summary.curves[0].cells] == [2, 4]


@pytest.mark.parametrize("about", ["[]", '{"machine": "a laptop"}', "{"])
def test_the_summary_does_without_a_machine(results, about):
    results.recorded.path.with_suffix(".json").write_text(about)
    [summary] = poolbench.load(results.recorded.path).summary()
    assert summary.machine["python"] == "3.11.7"


def test_charts_are_drawn_into_a_folder(results, tmp_path):
    drawn = results.plot(tmp_path / "new" / "plots")
    assert drawn
    assert all(path.parent == tmp_path / "new" / "plots" and path.stat().st_size for path in drawn)


def test_a_notebook_shows_verdict_chart_and_table(results):
    found = results._repr_html_()
    assert found.startswith("<h4>flags</h4><p>")
    assert '<img width="760" alt="' in found
    assert "data:image/png;base64,iVBOR" in found
    assert '<th scope="row" class="ink-threads">threads</th>' in found
    assert "<script" not in found


def test_a_notebook_shows_names_as_text(tmp_path):
    evil = "<script>alert(1)</script>"
    with Store(tmp_path / "sweep.csv", {}) as store:
        for each in rows({("sequential", 1): [5.0, 5.5], (evil, 2): [10.5, 11.0]}, workload=evil):
            store.add(each)
    assert "<script" not in poolbench.load(store.path)._repr_html_()


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_a_copy_loads_as_the_same(tmp_path, results, kind):
    # In a mixed column pandas would write whole numbers as 3.0.
    mixed = [*MADE, *rows({("asyncio", 2): [9.0]}, server_in_flight_max=3, peak_rss_bytes=2**40)]
    with Store(tmp_path / "mixed.csv", {}) as store:
        for each in mixed:
            store.add(each)
    poolbench.load(store.path).to_csv(kind(tmp_path / "copy.csv"))
    assert list(poolbench.load(tmp_path / "copy.csv").trials) == mixed
    assert (tmp_path / "copy.csv").read_bytes() == store.path.read_bytes()


def test_what_is_no_sweep_is_refused(tmp_path):
    with pytest.raises(poolbench.UsageError, match="cannot read"):
        poolbench.load(tmp_path / "none.csv")


def test_results_show_themselves_in_a_line(results):
    assert repr(results) == f"<poolbench.Results of {len(results.trials)} trials in {results.path}>"
    assert results == results
    assert results != load(results.path)
    assert {results: 1}[results] == 1


def test_the_frame_has_the_rows_that_the_trials_have(tmp_path, results):
    torn = tmp_path / "torn.csv"
    torn.write_bytes(results.path.read_bytes()[:-20])
    found = load(torn)
    assert len(found.frame) == len(found.trials) == len(results.trials) - 1


@pytest.mark.parametrize("what", [None, 5, b"x.csv"])
def test_what_is_no_path_is_not_loaded(what):
    with pytest.raises(UsageError, match="cannot load"):
        load(what)


def test_a_copy_is_written_into_a_new_folder_or_refused_in_words(tmp_path, results):
    results.to_csv(tmp_path / "new" / "copy.csv")
    assert (tmp_path / "new" / "copy.csv").read_text().count("\n") == len(results.trials) + 1
    with pytest.raises(UsageError, match="is a directory"):
        results.to_csv(tmp_path)
    with pytest.raises(UsageError, match="cannot write to"):
        results.plot(tmp_path / "new" / "copy.csv")


def test_the_public_names_can_be_completed():
    assert set(poolbench.__all__) <= set(dir(poolbench))


def test_an_error_comes_back_from_another_process():
    found = pickle.loads(pickle.dumps(CutShortError("what", "the fix")))
    assert (type(found), found.message, found.tip) == (CutShortError, "what", "the fix")
