"""The test kit: a clock that moves when told to, and an executor whose tasks take the times it is given."""

from poolbench.testing.clock import FakeClock
from poolbench.testing.script import Script, scripted, scripted_workload

__all__ = ["FakeClock", "Script", "scripted", "scripted_workload"]
