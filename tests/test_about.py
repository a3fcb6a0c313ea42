from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import pytest

from poolbench import about, executors, workloads
from poolbench.errors import UsageError
from poolbench.workloads import clients


def test_the_inventory_names_everything():
    found = about.inventory()
    assert {kind: [name for name, _ in rows] for kind, rows in found.items()} == {
        "workloads": list(workloads.names()),
        "executors": list(executors.names()),
        "clients": list(clients.NAMES),
    }


def test_the_inventory_says_what_each_takes():
    found = {name: text for rows in about.inventory().values() for name, text in rows}
    assert found["loiter"] == "unit=10ms  sleeps=0..4"
    assert found["threads"] == "submission=map"
    assert found["sequential"] == ""
    assert "chunksize=1" in found["processes"].split("  ")
    assert "url=" not in found["flags"]  # nothing by default
    assert {"client=httpx", "latency=50ms", "reuse=worker"} <= {*found["flags"].split("  ")}
    assert (found["httpx"], found["requests"]) == ("plain functions and asyncio", "plain functions only")


def test_an_executor_that_cannot_be_loaded_says_what_it_needs(monkeypatch):
    def missing(name: str) -> None:
        raise UsageError(f"executor {name} cannot be loaded (no dask)", "install dask")

    monkeypatch.setattr(about.executors, "kind", missing)
    assert (
        dict(about.inventory()["executors"])["threads"] == "executor threads cannot be loaded (no dask); install dask"
    )


@pytest.mark.parametrize(
    ("version", "told"),
    [("2.6.1", False), ("2.13.900", True), ("2.13.899", False), ("2.x", False), ("2.0.dev1", False)],
)
def test_a_replaced_urllib3_is_told_of(version, told, monkeypatch):
    monkeypatch.setattr(about, "version", lambda _: version)
    notes = list(about.machine_notes())
    assert [note.partition(" has")[0] for note in notes] == ["niquests"] * told


def test_without_urllib3_there_is_nothing_to_tell(monkeypatch):
    def gone(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(about, "version", gone)
    assert list(about.machine_notes()) == []
