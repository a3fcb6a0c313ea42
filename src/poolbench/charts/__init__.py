"""Charts of a `Summary`, one file a chart, one style. Never computes a statistic."""
