"""The order in which the change feed is followed: that of the commits.

Ids are given before a transaction commits, so an entry with a smaller id may become visible after
one with a larger. Whoever followed the ids would miss it. So entries are given their place when
the feed is read, in a transaction of its own: what can be seen by then has been committed, and
what commits later gets a later place. Nobody who writes has to wait for anybody.
"""

from __future__ import annotations

from django.db.models import Exists

from response.core.models import Event, FeedEnd
from response.transactions import atomic

_AT_ONCE = 2000


def end() -> int:
    """The place of the last entry, after those that came since have been given theirs.

    Every entry up to it can be seen by now; with very many new ones, the rest has to wait for the
    next time.
    """
    unplaced = Exists(Event.objects.filter(position=None))
    found = FeedEnd.objects.filter(pk=1).values_list("position", unplaced).first()
    last, are_new = found or (0, True)
    return _place_new() if are_new else last


@atomic()
def _place_new() -> int:
    FeedEnd.objects.get_or_create(pk=1)
    last = FeedEnd.objects.select_for_update().get(pk=1)
    # Read behind the lock: another reader may have placed them meanwhile.
    entries = list(Event.objects.filter(position=None).order_by("pk").only("pk")[:_AT_ONCE])
    for place, entry in enumerate(entries, last.position + 1):
        entry.position = place
    Event.objects.bulk_update(entries, ["position"], batch_size=200)
    last.position += len(entries)
    last.save(update_fields=["position"])
    return last.position
