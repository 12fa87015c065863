"""Where these were before they became ``response.testing``."""

from response.testing.signing import *  # noqa: F403
