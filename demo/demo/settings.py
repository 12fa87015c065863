"""Settings of the demo: an ordinary Django project that uses Response as its README says.

Everything that differs between places comes from the environment; demo/README.md lists it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from response.slack.client import SlackClient

from .environment import (
    DEMO,
    PRACTICE_APP_TOKEN,
    PRACTICE_SIGNING_SECRET,
    PRACTICE_TOKEN,
    STATE,
    env,
    kept_secret,
    uses_practice_workspace,
)

PORT = env.int("PORT", 8000)
SITE_URL = env.str("SITE_URL", f"http://localhost:{PORT}")

SECRET_KEY = env.str("SECRET_KEY", "") or kept_secret("secret_key")
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", urlsplit(SITE_URL).hostname or "localhost"]
ALLOWED_HOSTS += env.list("ALLOWED_HOSTS", [])
CSRF_TRUSTED_ORIGINS = [SITE_URL.rstrip("/")] if SITE_URL.startswith("https://") else []

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "after_response",
    "rest_framework",
    "bootstrap4",
    "response.apps.ResponseConfig",
]

MIDDLEWARE = [
    "response.telemetry.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "demo.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "demo.urls"
WSGI_APPLICATION = "demo.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [DEMO / "demo" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Databases

DATABASES = {
    "default": env.dj_db_url(
        "DATABASE_URL",
        f"sqlite:///{STATE / 'demo.sqlite3'}",
        conn_max_age=60,
        conn_health_checks=True,
    ),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 2.5,  # below the three seconds that Slack waits
        "init_command": (
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "PRAGMA journal_size_limit = 67108864;"
        ),
    }

# Sign-in, language, time

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.str("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

# Static files: served by whitenoise from the apps themselves, so that nothing need be collected.

STATIC_URL = "static/"
STATICFILES_DIRS = [DEMO / "demo" / "static"]
WHITENOISE_USE_FINDERS = True

# REST API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.BasicAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 100,
}

# Response, with Slack or with the practice workspace

PRACTICE_WORKSPACE = uses_practice_workspace()

if PRACTICE_WORKSPACE:
    SLACK_TOKEN = PRACTICE_TOKEN
    SLACK_SIGNING_SECRET = PRACTICE_SIGNING_SECRET
    #: Where the practice workspace finds the app's doors, and where the app finds the workspace.
    PRACTICE_APP_URL = env.str("PRACTICE_APP_URL", f"http://127.0.0.1:{PORT}")
    PRACTICE_URL = env.str("PRACTICE_URL", f"http://127.0.0.1:{PORT}")
    SLACK_API_URL = env.str("SLACK_API_URL", f"{PRACTICE_URL.rstrip('/')}/workspace/api/")
    #: Where the app connects by Socket Mode, where the practice workspace offers it.
    PRACTICE_SOCKET_URL = env.str("PRACTICE_SOCKET_URL", "")
    SLACK_APP_TOKEN = PRACTICE_APP_TOKEN if PRACTICE_SOCKET_URL else ""
    INCIDENT_CHANNEL_NAME = env.str("INCIDENT_CHANNEL_NAME", "incidents")
    INCIDENT_REPORT_CHANNEL_NAME = env.str("INCIDENT_REPORT_CHANNEL_NAME", "reports")
    INCIDENT_BOT_NAME = env.str("INCIDENT_BOT_NAME", "incident")

    INSTALLED_APPS.append("workspace.apps.WorkspaceConfig")
    MIDDLEWARE.insert(0, "workspace.middleware.WorkspaceMiddleware")
    DATABASE_ROUTERS = ["workspace.router.WorkspaceRouter"]
    DATABASES["workspace"] = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": env.str("PRACTICE_DATABASE", str(STATE / "workspace.sqlite3")),
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
        },
    }
    PRACTICE_REMOTE_ALLOWED = env.bool("DEMO_ALLOW_REMOTE_WORKSPACE", False)
else:
    SLACK_TOKEN = env.str("SLACK_TOKEN")
    SLACK_SIGNING_SECRET = env.str("SLACK_SIGNING_SECRET", "")
    SLACK_APP_TOKEN = env.str("SLACK_APP_TOKEN", "")
    SLACK_API_URL = env.str("SLACK_API_URL", "https://slack.com/api/")
    INCIDENT_CHANNEL_NAME = env.str("INCIDENT_CHANNEL_NAME", "")
    INCIDENT_REPORT_CHANNEL_NAME = env.str("INCIDENT_REPORT_CHANNEL_NAME", "")
    INCIDENT_BOT_NAME = env.str("INCIDENT_BOT_NAME", "")

INCIDENT_CHANNEL_ID = env.str("INCIDENT_CHANNEL_ID", "")
INCIDENT_REPORT_CHANNEL_ID = env.str("INCIDENT_REPORT_CHANNEL_ID", "")
INCIDENT_BOT_ID = env.str("INCIDENT_BOT_ID", "")
SLACK_CLIENT = SlackClient(SLACK_TOKEN)
RESPONSE_CRON_TOKEN = env.str("RESPONSE_CRON_TOKEN", "")
RESPONSE_METRICS_TOKEN = env.str("RESPONSE_METRICS_TOKEN", "")
RESPONSE_SWEEP = env.bool("RESPONSE_SWEEP", True)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "response.telemetry.RequestIdFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s]: %(message)s"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s",
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["request_id"],
            "formatter": "json" if env.str("LOG_FORMAT", "line") == "json" else "line",
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
}
