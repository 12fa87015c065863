"""What every test may ask for: what the tests of hosts may ask for too."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["response.testing.fixtures"]

# How long an example takes depends on what else the machine does. In CI the same examples are
# tried each time, so that a change is judged by what it changes.
settings.register_profile(
    "response",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("response")
