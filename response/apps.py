"""Where the parts of Response are put together."""

from __future__ import annotations

import sys

from django.apps import AppConfig
from django.core.signals import request_finished, request_started
from django.utils.module_loading import autodiscover_modules


class ResponseConfig(AppConfig):
    name = "response"
    label = "response"
    verbose_name = "Incident response"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from response import checks  # noqa: F401 - importing registers them
        from response.core import drafting  # noqa: F401 - and so here

        _connect_delivery()
        _connect_slack()
        _start_sweeping()


def _connect_delivery() -> None:
    from response.background import runners, work
    from response.core.models import IdempotentRequest
    from response.delivery import bell, calls, clock, inbox, mirrors, outbox
    from response.slack import (
        bookmarks,
        captures,
        channels,
        dispatch,
        headline,
        invitations,
        message_counts,
        people,
        pictures,
        prompts,
        reminders,
        sightings,
        summary_message,
        wants,
    )
    from response.slack.web_api import WebApi
    from response.upkeep import pruning, wrong_clock

    calls.use_transport(WebApi())
    bell.use_listener(runners.hear)
    inbox.use_handlers(
        inbox.Handlers(
            steps=dispatch.steps,
            on_failure=dispatch.apologise,
            batches={dispatch.MESSAGE: message_counts.count_messages},
            urgent=frozenset({dispatch.CLICK}),
        )
    )
    for kind, sync in (
        (wants.HEADLINE, headline.sync),
        (wants.HEADLINE_EXTRAS, headline.remove_extras),
        (wants.THANKS, prompts.thank_reporter),
        (wants.CHANNEL, channels.sync_channel),
        (wants.TOPIC, channels.sync_topic),
        (wants.MEMBERS, invitations.sync),
        (wants.BOOKMARK, bookmarks.sync),
        (wants.SUMMARY, summary_message.sync),
        (wants.CAPTURE, captures.fetch_text),
        (wants.PICTURE, pictures.fetch),
        (wants.PERSON, people.sync_person),
        (wants.DIRECTORY, people.sync_directory),
    ):
        mirrors.register(kind, sync)
    clock.each_minute(wrong_clock.put_right)
    clock.each_minute(mirrors.give_second_chances)
    clock.each_minute(headline.want_what_differs)
    clock.each_minute(reminders.remind)
    outbox.use_condition(reminders.PREFIX, reminders.why_not)
    outbox.use_condition(prompts.WRITE_UP, prompts.why_not_asked)
    clock.each_day(wants.directory)
    clock.each_day(IdempotentRequest.forget_old)
    clock.each_day(pruning.prune)
    clock.each_day(_prune_feed)
    work.besides(sightings.here.write_down)
    request_finished.connect(_write_down_sightings, dispatch_uid="response.sightings")
    runners.requests.watch()


def _write_down_sightings(sender: object, **_kwargs: object) -> None:
    from response.background import runners
    from response.slack import sightings

    if _serves(sender) and not runners.is_quiet():
        sightings.here.write_down_soon()


def _prune_feed() -> None:
    from response.core import feed
    from response.upkeep import pruning

    if (before := pruning.oldest_kept()) is not None:
        feed.forget_before(before)


def _connect_slack() -> None:
    from response.core.behind import register_finder
    from response.core.doctor import Doctor, register_doctor
    from response.core.models.user_external import SLACK
    from response.core.people import register_directory
    from response.core.reminders import register_overview
    from response.core.text import register_humaniser
    from response.slack import behind, directory, doctor, people, receivers, reminder_overview
    from response.slack.handlers import (  # noqa: F401
        action_items,
        buttons,
        captures,
        commands,
        events,
        modals,
        reminders,
        shortcuts,
        subcommands,
        timeline_entries,
    )

    register_humaniser(people.humaniser)
    register_directory(SLACK, directory.SlackDirectory())
    register_overview(reminder_overview.overview)
    register_finder(behind.find)
    register_doctor(Doctor(doctor.examine, doctor.debts.send_again))
    receivers.connect()
    autodiscover_modules("response_handlers")


def _start_sweeping() -> None:
    """Sweep in processes that answer requests, and in no management command.

    Debts left by a crash must be paid although nobody asks for anything. Django has no signal for
    "this process is going to serve", but it is ``get_wsgi_application`` or its ASGI brother that
    sets Django up there. Where something else did it before, the first request starts the sweep;
    a request of a test client does not, for a host's tests are no place for it.
    """
    from response.background.work import sweep
    from response.conf import conf

    def start(sender: object, **_kwargs: object) -> None:
        if _serves(sender) and conf.RESPONSE_SWEEP:
            sweep.start(has_served=True)

    request_started.connect(start, weak=False, dispatch_uid="response.sweep")
    if conf.RESPONSE_SWEEP and _is_being_set_up_to_serve():
        sweep.start()


def _serves(sender: object) -> bool:
    """Whether a request came to a server, and not from a test client."""
    from django.core.handlers.asgi import ASGIHandler
    from django.core.handlers.wsgi import WSGIHandler

    return isinstance(sender, type) and issubclass(sender, (ASGIHandler, WSGIHandler))


def _is_being_set_up_to_serve() -> bool:
    frame = sys._getframe()
    while (frame := frame.f_back) is not None:  # type: ignore[assignment]
        if frame.f_code.co_name in {"get_wsgi_application", "get_asgi_application"}:
            return True
    return False
