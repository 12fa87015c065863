"""Objects in Slack that must come to look like rows of ours: headline, channel, topic.

A change raises ``want``, in its own transaction. Later one process reads ``want``, makes Slack
look like the row as it is then, and writes the version it read to ``have``. So ten edits in a
second are one update, and an outage of an hour is one update afterwards.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Case, F, Min, Q, QuerySet, Value, When

from response.delivery import bell, clock, debts
from response.delivery.debts import HOLD
from response.delivery.errors import (
    InDoubt,
    LaneLost,
    NotSent,
    Postponed,
    Refused,
    TokenRefused,
)
from response.delivery.models import Mirror
from response.transactions import DATABASE_TROUBLE, atomic

logger = logging.getLogger(__name__)

# A refusal is shown and waits for a person, but they may mend it in Slack and never come here.
FIRST_SECOND_CHANCE = timedelta(minutes=1)
LONGEST_SECOND_CHANCE = timedelta(hours=1)

# As ``have``: whatever is noted of what Slack shows, it is to be told anew.
NOT_BELIEVED = -1


class Work:
    """One mirror at the moment it is brought up to date; what a kind's sync is given."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._version = mirror.want
        self._begun_at = clock.now()
        self.is_settled = False

    @property
    def object_id(self) -> int:
        return self._mirror.object_id

    @property
    def lane(self) -> str:
        return self._mirror.lane

    @property
    def key(self) -> str:
        """What marks this object in Slack, so that it can be found again."""
        return f"{self._mirror.kind}:{self._mirror.object_id}"

    @property
    def shown(self) -> dict[str, Any]:
        """What the last ``settled``, or ``keep``, kept of what Slack has."""
        return dict(self._mirror.shown)

    @property
    def believed(self) -> dict[str, Any]:
        """``shown``, to find that nothing need be done; nothing, where all is to be sent anew."""
        return {} if self._mirror.have == NOT_BELIEVED else self.shown

    @property
    def begun_at(self) -> datetime | None:
        """When something was begun of which nobody knows whether Slack did it; else None."""
        return self._mirror.begun_at

    @property
    def doubt_until(self) -> datetime | None:
        """Until when Slack may do, or might have done, what was begun; None where nothing was."""
        return self._mirror.doubt_until

    @property
    def held_until(self) -> datetime | None:
        """The same, as long as Slack may still do it: "it is not there" is no answer then."""
        return self._mirror.doubt_until if debts.is_held(self._mirror) else None

    @contextmanager
    def begun(self) -> Iterator[None]:
        """Around the one call that must not happen twice: until its answer is noted by
        ``settled``, everyone can see that it may have been made."""
        mirror = self._mirror
        earlier = mirror.begun_at, mirror.doubt_until
        debts.note_begun(mirror)
        try:
            yield
        except (NotSent, Postponed, Refused, TokenRefused):
            # This try did nothing; of an earlier one that is still not known.
            mirror.begun_at, mirror.doubt_until = earlier
            raise
        except InDoubt as error:
            debts.note_broken_off(mirror, error)
            mirror.doubt_until = max(filter(None, (mirror.doubt_until, earlier[1])))
            raise

    def keep(self, **shown: Any) -> None:
        """Note how far it got, so that it goes on from there if Slack asks us to wait now."""
        self._mirror.shown = shown
        self._mirror.save(update_fields=["shown"])

    def disbelieve(self) -> None:
        """Note that Slack may show something else than the last that is known of it."""
        self._mirror.have = NOT_BELIEVED
        self._mirror.save(update_fields=["have"])

    @contextmanager
    def settled(self, **shown: Any) -> Iterator[None]:
        """The transaction in which Slack's answer is noted; the kind's own rows go into it."""
        with atomic():
            yield
            self._mirror.shown = shown
            self._settle()

    def settle(self) -> None:
        """There was nothing to do, or nothing to keep of it."""
        if not self.is_settled:
            with atomic():
                self._settle()

    def _settle(self) -> None:
        mirror = self._mirror
        mirror.have = self._version
        # What was wanted while we were at it was wanted after this.
        mirror.behind_since = self._begun_at
        mirror.attempts = 0
        mirror.not_before = None
        mirror.error = ""
        debts.clear_doubt(mirror)
        _look_at_references()
        mirror.save(
            update_fields=[
                *("have", "behind_since", "shown", "attempts", "not_before", "error"),
                *("begun_at", "doubt_until"),
            ]
        )
        self.is_settled = True


Sync = Callable[[Work], None]

_syncs: dict[str, Sync] = {}


def register(kind: str, sync: Sync) -> None:
    """Say how objects of a kind are made to look right: ``sync`` looks at the row as it is now,
    makes Slack match, and may be called twice."""
    _syncs[kind] = sync


def want(
    kind: str,
    object_id: int,
    *,
    lane: str,
    not_before: datetime | None = None,
    shown: Mapping[str, Any] | None = None,
) -> None:
    """Note, in the running transaction, that Slack no longer shows what we have.

    One that Slack refused for good is tried once more: something changed, after all.
    ``not_before`` puts off one that is not wanted yet. ``shown`` is what the first sync of the
    object is given to begin with.
    """
    _look_at_references()
    if not _want_again([kind], object_id, Value(lane), not_before):
        _want_first(kind, object_id, lane, not_before, shown or {})
    bell.ring()


