"""A host project as the tests need it: what a user's settings.py has, and nothing more."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from response.slack.client import SlackClient

SECRET_KEY = "only-for-tests"
DEBUG = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1", "incidents.example"]
USE_TZ = os.environ.get("TEST_USE_TZ", "1") == "1"
TIME_ZONE = "Europe/London"
ROOT_URLCONF = "tests.urls"
STATIC_URL = "/static/"
LOGIN_URL = "/accounts/login/"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "after_response",
    "rest_framework",
    "bootstrap4",
    "response.apps.ResponseConfig",
    # For the page of the API's description, with the extra openapi.
    "drf_spectacular_sidecar",
]

# Where a test has a task queue: django-tasks-db keeps it in the same database.
if os.environ.get("TEST_TASKS") == "1":
    INSTALLED_APPS += ["django_tasks_db"]
    TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "string_if_invalid": "",
        },
    }
]

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 2.5,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}


# As small as one may be: a thread that keeps a connection is noticed.
POOL = {"pool": {"min_size": 1, "max_size": 4, "timeout": 20}}


def _database(url: str) -> dict[str, object]:
    """``postgres://user:password@host:port/name`` or ``sqlite:///path`` as Django wants it."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            # As SQLAlchemy writes it: sqlite:///relative, sqlite:////absolute.
            "NAME": parts.path.removeprefix("/"),
            "OPTIONS": SQLITE_OPTIONS,
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.removeprefix("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": POOL if os.environ.get("TEST_POOL") == "1" else {},
    }


DATABASES = {"default": _database(os.environ.get("TEST_DATABASE_URL", "sqlite:///:memory:"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

SLACK_TOKEN = "xoxb-made-up-token"
SLACK_SIGNING_SECRET = "made-up-signing-secret"
SLACK_API_URL = os.environ.get("TEST_SLACK_API_URL", "http://127.0.0.1:9/api/")
SLACK_APP_TOKEN = os.environ.get("TEST_SLACK_APP_TOKEN", "")
SLACK_CLIENT = SlackClient(SLACK_TOKEN)
SITE_URL = "https://incidents.example"
INCIDENT_CHANNEL_ID = "CINCIDENTS"
INCIDENT_BOT_ID = "UBOT"
# Tests decide themselves when the work behind a request is done.
RESPONSE_RUNNER = os.environ.get("TEST_RUNNER", "response.testing.runners.NothingRunsByItself")
RESPONSE_SWEEP = os.environ.get("TEST_SWEEP") == "1"

REST_FRAMEWORK = {
    "PAGE_SIZE": 100,
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
}

BASE_DIR = Path(__file__).resolve().parent.parent
