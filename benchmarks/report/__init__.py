"""One page from all runs: what was aimed at, what was reached, tables, and a plot."""
