"""Settings that hold for all tests."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# No test asserts a time, so slowness is no failure. In CI the same examples run each
# time, lest a run there fail for a reason that its change did not bring; a developer's
# machine goes on searching with new ones.
settings.register_profile(
    "local", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("ci", settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


pytest_plugins = ["battery"]
