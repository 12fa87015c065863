"""The headline post: the one message that tells everyone of an incident, kept up to date in place.

``render`` is pure; ``sync`` makes Slack show it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Prefetch, Q

from response.core.models import Incident
from response.delivery import calls, clock, mirrors, outbox
from response.delivery.errors import Postponed
from response.delivery.mirrors import Work
from response.slack import channels, mrkdwn, people, posts, wants
from response.slack.block_kit import Actions, Divider, Message, Section, Text
from response.slack.messages import marked
from response.slack.models import CommsChannel, HeadlinePost
from response.slack.registry import Handler, name_of, registry

logger = logging.getLogger(__name__)


def render(
    incident: Incident, channel: CommsChannel | None = None, buttons: Sequence[Any] = ()
) -> Message:
    """The post of an incident: what stands in Slack's blocks, and in its notification."""
    title = people.outgoing(incident.report)
    reporter = people.mention(incident.reporter)
    severity = (
        f"{incident.severity_emoji()} {incident.severity_text()}" if incident.severity else "—"
    )
    document = mrkdwn.link(channels.document_url(incident), f"Incident {incident.pk}")
    lines = [
        ("report", f"*{title}*"),
        ("reporter", f"🙋 Reporter: {reporter}"),
        ("lead", f"🧑‍🚒 Incident lead: {people.mention(incident.lead)}"),
        ("", ""),
        ("status", f"{incident.status_emoji()} Status: {incident.status_text()}"),
        ("severity", f"🌡️ Severity: {severity}"),
        ("incident_doc", f"📄 Document: {document}"),
    ]
    if channel is not None:
        lines.append(("comms_channel", f"🗣️ Comms channel: <#{channel.channel_id}>"))

    message = Message()
    named = incident.reporter.name if incident.reporter else "somebody"
    message.set_fallback_text(
        f"{title}, reported by {mrkdwn.outgoing(named)} ({incident.status_text()})"
    )
    for block_id, text in lines:
        if block_id:
            message.add_block(Section(block_id=block_id, text=Text(text)))
        else:
            message.add_block(Divider(block_id="divider"))
    if buttons and not incident.is_closed():
        message.add_block(Section(block_id="prompt", text=Text("What would you like to do?")))
        message.add_block(Actions(block_id="actions", elements=list(buttons)))
    return message


def sync(work: Work) -> None:
    """Post the headline, or change the post to what it should be, where it is not that already."""
    incident = _incident(work.object_id)
    if incident is None:
        if work.begun_at is not None:
            _delete_posts(work, channels.channel_of_headlines(work.lane))
        return
    post = _post_of(incident)
    if incident.private:
        _withdraw(work, post)
        return
    body = _body(incident, post)
    digest = posts.digest(body)
    doubt_until = work.doubt_until
    if post.message_ts and doubt_until is None and work.believed.get("digest") == digest:
        return
    channel_id = post.channel_id or channels.headline_channel(incident)
    ts = posts.update(work, channel_id, post.message_ts or "", body)
    if not ts and (lost := _lost_posts(work, channel_id)):
        ts = posts.update(work, channel_id, lost[0], body)
    if not ts:
        with work.begun():
            answer = calls.call(
                "chat.postMessage",
                {"channel": channel_id, "metadata": marked(work.key), **body},
            )
        ts, channel_id = str(answer["ts"]), str(answer.get("channel") or channel_id)
    with work.settled(digest=digest):
        post.message_ts = ts
        post.channel_id = channel_id
        post.save()
        if doubt_until is not None:
            # What was begun may still come true at Slack, after we have posted again.
            wants.no_second_headline(incident.pk, channel_id, from_=doubt_until)


def _withdraw(work: Work, post: HeadlinePost) -> None:
    """A private incident has no post that everyone sees."""
    if not post.message_ts and work.begun_at is None:
        return
    channel_id = post.channel_id or channels.headline_channel(post.incident)
    _delete_posts(work, channel_id, *filter(None, [post.message_ts]))
    if post.pk is not None:
        with work.settled(withdrawn=post.message_ts or work.shown.get("withdrawn")):
            post.message_ts = None
            post.save()


def _delete_posts(work: Work, channel_id: str, *known: str) -> None:
    """Delete those, and what was begun; raises Postponed where Slack may still do that."""
    held_until = work.held_until
    for ts in [*known, *_lost_posts(work, channel_id)]:
        posts.delete(channel_id, ts)
    if held_until is not None:
        raise Postponed("Slack may still post what is to be taken back.", held_until)


