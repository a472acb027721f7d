"""How appending, proving, opening, auditing and storing grow with the size of the log."""
