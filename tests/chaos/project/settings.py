"""The demo project, damaged: the same settings, but for what lets the harness do damage."""

from tests.chaos.project import clock

clock.go_wrong()

from demo.settings import *  # noqa: E402, F403
from demo.settings import DATABASES, INSTALLED_APPS, SLACK_TOKEN  # noqa: E402

from tests.chaos.project.crash_points import CrashingSlackClient  # noqa: E402

DATABASES["default"]["ENGINE"] = DATABASES["default"]["ENGINE"].replace(
    "django.db.backends", "tests.chaos.project"
)
INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.project"]
SLACK_CLIENT = CrashingSlackClient(SLACK_TOKEN)
