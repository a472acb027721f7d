"""Programs that append records, each to a system of its own; driven through `protocol`."""
