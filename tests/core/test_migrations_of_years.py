"""A database of theirs with ten thousand incidents: nothing of it is lost, or left wrong."""

from __future__ import annotations

import time

from django.db.backends.base.base import BaseDatabaseWrapper

from response import models
from tests.core.predecessor_rows import OLD, migrate
from tests.core.predecessor_years import COLUMNS, Years

INCIDENTS = 10_000

MODELS = {
    model._meta.db_table.removeprefix("response_"): model
    for model in (
        *(models.ExternalUser, models.Incident, models.Action, models.TimelineEvent),
        *(models.Event, models.CommsChannel, models.HeadlinePost, models.Notification),
        *(models.PinnedMessage, models.UserStats),
    )
}


def test_years_of_incidents_arrive_row_by_row(old: BaseDatabaseWrapper) -> None:
    # SQLite never kept anybody from storing more than the column was said to hold.
    years = Years(INCIDENTS, longest_name=80 if old.vendor == "sqlite" else 50)
    years.fill(old)

    begun = time.monotonic()
    migrate(old)
    print(f"{old.vendor}: {INCIDENTS} incidents in {time.monotonic() - begun:.1f} s")  # noqa: T201

    for table, columns in COLUMNS.items():
        stored = MODELS[table]._base_manager.using(OLD).order_by("pk").values_list(*columns)
        expected = sorted(years.after[table], key=lambda row: row[0])
        for is_, ought in zip(stored, expected, strict=True):
            assert is_ == ought, table
