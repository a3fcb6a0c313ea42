"""Pytest takes plugins only from the conftest at the top."""

pytest_plugins = "pytester"
