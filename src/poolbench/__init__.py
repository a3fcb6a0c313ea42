"""poolbench: which executor and how many workers, measured, with its confidence."""

__version__ = "0.1.0"