def want_together(object_id: int, lanes: Mapping[str, str]) -> None:
    """``want`` for several kinds, each in its lane, in one update where all are there."""
    _look_at_references()
    lane = Case(*(When(kind=kind, then=Value(name)) for kind, name in lanes.items()))
    if _want_again(lanes, object_id, lane) < len(lanes):
        known = Mirror.objects.filter(kind__in=lanes, object_id=object_id)
        for kind in set(lanes).difference(known.values_list("kind", flat=True)):
            _want_first(kind, object_id, lanes[kind], None, {})
    bell.ring()


def want_anew(rows: QuerySet[Mirror]) -> int:
    """Have ``rows`` sent anew, also where Slack shows them by all we know: it may have lost what it
    had, or we what we knew of it. Says how many they are."""
    again = rows.update(
        want=F("want") + 1,
        have=NOT_BELIEVED,
        behind_since=Case(
            When(want__lte=F("have"), then=Value(clock.now())), default=F("behind_since")
        ),
        stuck=False,
        attempts=0,
        not_before=None,
    )
    bell.ring()
    return again


def forget(kinds: Iterable[str], object_id: int) -> None:
    """Forget what Slack has of these, in the running transaction: that is of others by now, and
    they are made from the start."""
    Mirror.objects.filter(kind__in=kinds, object_id=object_id).update(
        shown={}, have=NOT_BELIEVED, begun_at=None, doubt_until=None
    )


def _want_again(
    kinds: Iterable[str],
    object_id: int,
    lane: Case | Value,
    not_before: datetime | None = None,
) -> int:
    return Mirror.objects.filter(kind__in=kinds, object_id=object_id).update(
        want=F("want") + 1,
        behind_since=Case(
            When(want__lte=F("have"), then=Value(clock.now())), default=F("behind_since")
        ),
        lane=lane,
        stuck=False,
        not_before=not_before or Case(When(stuck=True, then=None), default=F("not_before")),
    )


def _want_first(
    kind: str,
    object_id: int,
    lane: str,
    not_before: datetime | None,
    shown: Mapping[str, Any],
) -> None:
    try:
        with transaction.atomic():
            Mirror.objects.create(
                kind=kind,
                object_id=object_id,
                lane=lane,
                not_before=not_before,
                behind_since=clock.now(),
                shown=dict(shown),
            )
    except IntegrityError:
        _want_again([kind], object_id, Value(lane), not_before)


def _look_at_references() -> None:
    """Have the database look now whether what was written so far refers to rows that are there.

    PostgreSQL does so at the commit, and locks them for it. Who changes an incident locks it
    first, and its mirrors after it; who did it the other way round would wait for them, and they
    for him.
    """
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        connection.check_constraints()


def move_lane(old: str, new: str) -> None:
    """Have what is behind in one lane brought up to date in another."""
    Mirror.objects.filter(lane=old).update(lane=new)


def lanes_behind(present: datetime) -> QuerySet[Mirror, str]:
    """The lanes of mirrors that may be brought up to date now, the one behind for longest first."""
    lanes = _behind(present).values_list("lane", flat=True)
    return lanes.annotate(since=Min("behind_since")).order_by("since")


def first_behind(lane: str, present: datetime) -> Mirror | None:
    """The first of a lane's mirrors that may be brought up to date now."""
    return _behind(present).filter(lane=lane).order_by("pk").first()


def _behind(present: datetime) -> QuerySet[Mirror]:
    due = Q(not_before=None) | Q(not_before__lte=present)
    return Mirror.objects.filter(due, want__gt=F("have"), stuck=False)


def pay(mirror: Mirror) -> None:
    """Bring one object up to date, or keep why it is not."""
    work = Work(mirror)
    try:
        _syncs[mirror.kind](work)
        work.settle()
    except (NotSent, Postponed, TokenRefused, InDoubt) as error:
        debts.postpone(mirror, error)
    except Refused as error:
        _stick(mirror, str(error))
    except (LaneLost, *DATABASE_TROUBLE):
        raise
    except Exception as error:
        error_id = uuid.uuid4().hex[:8]
        logger.exception("Bringing %s up to date failed (error %s)", mirror, error_id)
        _stick(mirror, f"{type(error).__name__} (error {error_id}, see the log)")


def give_second_chances() -> None:
    """Try again what was refused a while ago: the channel may be back, the bot invited."""
    present = clock.now()
    if Mirror.objects.filter(stuck=True, not_before__lte=present).update(stuck=False):
        bell.ring()


def _stick(mirror: Mirror, reason: str) -> None:
    logger.error("Slack does not show %s: %s", mirror, reason)
    chance = min(FIRST_SECOND_CHANCE * 2 ** min(mirror.attempts, 10), LONGEST_SECOND_CHANCE)
    # One that was changed meanwhile is not what Slack refused: it is tried as it is now.
    Mirror.objects.filter(pk=mirror.pk, want=mirror.want).update(
        attempts=mirror.attempts + 1,
        stuck=True,
        error=reason,
        not_before=clock.now() + chance,
        begun_at=mirror.begun_at,
        doubt_until=mirror.doubt_until,
    )


__all__ = ["HOLD", "LONGEST_SECOND_CHANCE", "Mirror", "Work", "give_second_chances", "pay"]
__all__ += ["first_behind", "forget", "lanes_behind", "register", "want", "want_together"]
