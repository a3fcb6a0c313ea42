"""A workload whose jobs report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolbench.errors import UsageError
from poolbench.watching.worker import AsyncReportingJob, ReportingJob
from poolbench.workloads.base import Workload

if TYPE_CHECKING:
    from poolbench.watching.worker import Desk
    from poolbench.workloads.base import AsyncJob, Job


class ReportingWorkload(Workload):
    """Around another one, which has been entered; its items are numbered."""

    def __init__(self, inner: Workload, desk: Desk) -> None:
        super().__init__(inner.name, inner.params, given=inner.given)
        self._inner = inner
        self._desk = desk
        self._tell = inner.telling()

    def job(self, workers: int) -> Job | UsageError:
        """Its job, with results for somebody who watches."""
        found = self._inner.job(workers)
        return found if isinstance(found, UsageError) else ReportingJob(found, self._desk, self._tell)

    def async_job(self, workers: int) -> AsyncJob | UsageError:
        """The same."""
        found = self._inner.async_job(workers)
        return found if isinstance(found, UsageError) else AsyncReportingJob(found, self._desk, self._tell)

    def confined(self) -> str:
        """As its own."""
        return self._inner.confined()

    def checked(self, item: Any, value: Any) -> str:
        """Why a result is wrong; empty if it is not, and where the worker has checked it."""
        return "" if self._tell else self._inner.check(item, value)
