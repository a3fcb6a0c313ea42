"""poolbench from Python: sweep a function, load a sweep, look at either."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from poolbench.analysis.origins import by_origin, machine_of
from poolbench.analysis.summary import summarise
from poolbench.results.columns import COLUMNS, to_row
from poolbench.results.load import read, task_times

if TYPE_CHECKING:
    import pandas as pd

    from poolbench.analysis.model import Summary
    from poolbench.results.columns import Trial
    from poolbench.results.load import Recorded


@dataclass(frozen=True)
class Results:
    """A sweep: its rows, what they say, and its charts."""

    recorded: Recorded

    @property
    def trials(self) -> tuple[Trial, ...]:
        """A row each."""
        return self.recorded.trials

    @property
    def frame(self) -> pd.DataFrame:
        """The CSV as pandas reads it: one row a trial."""
        import pandas as pd

        return pd.read_csv(self.recorded.path)

    def summary(self) -> list[Summary]:
        """One for each workload with each of its parameters, under each interpreter on each machine."""
        origins = by_origin(self.trials)
        # Spans do not say under which interpreter they were measured.
        times = task_times(self.recorded.path) if len(origins) == 1 else None
        return [
            summary
            for origin, trials in origins.items()
            for summary in summarise(
                trials,
                machine=machine_of(origin, self.recorded.about),
                source=str(self.recorded.path),
                times=times,
            )
        ]

    def plot(self, folder: Path | str = "plots") -> list[Path]:
        """Draws the charts into `folder`; returns the files."""
        from poolbench import gallery

        return gallery.draw(gallery.sheets([self.recorded.path]), Path(folder))

    def _repr_html_(self) -> str:
        """For notebooks: verdict, chart and table of each workload."""
        from poolbench.report.notebook import shown

        return shown(self.summary())

    def to_csv(self, path: Path | str) -> None:
        """Writes the rows to `path`."""
        with Path(path).open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(COLUMNS)
            rows.writerows(map(to_row, self.trials))


def load(path: Path | str) -> Results:
    """Reads a CSV that poolbench wrote. UsageError, with file and line, if it is something else."""
    return Results(read(path))
