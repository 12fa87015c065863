"""The date in "rotate the keys by Friday"."""

from __future__ import annotations

import re
from datetime import datetime, time

from django.utils import timezone

# The last "by …" of a text, up to its end; a date is no longer than this.
_BY = re.compile(
    r"\A(?P<text>.*\S)\s+by\s+(?P<date>[^\n]{1,40}?)[.!]?\s*\Z", re.IGNORECASE | re.DOTALL
)
_TIME_OF_DAY = re.compile(r"\d\s*(?:am|pm)\b|\d:\d\d|\bnoon\b|\bmidnight\b", re.IGNORECASE)

# A day without a time of day is over at its end.
END_OF_DAY = time(23, 59)


def split_due_date(text: str) -> tuple[str, datetime | None]:
    """The text without its trailing "by DATE", and the instant that means; the whole text and
    None where it ends with no date that is understood.

    Days are those of the site's time zone, and lie in the future.
    """
    found = _BY.match(text)
    # A bare number is no date to a reader, whatever a parser makes of it.
    due = _instant(found["date"]) if found and not found["date"].isdigit() else None
    return (found["text"], due) if found and due else (text, None)


def _instant(words: str) -> datetime | None:
    # Loading it takes long enough to be noticed at every start, and few starts need it.
    import dateparser

    now = timezone.now()
    local = timezone.localtime(now).replace(tzinfo=None) if timezone.is_aware(now) else now
    found = dateparser.parse(
        words,
        languages=["en"],
        settings={"PREFER_DATES_FROM": "future", "RELATIVE_BASE": local},
    )
    if found is None:
        return None
    found = found.replace(tzinfo=None)
    if not _TIME_OF_DAY.search(words):
        found = datetime.combine(found.date(), END_OF_DAY)
    return timezone.make_aware(found) if timezone.is_aware(now) else found