def _lost_posts(work: Work, channel_id: str) -> list[str]:
    """The ts of what was begun and whose answer is missing, as far as Slack has it."""
    if work.begun_at is None:
        return []
    return calls.find({"channel": channel_id}, work.key, work.begun_at)


def take_away(incident: Incident) -> None:
    """Have the post deleted with its incident, which is about to be gone."""
    for post in HeadlinePost.objects.filter(incident=incident).exclude(message_ts=None):
        post.incident = incident
        where = {"channel": post.place, "ts": post.message_ts}
        outbox.owe(
            f"withdrawn:{post.place}:{post.message_ts}",
            "chat.delete",
            where,
            lane=post.place,
            in_doubt=outbox.Doubt.REPEAT,
        )


def remove_extras(work: Work) -> None:
    """Delete posts of the same incident that Slack made of calls we believed lost."""
    post = HeadlinePost.objects.filter(incident_id=work.object_id).first()
    last = post and (post.message_ts or _withdrawn(work.object_id))
    if post is None or not last:
        return
    key = f"{wants.HEADLINE}:{work.object_id}"
    for ts in calls.find({"channel": post.channel_id}, key, _posted_at(last)):
        if ts != post.message_ts:
            posts.delete(post.channel_id, ts)


def _withdrawn(incident_id: int) -> str:
    """The ts of the post that was there before the incident was private."""
    mirror = mirrors.Mirror.objects.filter(kind=wants.HEADLINE, object_id=incident_id).first()
    return (mirror and mirror.shown.get("withdrawn")) or ""


def want_what_differs() -> None:
    """Find headlines that no longer show their row, and have them mended.

    Changes that pass by the services (raw SQL, ``QuerySet.update``) tell nobody. Looks at what is
    open, at what ended lately, and at what is private and still has a post.
    """
    lately = Q(end_time=None) | Q(end_time__gte=clock.now() - mirrors.LONGEST_SECOND_CHANCE)
    posted = HeadlinePost.objects.exclude(message_ts=None)
    _want_those_that_differ(_incidents().filter(lately, private=False))
    _want_those_that_differ(_incidents().filter(private=True, pk__in=posted.values("incident")))


def _want_those_that_differ(incidents: Any) -> None:
    known = mirrors.Mirror.objects.filter(kind=wants.HEADLINE, object_id__in=incidents.values("pk"))
    mirrors_of = {mirror.object_id: mirror for mirror in known}
    for incident in incidents:
        mirror = mirrors_of.get(incident.pk)
        if mirror is None or mirror.want > mirror.have:
            continue
        if incident.private or _is_shown_otherwise(incident, mirror):
            # Where the headline was not told, neither were the topic and the pinned summary.
            wants.what_shows(incident, {"report", "lead"})


def _is_shown_otherwise(incident: Incident, mirror: mirrors.Mirror) -> bool:
    return bool(mirror.shown.get("digest") != posts.digest(_body(incident, _post_of(incident))))


def _incidents() -> Any:
    return Incident.objects.select_related("reporter", "lead", "commschannel").prefetch_related(
        Prefetch("headlinepost_set", to_attr="headline_posts")
    )


def _incident(incident_id: int) -> Incident | None:
    found: Incident | None = _incidents().filter(pk=incident_id).first()
    return found


def _post_of(incident: Incident) -> HeadlinePost:
    posts: list[HeadlinePost] = incident.headline_posts  # type: ignore[attr-defined]
    post = posts[0] if posts else HeadlinePost(incident=incident)
    post.incident = incident
    post.comms_channel = incident.comms_channel()
    return post


def _body(incident: Incident, post: HeadlinePost) -> dict[str, Any]:
    message = render(incident, post.comms_channel, _buttons(post))
    return {"text": message.text(), "blocks": message.serialize()}


def _buttons(post: HeadlinePost) -> list[Any]:
    elements = (_element(make, post) for _order, make in registry.headline_actions)
    return [element for element in elements if element is not None]


def _element(make: Handler, post: HeadlinePost) -> Any:
    try:
        return make(post)
    except Exception:
        # The post is for everyone, and must not wait until somebody mends a button.
        logger.exception("The headline action %s failed, and is left out", name_of(make))
        return None


def _posted_at(ts: str) -> datetime:
    """Slack's ts begins with the seconds since 1970; good enough to begin a search at."""
    return datetime.fromtimestamp(float(ts), tz=UTC) - mirrors.HOLD
