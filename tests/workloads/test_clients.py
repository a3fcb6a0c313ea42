"""The clients of `flags` as an axis: what serves whom, and aiohttp, which serves asyncio alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from poolbench import about, pipeline, workloads
from poolbench.executors import strategy
from poolbench.flagserver import FlagServer, ServerOptions
from poolbench.measure.plan import Rule
from poolbench.units import split
from poolbench.workloads import clients

if TYPE_CHECKING:
    from pathlib import Path

ONCE = Rule(repeats=1, budget_s=None, most_blocks=1)


def test_each_says_what_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolbench.workloads.clients.find_spec", lambda name: None if name == "aiohttp" else name)
    assert about.inventory()["clients"] == [
        ("httpx", "plain functions and asyncio"),
        ("requests", "plain functions only"),
        ("aiohttp", "asyncio only; pip install 'poolbench[aiohttp]'"),
    ]


def test_one_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, flags: Any, usage: Any) -> None:
    monkeypatch.setattr("poolbench.workloads.clients.find_spec", lambda name: None)
    assert usage(flags, client="aiohttp") == ("client aiohttp is not installed", "pip install 'poolbench[aiohttp]'")


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_what_aiohttp_cannot_serve(executor: str, flags: Any, usage: Any) -> None:
    pytest.importorskip("aiohttp")
    assert usage(strategy(executor).verify, flags(client="aiohttp")) == (
        "aiohttp has only an asyncio client",
        "add --set client=httpx, or use --executor asyncio",
    )


@pytest.mark.parametrize("reuse", ["worker", "shared", "fresh"])
@pytest.mark.parametrize("way", ["sequential", "asyncio"])
def test_aiohttp_downloads(way: str, reuse: str, flags: Any, trial: Any) -> None:
    pytest.importorskip("aiohttp")
    with flags(client="aiohttp", reuse=reuse) as workload:
        row, _, _ = trial(workload, way, 1 if way == "sequential" else 5, 25)
    assert (row.outcome, row.ok, row.reason) == ("ok", 25, "")


def test_aiohttp_gives_up_when_its_time_is_over(trial: Any) -> None:
    pytest.importorskip("aiohttp")
    with FlagServer(ServerOptions(latency_s=5.0)) as server:
        options = clients.ClientOptions(1, 0.05, trust_env=False)

        async def ask() -> None:
            client = clients.open_async_client("aiohttp", options)
            try:
                with pytest.raises(TimeoutError):
                    await client.get(f"{server.url}/cn/cn.gif")
            finally:
                await client.close()

        asyncio.run(ask())


def test_a_foreign_server_is_looked_at_with_a_plain_client(foreign: FlagServer, trial: Any) -> None:
    pytest.importorskip("aiohttp")
    [(_, workload)] = workloads.variants([workloads.recipe("flags")], [f"url={foreign.url}", "client=aiohttp"], 0)
    with workload:
        row, _, _ = trial(workload, "asyncio", 2, 10)
    assert row.outcome == "ok"


def test_each_client_has_its_own_baseline_and_the_executors_that_it_serves(tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")
    request = pipeline.Request(
        [workloads.recipe("flags")],
        workers="2",
        tasks=10,
        settings=["client=httpx,requests,aiohttp", "latency=0"],
        rule=ONCE,
        out=tmp_path / "results",
        plots=None,
    )
    outcome = pipeline.run(request)
    ran: dict[str, set[str]] = {}
    for each in outcome.trials:
        assert each.outcome == "ok"
        ran.setdefault(split(each.params)["client"], set()).add(each.executor)
    assert ran == {
        "httpx": {"sequential", "threads", "processes", "asyncio"},
        "requests": {"sequential", "threads", "processes"},
        "aiohttp": {"sequential", "asyncio"},
    }
    assert all(summary.baseline.per_s for summary in outcome.summaries)
