"""Where these were before they became ``response.testing``."""

from response.testing.payloads import *  # noqa: F403
