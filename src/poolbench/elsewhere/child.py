"""What runs under another interpreter: the plan of a sweep, then one block whenever it is asked for.

A line of JSON in, lines of JSON out. What the tasks print goes to stderr: stdout is for the parent.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolbench import pipeline
from poolbench.errors import UsageError
from poolbench.executors.lifeline import hear_of_the_parents_end
from poolbench.garbage import set_aside
from poolbench.interrupts import handled, leave
from poolbench.measure.machine import this_machine
from poolbench.measure.plan import Rule, make_plan
from poolbench.measure.sweep import Blocks
from poolbench.results.columns import to_row
from poolbench.resume import Asked, recipes
from poolbench.statuses import INTERRUPTED
from poolbench.wishes import wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Tell = Callable[[dict[str, Any]], None]


def main() -> int:
    """Until stdin ends."""
    private = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def tell(what: dict[str, Any]) -> None:
        private.write(json.dumps(what) + "\n")
        private.flush()

    try:
        with handled():  # also SIGTERM closes pools and servers
            hear_of_the_parents_end(signal.SIGTERM)
            _serve((json.loads(line) for line in sys.stdin), tell)
    except UsageError as problem:
        tell({"error": [problem.message, problem.tip]})
        return 2
    except (KeyboardInterrupt, BrokenPipeError):  # whoever reads is gone
        return INTERRUPTED
    return 0


def _serve(orders: Iterable[dict[str, Any]], tell: Tell) -> None:
    orders = iter(orders)
    asked = next(orders, None)
    if asked is None:
        return
    request = _request(asked)
    with ExitStack() as stack:
        wanted = wishes(request, asked["seed"])
        for wish in wanted:
            stack.enter_context(wish.workload)
        plan = make_plan(
            wanted,
            request.rule,
            asked["seed"],
            this_machine(),
            cold=request.cold,
            task_timeout_s=request.task_timeout_s,
        )
        cautions = [each for wish in wanted for each in wish.workload.cautions] + list(pipeline.hints(plan, plan.rule))
        said = [[each.check, each.text, each.tip] for each in cautions]
        tell({"about": pipeline.about(asked["name"], plan), "cells": len(plan.cells), "cautions": said})
        blocks = Blocks(plan, asked["name"])
        stack.enter_context(set_aside())
        for order in orders:
            for _, trial, spans, _ in blocks.run(order["block"]):
                tell({"row": to_row(trial), "spans": [*spans]})
            tell({"done": order["block"]})


def _request(asked: dict[str, Any]) -> pipeline.Request:
    return pipeline.Request(
        recipes=recipes(Asked(**asked["asked"])),
        executors=asked["executors"],
        workers=asked["workers"],
        tasks=asked["tasks"],
        settings=asked["settings"],
        rule=Rule(**asked["rule"]),
        cold=asked["cold"],
        task_timeout_s=asked["task_timeout_s"],
        seed=asked["seed"],
        out=Path(),
        plots=None,
    )


if __name__ == "__main__":
    sys.exit(leave(main()))
