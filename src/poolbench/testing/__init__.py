"""The test kit: a clock that moves when told to, an executor whose tasks take given times, and the contract of all."""

from poolbench.testing.clock import FakeClock
from poolbench.testing.contract import ExecutorContract, check
from poolbench.testing.script import Script, scripted, scripted_workload

__all__ = ["ExecutorContract", "FakeClock", "Script", "check", "scripted", "scripted_workload"]
