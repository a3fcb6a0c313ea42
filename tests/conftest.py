"""Pytest takes plugins only from the conftest at the top."""

import signal

from hypothesis import HealthCheck, settings

pytest_plugins = "pytester"

# Machines are shared: how long an example takes says nothing of the code.
settings.register_profile("poolbench", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("poolbench")

# A shell that starts the tests in the background has Ctrl-C ignored, and what sends it would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
