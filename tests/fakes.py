"""Where these were before they became ``response.testing``."""

from response.testing.fake_slack import *  # noqa: F403
