"""What is told of a trial, by real pools: orders, states and counts."""

from __future__ import annotations

import multiprocessing
import threading
from types import SimpleNamespace

import pytest
from watched_jobs import act, act_async, wait_for, wait_for_async
from watched_views import Seen

from poolbench.executors.base import Kind, settle
from poolbench.watching import script, worker
from poolbench.watching.events import Collecting, Counted, Ended, Finished, Over, Result, Scheduled, Started, States
from poolbench.watching.watch import Request, watch
from poolbench.workloads.base import Recipe
from poolbench.workloads.own import OwnWorkload

EXECUTORS = ["threads:3", "processes:3", "asyncio:3", "sequential"]
POOLS = EXECUTORS[:3]


def own(function, items):
    return OwnWorkload(f"jobs:{function.__name__}", function, items)


def request(workload, executor):
    return Request(Recipe(workload.name, {}, lambda *_: workload), executor, plots=None)


class Deaf(Seen):
    """A view that remembers nothing."""

    def tell(self, event):
        return None


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A free worker may be slow to take up a task where others need the processor."""
    monkeypatch.setattr(script, "_MOMENT_S", 30.0)


@pytest.fixture(autouse=True)
def leaves_nothing():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("submission", ["map", "as_completed"])
@pytest.mark.parametrize("executor", EXECUTORS)
def test_every_task_goes_its_way(executor, submission, see):
    seen, found = see(executor, submission)
    for task in range(5):
        places = [seen.place(kind, task) for kind in (Started, Ended, Finished, Result)]
        assert places == sorted(places)
        assert "state=" in seen.events[seen.place(Scheduled, task)].future
        result = seen.events[seen.place(Result, task)]
        assert (result.value, result.failure) == (str(10 * task), "")
        assert "Future at 0x" in result.future
        assert "state=finished returned int" in result.future
    assert [event.at for event in seen.events] == sorted(event.at for event in seen.events)
    assert len(seen.of(Over)) == 1
    assert (found.board.failed, found.board.over.trouble, found.interrupted) == (0, "", False)


@pytest.mark.parametrize("executor", POOLS)
def test_as_many_run_at_once_as_there_are_workers_and_the_next_starts_when_one_ends(executor, see):
    seen, _ = see(executor)
    running, most, lanes = set(), 0, {}
    for event in seen.events:
        if isinstance(event, Started):
            assert lanes.get(event.lane) not in running
            running.add(event.task)
            lanes[event.lane] = event.task
            most = max(most, len(running))
        elif isinstance(event, Ended):
            running.remove(event.task)
    assert most <= 3
    assert set(lanes) <= {0, 1, 2}
    # With three workers the fourth task cannot start before one of the first three has ended.
    assert seen.place(Started, 3) > min(seen.place(Ended, task) for task in range(3))


@pytest.mark.parametrize("executor", EXECUTORS)
def test_map_gives_results_in_the_order_of_submission(executor, see):
    seen, _ = see(executor)
    assert [each.task for each in seen.of(Result)] == [0, 1, 2, 3, 4]
    [collecting] = seen.of(Collecting)
    assert collecting.results.startswith("<generator object in_order")


@pytest.mark.parametrize("executor", POOLS)
@pytest.mark.parametrize("submission", ["map", "as_completed"])
def test_the_first_task_holds_up_map_and_nothing_else(executor, submission, see, tmp_path):
    sign = str(tmp_path / "sign")
    # The first task ends only when the last one runs, and by then two workers have finished all between them.
    items = [("await", sign), *[("touch", str(tmp_path / f"{k}")) for k in range(3)], ("touch", sign)]
    function = wait_for_async if executor.startswith("asyncio") else wait_for
    seen, _ = see(executor.replace("3", "2"), submission, own(function, items))
    order = [each.task for each in seen.of(Result)]
    # The last two end on two workers at once.
    assert order[:3] == ([0, 1, 2] if submission == "map" else [1, 2, 3])
    assert sorted(order) == [0, 1, 2, 3, 4]
    # The generator was there while the first task still ran.
    [collecting] = [k for k, each in enumerate(seen.events) if isinstance(each, Collecting)]
    assert collecting < seen.place(Result, 0)
    assert seen.place(Finished, 1) < seen.place(Result, 0)


@pytest.mark.parametrize(
    ("executor", "running"), [("threads:2", {2}), ("processes:2", {2, 3, 4, 5}), ("asyncio:2", {2})]
)
def test_after_scheduling_as_many_run_as_there_are_workers(executor, running, tmp_path):
    sign, counts = tmp_path / "sign", []

    class Opens(Deaf):
        """Lets the tasks end once all are scheduled."""

        def tell(self, event):
            if isinstance(event, Counted) and event.scheduled:
                counts.append(event.states)
                sign.touch()

    function = wait_for_async if executor.startswith("asyncio") else wait_for
    found = watch(request(own(function, [("await", str(sign))] * 6), executor), Opens)
    assert found.board.failed == 0
    assert [each.finished for each in counts] == [0]
    # A process pool says so of those in its queue too, which has room for one more than there are workers.
    assert counts[0].running in running
    assert counts[0].pending == 6 - counts[0].running


def test_counts_are_what_the_futures_say(see):
    seen, found = see("threads:3", workload=own(act, [1, 2, 3, 4]))
    counts = [each.states for each in seen.of(Counted)]
    assert counts[-1] == States(0, 0, 4)
    assert all(each.running <= 3 for each in counts)
    assert [
        each.states.pending + each.states.running + each.states.finished for each in seen.of(Counted) if each.scheduled
    ] == [4]
    assert not found.board.surplus


@pytest.mark.parametrize("executor", ["threads:2", "processes:2", "sequential"])
@pytest.mark.parametrize(
    ("verb", "state", "failure"),
    [
        ("raise", "finished raised ValueError", "ValueError: three is too many"),
        ("exit", "finished raised SystemExit", "SystemExit: leaving"),
    ],
)
def test_a_failure_is_the_futures_own_exception(executor, verb, state, failure, see):
    seen, found = see(executor, workload=own(act, [1, verb, 3]))
    result = seen.events[seen.place(Result, 1)]
    assert (result.failure, result.value) == (failure, "")
    assert state in result.future
    assert seen.events[seen.place(Finished, 1)].failure == failure
    assert (found.board.failed, [span.ok for span in found.board.spans()]) == (1, [True, False, True])


def test_coroutines_fail_alike_and_may_be_cancelled_by_themselves(see):
    seen, found = see("asyncio:2", workload=own(act_async, ["raise", "cancel", 3]))
    assert [each.failure for each in seen.of(Result)] == ["ValueError: three is too many", "CancelledError: mine", ""]
    assert found.board.failed == 2


def test_an_exception_that_cannot_travel_does_not_break_the_pool(see):
    seen, found = see("processes:2", workload=own(act, ["fragile", 2, 3]))
    assert [each.failure for each in seen.of(Result)] == ["RuntimeError: FragileError: a b", "", ""]
    assert found.board.failed == 1


def test_a_worker_that_dies_breaks_it(see):
    seen, found = see("processes:1", workload=own(act, ["die", 2, 3]))
    assert found.board.failed == 3
    said = found.board.over.trouble + "".join(each.failure for each in seen.of(Result))
    assert "BrokenProcessPool" in said


def test_spans_are_those_of_a_trial(see):
    _, found = see("threads:2")
    assert [span.task for span in found.board.spans()] == [0, 1, 2, 3, 4]
    for span in found.board.spans():
        assert 0 <= span.submitted_s <= span.started_s <= span.finished_s
        assert span.worker in (0, 1)
        assert span.ok


def test_workers_that_do_not_report_are_told_from_their_futures(see, monkeypatch):
    def refuse(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(worker, "socket", SimpleNamespace(create_connection=refuse))
    seen, found = see("threads:2", workload=own(act, [1, 2, 3]))
    assert [each.value for each in seen.of(Result)] == ["10", "20", "30"]
    assert {each.task for each in seen.of(Started)} == {each.task for each in seen.of(Ended)}
    assert found.board.failed == 0


def test_results_of_flags_are_country_codes_and_wrong_ones_are_errors(see):
    from poolbench import workloads

    [(_, flags)] = workloads.variants([workloads.recipe("flags")], ["latency=0", "error_rate=30%"], 5)
    seen, found = see("threads:4", workload=flags)
    results = seen.of(Result)
    assert 0 < found.board.failed < 20
    for each in results:
        label = seen.board.scene.labels[each.task]
        assert (each.value == repr(label)) is (each.failure == "")
        assert ("returned str" in each.future) is (each.failure == "")


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_check_runs_once_for_each_task(executor, see):
    checked = []

    def check(item, value):
        checked.append((item, value))
        return "" if item != 2 else "two is wrong"

    function = act_async if executor.startswith("asyncio") else act
    seen, found = see(executor, workload=OwnWorkload("jobs:act", function, [1, 2, 3], check=check))
    assert sorted(checked) == [(1, 10), (2, 20), (3, 30)]
    for kind in (Finished, Result):
        assert seen.events[seen.place(kind, 1)].failure == "two is wrong"
    assert found.board.failed == 1


def test_without_an_executor_of_its_own_nothing_can_be_watched(see, monkeypatch):
    strange = settle(Kind("strange", lambda *_: SimpleNamespace()), {})
    monkeypatch.setattr("poolbench.executors.strategy", lambda _: strange)
    with pytest.raises(Exception, match="strange cannot be watched"):
        see("strange")


@pytest.mark.parametrize("executor", ["processes:2", "asyncio:2"])
def test_ctrl_c_ends_tasks_and_workers(executor, tmp_path):
    class Impatient(Deaf):
        started = 0

        def tell(self, event):
            self.started += isinstance(event, Started)

        def tick(self, now):
            if self.started == 2:
                raise KeyboardInterrupt

    function = wait_for_async if executor.startswith("asyncio") else wait_for
    found = watch(request(own(function, [("await", str(tmp_path / "never"))] * 20), executor), Impatient)
    assert found.interrupted
    assert found.board.failed == 20


def test_ctrl_c_waits_for_threads_and_starts_no_more(tmp_path):
    sign = tmp_path / "sign"

    class Impatient(Deaf):
        def tell(self, event):
            if isinstance(event, Counted) and event.scheduled:
                sign.touch()
                raise KeyboardInterrupt

    found = watch(request(own(wait_for, [("await", str(sign))] * 9), "threads:2"), Impatient)
    assert found.interrupted
