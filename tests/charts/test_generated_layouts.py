"""Charts of sweeps drawn by lot: words stay inside, apart and off the lines.

A part of them; `benchmarks/charts/layouts.py` draws all thirty in both themes with both fonts.
"""

from __future__ import annotations

import pytest
from every_chart import ON_BLOCKS, drawn_by_lot
from generated_sweeps import generated
from layout_faults import faults


@pytest.mark.parametrize("seed", [5, 11, 18])
def test_every_text_has_its_place(seed: int, font: str) -> None:
    found = {
        name: faults(draw(), on_blocks=name in ON_BLOCKS)
        for name, draw in drawn_by_lot(seed, "dark" if seed % 2 else "light")
    }
    assert {name: each for name, each in found.items() if each} == {}


def test_the_lot_holds_what_it_must() -> None:
    sweeps = [generated(seed)[0] for seed in range(30)]
    executors = {len({row.executor for row in rows}) - 1 for rows in sweeps}
    counts = {len({row.workers for row in rows if row.executor != "sequential"}) for rows in sweeps}
    rates = [row.throughput_per_s for rows in sweeps for row in rows if row.throughput_per_s]
    assert executors == {1, 2, 3, 4, 5}
    assert set(range(1, 13)) <= counts
    assert min(rates) < 1e-3
    assert max(rates) > 1e5
    assert any(len({row.block for row in rows}) == 1 for rows in sweeps)
    assert any(row.outcome == "failed" for rows in sweeps for row in rows)
    assert generated(3) == generated(3)
