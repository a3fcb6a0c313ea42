from __future__ import annotations

from concurrent.futures import Future

from poolbench.watching.events import Counted, Ended, Finished, Result, Started, States
from poolbench.watching.order import LAG_S, PATIENCE_S, Order


def taken(order: Order, now: float) -> list[object]:
    return list(order.ready(now))


def test_what_comes_late_still_goes_out_in_order_of_time():
    order = Order(reporting=True)
    late, early = Counted(1.02, States(0, 1, 0)), Started(1.0, 0, "a")
    order.add(late)
    order.add(early)
    assert [each.at for each in taken(order, 1.02 + LAG_S)] == [1.0, 1.02]
    assert not order


def test_nothing_goes_out_while_something_earlier_may_come():
    order = Order(reporting=True)
    order.add(Started(1.0, 0, "a"))
    assert taken(order, 1.0 + LAG_S / 2) == []
    assert order


def test_workers_get_lanes_in_the_order_of_their_first_tasks():
    order = Order(reporting=True)
    for at, worker in ((3.0, "a"), (1.0, "b"), (2.0, "c"), (4.0, "b")):
        order.add(Started(at, int(at), worker))
    assert [each.lane for each in taken(order, 9.0)] == [0, 1, 2, 0]


def test_a_future_waits_for_the_report_of_its_worker_and_holds_up_what_follows():
    order = Order(reporting=True)
    order.add(Finished(1.0, 0, ""))
    order.add(Counted(1.1, States(0, 0, 1)))
    assert taken(order, 1.5) == []
    order.add(Ended(0.9, 0))
    assert [type(each) for each in taken(order, 1.5)] == [Ended, Finished, Counted]


def test_a_report_that_never_comes_is_not_waited_for_for_ever():
    order = Order(reporting=True)
    order.add(Result(1.0, 0, "", "", "BrokenProcessPool"))
    assert taken(order, 1.0 + PATIENCE_S / 2) == []
    assert len(taken(order, 1.0 + PATIENCE_S)) == 1


def test_without_reports_a_future_that_runs_has_started_and_lanes_are_reused():
    order = Order(reporting=False)
    first, second, third = Future(), Future(), Future()
    for each in (first, second):
        each.set_running_or_notify_cancel()
    order.guess([first, second, third], 1.0)
    order.add(Finished(2.0, 0, ""))
    third.set_running_or_notify_cancel()
    order.guess([first, second, third], 3.0)
    found = taken(order, 9.0)
    assert [(each.at, each.task, each.lane) for each in found if isinstance(each, Started)] == [
        (1.0, 0, 0),
        (1.0, 1, 1),
        (3.0, 2, 0),
    ]
    assert [(each.at, each.task) for each in found if isinstance(each, Ended)] == [(2.0, 0)]


def test_with_reports_nothing_is_guessed():
    order, future = Order(reporting=True), Future()
    future.set_running_or_notify_cancel()
    order.guess([future], 1.0)
    assert not order
