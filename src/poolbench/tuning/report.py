"""From the state of a search to its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt
from typing import TYPE_CHECKING

import numpy as np

from poolbench.analysis.model import Interval
from poolbench.tuning.evidence import Choice, Evidence, Recommendation, Row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poolbench.tuning.curve import Matrix
    from poolbench.tuning.noise import Noise
    from poolbench.tuning.search import Search


@dataclass(frozen=True)
class State:
    noise: Noise
    centres: dict[Choice, float]
    curves: Matrix
    chance: Matrix
    knees: NDArray[np.int64]
    pick: int


def t95(dof: float) -> float:
    from scipy.special import stdtrit
    return float(stdtrit(dof, 0.975))


def evidence(search: Search) -> Evidence:
    s = search.state()
    pick = search._choices[s.pick]
    logs = search._logs
    reach = t95(s.noise.dof)
    def ci(c, e): return Interval(exp(c - reach * e), exp(c + reach * e))
    rows = tuple(Row(c, len(logs[c]), exp(s.centres[c]), ci(s.centres[c], s.noise.error(len(logs[c]))), float((s.knees == search._at[c]).mean()), float(s.chance[search._at[c]])) for c in sorted(logs))
    top = max(s.centres, key=lambda c: s.centres[c])
    base = search.baseline
    mine = s.centres.get(pick, float(s.curves[:, s.pick].mean()))
    k1, k = len(logs[base]), len(logs.get(pick, (1,)))
    err = 1.05 * s.noise.sd * sqrt(1 / k1 + 1 / k)
    sp = mine - s.centres[base]
    sci = Interval(1.0, 1.0) if pick == base else ci(sp, err)
    rng = np.quantile(search._prices[s.knees], [.1, .9])
    rec = Recommendation(pick, (round(exp(rng[0])), round(exp(rng[1]))), exp(mine), ci(mine, s.noise.error(k)), exp(sp), sci, float(s.chance[s.pick]), top, exp(s.centres[top]))
    possible = tuple(search._choices[i] for i in sorted(set(s.knees.tolist())))
    return Evidence(rows, rec, search._done == "decided", search._done or "budget", possible, search._runs, None, s.noise.sd)
