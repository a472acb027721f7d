"""The comparison with other systems: one protocol, one clock, one machine, one run."""
