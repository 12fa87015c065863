"""Django's own backend, with the places at which it may die."""

from django.db.backends.sqlite3 import base

from tests.chaos.project.crash_points import CrashingCommits


class DatabaseWrapper(CrashingCommits, base.DatabaseWrapper):
    pass
