"""From a plan to rows: the machine, what to run in which order, one trial, the sweep. No pandas, no matplotlib."""
