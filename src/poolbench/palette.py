"""Colour means strategy: in every chart, table, report and terminal, whatever its rank."""

from __future__ import annotations

LIGHT = {
    "sequential": "#1F2933",
    "threads": "#4567FF",
    "processes": "#811C00",
    "asyncio": "#00644F",
    "dask": "#E21B79",
    "interpreters": "#5212B0",
    "other": "#897400",
}
DARK = {
    "sequential": "#E6EAEF",
    "threads": "#93ACED",
    "processes": "#B07A42",
    "asyncio": "#57F29B",
    "dask": "#FF4F9C",
    "interpreters": "#A85CFF",
    "other": "#D2B914",
}
