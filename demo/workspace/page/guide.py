"""The short tour for a first visit: what to try, and what has been tried."""

from __future__ import annotations

from dataclasses import dataclass

from ..models import Channel, Delivery, Pin, Traffic
from ..seed import BOT


@dataclass(frozen=True)
class Step:
    title: str
    text: str
    done: bool
    #: What the button beside it puts into the composer.
    example: str = ""
    #: Where to go for it.
    channel: Channel | None = None


def steps() -> list[Step]:
    """Return the tour; what was done is read from the workspace itself."""
    went_well = Traffic.objects.filter(direction=Traffic.TO_APP, ok=True)
    clicks = went_well.filter(what="block_actions")
    said = Delivery.objects.filter(event_type="app_mention", state=Delivery.DELIVERED)
    comms = Channel.objects.filter(creator__user_id=BOT, dm_with=None).order_by("-pk").first()
    incidents = Channel.objects.filter(name="incidents").first()
    submitted = went_well.filter(what="view_submission").exists()
    return [
        Step(
            "Something is broken",
            "You are Ana. Send the command below, from any channel: a form opens.",
            went_well.filter(what="/incident").exists(),
            example="/incident Checkout is failing",
        ),
        Step(
            "Declare it",
            "Fill in the form. Only the title is required.",
            submitted,
        ),
        Step(
            "See the headline",
            "The incident is announced in #incidents. Press Create Comms Channel there.",
            comms is not None,
            channel=incidents,
        ),
        Step(
            "Put somebody in charge",
            "In the new channel, tell the bot who leads.",
            said.filter(body__contains=" lead").exists(),
            example="@incident lead @Ben",
            channel=comms,
        ),
        Step(
            "Say how bad it is",
            "Words or numbers both work. @incident help lists everything it knows.",
            said.filter(body__contains=" severity").exists(),
            example="@incident severity major",
            channel=comms,
        ),
        Step(
            "Sum it up",
            "What is known goes into the incident’s document.",
            said.filter(body__contains=" summary").exists(),
            example="@incident summary Card payments fail since the 14:00 release",
            channel=comms,
        ),
        Step(
            "Pin what matters",
            "Write a message, open its menu and pin it: it joins the timeline.",
            Pin.objects.exists(),
            example="Rolling back to the morning’s version",
            channel=comms,
        ),
        Step(
            "Edit, then close",
            "Press Edit on the headline and change the title; press Close when it is over.",
            clicks.filter(request__contains="close-incident").exists(),
            channel=incidents,
        ),
    ]
