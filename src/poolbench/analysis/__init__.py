"""Statistics, speed-ups and the knee: from rows of a sweep to what they say. Never measures."""
