"""Django's backend, counted. Its name is what a setting calls for."""

from __future__ import annotations

from django.db.backends.postgresql import base

from tests.bench.counted import CountingWrapper


class DatabaseWrapper(CountingWrapper, base.DatabaseWrapper):
    pass
