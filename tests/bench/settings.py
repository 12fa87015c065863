"""The host project of the tests, with the bare views beside Response's."""

import os

from tests.bench.counted import FOLDER
from tests.settings import *  # noqa: F403
from tests.settings import DATABASES as _DATABASES

ROOT_URLCONF = "tests.bench.urls"
INCIDENT_REPORT_CHANNEL_ID = "CREPORTS"
# Connections stay open between requests: opening one would cost both sides the same, and so make
# the ratios look better than they are.
DATABASES = {"default": {**_DATABASES["default"], "CONN_MAX_AGE": None}}
if FOLDER in os.environ:
    _engine = str(_DATABASES["default"]["ENGINE"])
    DATABASES["default"]["ENGINE"] = _engine.replace("django.db.backends", "tests.bench.counted")
