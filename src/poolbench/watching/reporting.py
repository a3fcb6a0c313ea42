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
        self._told = False

    def job(self, workers: int) -> Job | UsageError:
        """Its job, or the one that it has for somebody who watches."""
        found = self._inner.job(workers)
        return found if isinstance(found, UsageError) else ReportingJob(self._telling(found), self._desk)

    def async_job(self, workers: int) -> AsyncJob | UsageError:
        """The same."""
        found = self._inner.async_job(workers)
        return found if isinstance(found, UsageError) else AsyncReportingJob(self._telling(found), self._desk)

    def _telling(self, job: Any) -> Any:
        telling = self._inner.telling(job)
        self._told = telling is not None
        return job if telling is None else telling

    def confined(self) -> str:
        """As its own."""
        return self._inner.confined()

    def checked(self, item: Any, value: Any) -> str:
        """Why a result is wrong; empty if it is not, and where the job itself has checked it."""
        return "" if self._told else self._inner.check(item, value)
