from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as TESTED

INSTALLED_APPS = [*TESTED, "tests.predecessor_host.apps.WorkflowsConfig"]
