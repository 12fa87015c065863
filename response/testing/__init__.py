"""What the tests of a host's handlers need: a Slack that records, and requests signed as Slack's.

    pytest_plugins = ["response.testing.fixtures"]

in the ``conftest.py`` of a project gives its tests the fixtures of ``response.testing.fixtures``.
Whoever does without pytest finds the same here. The site itself never imports this package.
"""

from response.background.work import drain
from response.slack.registry import registry
from response.testing import payloads
from response.testing.fake_slack import FakeSlack
from response.testing.signing import Request, deliver, deliver_http, sign

#: ``with isolated():`` forgets at its end which handlers were registered inside.
isolated = registry.isolated

__all__ = [
    "FakeSlack",
    "Request",
    "deliver",
    "deliver_http",
    "drain",
    "isolated",
    "payloads",
    "sign",
]
