"""Hypothesis profiles: HYPOTHESIS_PROFILE chooses how hard the properties are tried."""

import os

from hypothesis import HealthCheck, settings

# A busy machine is no failure; inputs that are mostly thrown away still are.
_COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)

settings.register_profile(
    "dev", _COMMON, max_examples=16, stateful_step_count=12, derandomize=True, database=None
)
settings.register_profile(
    "ci", _COMMON, max_examples=150, stateful_step_count=25, derandomize=True, database=None
)
settings.register_profile(
    "thorough", _COMMON, max_examples=3000, stateful_step_count=50, database=None
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
