"""How many workers, of which executor: the search, and what it found."""

from poolbench.tuning.evidence import Evidence, Recommendation, Row
from poolbench.tuning.search import Choice, Lane, Search

__all__ = ["Choice", "Evidence", "Lane", "Recommendation", "Row", "Search"]
