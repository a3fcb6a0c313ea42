from __future__ import annotations

import gc
import re
from contextlib import contextmanager
from pathlib import Path

import pytest

from poolbench import gallery, pipeline, workloads
from poolbench.errors import UsageError
from poolbench.measure.plan import Plan, Rule
from poolbench.pipeline import Outcome, Request, file_name
from poolbench.results.store import Store
from sweep_rows import rows, trial

ONCE = Rule(repeats=1, budget_s=None, most_blocks=1)


def request(tmp_path: Path, *names: str, items: str = "", **more: object) -> Request:
    parts = {"settings": ["unit=1ms"] if "loiter" in names else [], "tasks": 8, "rule": ONCE, "plots": None}
    recipes = [workloads.recipe(name, items) for name in names]
    return Request(recipes, out=tmp_path / "results", **{**parts, **more})


@pytest.mark.parametrize(
    ("names", "slug"),
    [
        (["flags"], "flags"),
        (["flags", "loiter", "flags"], "flags-loiter"),
        (["jobs:fetch"], "jobs-fetch"),
        (["../Zoë's jobs:f"], "Zoë-s-jobs-f"),
        (["x" * 60 + ":f"], "x" * 38 + "-f"),
    ],
)
def test_a_file_is_named_after_its_workloads_and_the_time(names, slug):
    assert re.fullmatch(rf"{re.escape(slug)}-\d{{8}}-\d{{6}}", file_name(names))


def test_what_is_loaded_is_set_aside_while_trials_run_and_not_after(tmp_path):
    frozen: list[int] = []

    @contextmanager
    def watch(_plan):
        yield lambda _event: frozen.append(gc.get_freeze_count())

    before = gc.get_freeze_count()
    pipeline.run(request(tmp_path, "loiter", executors="threads", workers="1"), watch)
    assert min(frozen) > before + 1000
    assert gc.get_freeze_count() <= before


def test_a_coroutine_is_run_by_asyncio_alone_when_nothing_is_said(tmp_path, monkeypatch):
    (tmp_path / "their_coroutines.py").write_text("async def echo(item):\n    return item\n")
    monkeypatch.syspath_prepend(tmp_path)
    wanted = request(tmp_path, "their_coroutines:echo", items="range(3)", tasks=None, workers="1,2")
    found = pipeline.run(wanted)
    assert {each.executor for each in found.trials} == {"sequential", "asyncio"}
    assert not found.failed


def test_counts_beyond_the_batch_are_left_out_unless_they_were_named(tmp_path):
    found = pipeline.run(request(tmp_path, "loiter", executors="threads"))
    assert {each.workers for each in found.trials if each.executor == "threads"} == {1, 4}
    assert "last wave" not in [each.check for each in found.cautions]
    named = pipeline.run(request(tmp_path, "loiter", executors="threads", workers="1,16"))
    assert {each.workers for each in named.trials if each.executor == "threads"} == {1, 16}
    assert "last wave" in [each.check for each in named.cautions]


def test_every_cell_is_in_every_block_once(tmp_path):
    rule = Rule(repeats=3, budget_s=None, most_blocks=3)
    found = pipeline.run(request(tmp_path, "loiter", executors="threads,asyncio", workers="1,2", rule=rule))
    for block in range(3):
        cells = [(each.executor, each.workers) for each in found.trials if each.block == block]
        assert sorted(cells) == [("asyncio", 1), ("asyncio", 2), ("sequential", 1), ("threads", 1), ("threads", 2)]
    assert len(found.values) == 8


def test_what_many_tasks_returned_is_not_kept(tmp_path):
    wanted = request(tmp_path, "loiter", tasks=pipeline.MOST_VALUES + 1)
    assert list(pipeline.run(wanted).values) == []


@pytest.mark.parametrize(("rule", "told"), [(Rule(budget_s=1.0), ["budget"]), (Rule(), [])])
def test_what_a_budget_left_out_is_told_to_who_set_one(rule, told):
    assert [each.check for each in pipeline.hints(Plan((), rule, seed=1, thinned=True), rule)] == told


@pytest.mark.parametrize("tasks", [0, -1])
def test_no_tasks_no_sweep(tmp_path, tasks):
    with pytest.raises(UsageError, match="cannot run"):
        pipeline.run(request(tmp_path, "loiter", tasks=tasks))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("outcome", ["failed", "timeout", "crashed", "skipped"])
def test_a_sweep_has_failed_if_any_trial_did_not_count(outcome):
    good, bad = trial(), trial(outcome=outcome)
    assert not Outcome([good], [], [], [], []).failed
    assert Outcome([good, bad], [], [], [], []).failed


def test_without_curves_there_is_nothing_to_draw(tmp_path):
    with Store(tmp_path / "s.csv", {}) as store:
        for each in rows({("sequential", 1): [10.0, 10.0]}):
            store.add(each)
    assert gallery.draw(gallery.sheets([store.path]), tmp_path / "plots") == []
    assert not (tmp_path / "plots").exists()
