"""One row for each person, headline post and pinned message, before constraints ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Model, QuerySet

from response.migrations._batches import chunks, write

KNOWN_OF_A_PERSON = ("owner_id", "full_name", "email")


def merge_people(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Keep the row that knows most of a person, and let everything refer to that one."""
    connection = schema_editor.connection
    model = apps.get_model("response", "ExternalUser")
    people = _rows(connection, model).only(
        "app_id", "external_id", "display_name", "deleted", "owner", "full_name", "email"
    )
    kept_for: dict[int, int] = {}
    completed = []
    for group in _duplicates(people, "app_id", "external_id"):
        kept = max(group, key=lambda person: (_known(person), -person.pk))
        for other in group:
            if other is not kept:
                kept_for[other.pk] = kept.pk
                kept.deleted = kept.deleted and other.deleted
                for name in (*KNOWN_OF_A_PERSON, "display_name"):
                    setattr(kept, name, getattr(kept, name) or getattr(other, name))
        completed.append(kept)
    if not kept_for:
        return
    stats = apps.get_model("response", "UserStats")
    _add_up_stats(connection, stats, kept_for)
    _repoint(connection, model._meta.db_table, kept_for)
    _delete(_rows(connection, model), kept_for)
    people.bulk_update(
        completed, [*("owner", "full_name", "email"), "display_name", "deleted"], batch_size=100
    )


def _known(person: Any) -> int:
    return sum(bool(getattr(person, name)) for name in KNOWN_OF_A_PERSON)


def _add_up_stats(
    connection: BaseDatabaseWrapper, model: type[Model], kept_for: dict[int, int]
) -> None:
    """What somebody wrote under several rows, they wrote: counts add up, the first join counts."""
    stats = _rows(connection, model)
    of_one: dict[tuple[int, int], list[Any]] = {}
    for ids in chunks({*kept_for, *kept_for.values()}):
        for row in stats.filter(user__in=ids):
            person = kept_for.get(row.user_id, row.user_id)
            of_one.setdefault((row.incident_id, person), []).append(row)
    summed, extra = [], []
    for rows in of_one.values():
        if len(rows) > 1:
            kept = min(rows, key=attrgetter("pk"))
            count = sum(row.message_count for row in rows)
            joined = min((row.join_time for row in rows if row.join_time), default=None)
            summed.append((count, connection.ops.adapt_datetimefield_value(joined), kept.pk))
            extra += [row.pk for row in rows if row is not kept]
    _delete(stats, extra)
    write(connection, model, ["message_count", "join_time"], summed)


def _repoint(connection: BaseDatabaseWrapper, target: str, kept_for: dict[int, int]) -> None:
    """Let every foreign key of the database, of a host's own tables too, follow the merge."""
    quote = connection.ops.quote_name
    pairs = [(kept, merged) for merged, kept in kept_for.items()]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            for column, relation in connection.introspection.get_relations(cursor, table).items():
                if relation[1] == target:
                    name = quote(column)
                    cursor.executemany(
                        f"UPDATE {quote(table)} SET {name} = %s WHERE {name} = %s",  # noqa: S608
                        pairs,
                    )


def merge_headlines(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Of several headline posts of one incident, keep the newest that is in Slack."""
    connection = schema_editor.connection
    headlines = _rows(connection, apps.get_model("response", "HeadlinePost"))
    kept_ones, extra = [], []
    for group in _duplicates(headlines, "incident_id"):
        kept = max(group, key=lambda post: (bool(post.message_ts), post.pk))
        for other in group:
            if other is not kept:
                kept.comms_channel_id = kept.comms_channel_id or other.comms_channel_id
                extra.append(other.pk)
        kept_ones.append(kept)
    _delete(headlines, extra)
    headlines.bulk_update(kept_ones, ["comms_channel"], batch_size=100)


def merge_pins(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Of a message that was pinned several times, keep one row and one timeline entry."""
    connection = schema_editor.connection
    pins = _rows(connection, apps.get_model("response", "PinnedMessage"))
    timeline = _rows(connection, apps.get_model("response", "TimelineEvent"))
    extra, entries = [], []
    for group in _duplicates(pins.only("incident", "message_ts", "timeline_event"), *PIN):
        kept = min(group, key=lambda pin: (pin.timeline_event_id is None, pin.pk))
        for other in group:
            if other is not kept:
                extra.append(other.pk)
                entries.append(other.timeline_event_id)
    _delete(pins, extra)
    # An entry that another row still shows is not an extra one.
    _delete(timeline.filter(event_type="slack_pin", pinnedmessage=None), filter(None, entries))


PIN = ("incident_id", "message_ts")


def _rows(connection: BaseDatabaseWrapper, model: type[Model]) -> QuerySet[Any]:
    return model._default_manager.using(connection.alias).all()


def _duplicates(rows: QuerySet[Any], *fields: str) -> Iterator[list[Any]]:
    """The rows that agree in ``fields``, by ascending id, where there are several of them."""
    for _key, group in groupby(rows.order_by(*fields, "pk").iterator(), key=attrgetter(*fields)):
        several = list(group)
        if len(several) > 1:
            yield several


def _delete(rows: QuerySet[Any], ids: Any) -> None:
    for some in chunks(ids):
        rows.filter(pk__in=some).delete()


class Migration(migrations.Migration):
    dependencies = [("response", "0103_unescape_text")]

    operations = [
        migrations.RunPython(merge_people, migrations.RunPython.noop),
        migrations.RunPython(merge_headlines, migrations.RunPython.noop),
        migrations.RunPython(merge_pins, migrations.RunPython.noop),
    ]
