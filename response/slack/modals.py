"""The forms of Slack: what they look like, and opening them while Slack still allows it."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from response.core.models import Incident
from response.core.models.incident import Severity
from response.core.models.user_external import SLACK
from response.exceptions import UserError
from response.slack import channels, mrkdwn, people, wants
from response.slack.block_elements import Piece
from response.slack.block_kit import (
    Button,
    Context,
    Divider,
    Input,
    Modal,
    PlainTextInput,
    RadioButtons,
    Section,
    StaticSelect,
    StaticSelectOption,
    Text,
    UsersSelect,
)
from response.slack.client import configured_client
from response.slack.errors import SlackError, SlackInDoubt

REPORT = "incident-report-dialog"
EDIT = "incident-edit-dialog"
JOIN = "join-incident-button"

# A trigger lives three seconds from when Slack sent it ("Modals"); what is left after this is for
# the way there and back.
OPEN_TIMEOUT = 2.0
TIMEOUTS_IN_A_ROW = 3
REFUSE_FOR = 10.0  # seconds

LIVE, REPORTED = "live", "report"
LONGEST_TITLE = 200
LONGEST_TEXT = 3000  # Slack's own limit for what may be typed

Values = Mapping[str, str | None]


class AskAgainError(Exception):
    """Raised by the handler of a form to show another one in its place; nothing is kept."""

    def __init__(self, modal: Modal) -> None:
        super().__init__(modal.callback_id)
        self.modal = modal


def report_form(
    values: Values, *, channel_id: str = "", lookalikes: Sequence[Incident] = ()
) -> Modal:
    """The form that declares an incident, filled with ``values`` by block id.

    ``channel_id`` is where the person is. ``lookalikes`` are incidents that may be the same: they
    stand above the form, to be joined instead.
    """
    blocks: list[Piece] = [*_joinable(lookalikes), _title(values.get("report") or "")]
    if wants.has_reports():
        blocks.append(
            Input(
                block_id="incident_type",
                label="Is this a live incident?",
                element=RadioButtons(
                    action_id="incident_type",
                    options=[
                        StaticSelectOption("Yes, it is happening now", LIVE),
                        StaticSelectOption("No, it is over: just report it", REPORTED),
                    ],
                    initial_option=values.get("incident_type") or LIVE,
                ),
            )
        )
    return Modal(
        callback_id=REPORT,
        title="Report an incident",
        submit="Report",
        close="Cancel",
        blocks=[*blocks, *_details(values)],
        private_metadata=json.dumps(
            {"channel": channel_id, "seen": [incident.pk for incident in lookalikes]}
        ),
    )


def joined_view(incident: Incident) -> Modal:
    """What stands in the form's place for somebody who joins an incident instead."""
    channel = incident.comms_channel()
    where = (
        f"You are invited to {mrkdwn.channel_link(channel.channel_id)}, where it is worked on."
        if channel is not None
        else "It has no channel yet; its headline post has a button that makes one."
    )
    title = people.outgoing(incident.report)
    document = mrkdwn.link(channels.document_url(incident), "the incident document")
    return Modal(
        callback_id="incident-joined",
        title="Join the incident",
        submit=None,
        close="Done",
        blocks=[
            Section(text=Text(f"*{title}*\n{where} What is known stands in {document}.")),
        ],
    )


def edit_form(incident: Incident) -> Modal:
    """The form that changes an incident, filled with what it is now."""
    shown = _shown(incident)
    return Modal(
        callback_id=EDIT,
        title="Edit the incident",
        submit="Save",
        close="Cancel",
        blocks=[_title(incident.report), *_details(shown)],
        private_metadata=_metadata(incident, shown),
    )


def text_form_id(field: str) -> str:
    """The callback id of the form that changes one longer text."""
    return f"update-{field}-dialog"


def text_form(incident: Incident, field: str) -> Modal:
    """The form that changes one longer text, ``summary`` or ``impact``."""
    shown = {field: _shown(incident)[field]}
    return Modal(
        callback_id=text_form_id(field),
        title=f"Update the {field}",
        submit="Save",
        close="Cancel",
        blocks=[_text(field, shown)],
        private_metadata=_metadata(incident, shown),
    )


def fingerprint(value: str | None) -> str:
    """What a form keeps of a value it shows, to know whether a person changed it.

    White space at the ends does not count: it may not come back as it went.
    """
    lines = (value or "").strip().splitlines()
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _metadata(incident: Incident, shown: Values) -> str:
    kept = {field: fingerprint(value) for field, value in shown.items()}
    return json.dumps({"incident": incident.pk, "shown": kept})


def _shown(incident: Incident) -> Values:
    """What the fields of a form are filled with."""
    lead = incident.lead
    return {
        "report": incident.report,
        "summary": incident.summary,
        "impact": incident.impact,
        "lead": lead.external_id if lead and lead.app_id == SLACK else None,
        "severity": incident.severity if incident.severity in Severity.values else None,
    }


def _joinable(lookalikes: Sequence[Incident]) -> list[Piece]:
    if not lookalikes:
        return []
    rows: list[Piece] = [Section(text=Text("*Is it one of these?*"))]
    for incident in lookalikes:
        channel = incident.comms_channel()
        where = f" · {mrkdwn.channel_link(channel.channel_id)}" if channel is not None else ""
        title = people.outgoing(incident.report)
        rows.append(
            Section(
                text=Text(f"{title}\nsince {incident.duration()}{where}"),
                accessory=Button("Join that one", JOIN, value=str(incident.pk)),
            )
        )
    return [*rows, Divider()]


def _title(value: str) -> Input:
    return Input(
        block_id="report",
        label="Title",
        element=PlainTextInput(
            action_id="report",
            initial_value=value[:LONGEST_TITLE],
            max_length=LONGEST_TITLE,
            placeholder="What is wrong, in a few words?",
        ),
    )


def _details(shown: Values) -> list[Piece]:
    return [
        _text("summary", shown, hint="What is happening, as far as you know?"),
        _text("impact", shown, hint="Think about affected people, systems, and processes."),
        Input(
            block_id="lead",
            label="Lead",
            optional=True,
            element=UsersSelect(
                action_id="lead",
                placeholder="Who runs this incident?",
                initial_user=shown.get("lead"),
            ),
        ),
        Input(
            block_id="severity",
            label="Severity",
            optional=True,
            element=StaticSelect(
                action_id="severity",
                placeholder="How bad is it?",
                options=[
                    StaticSelectOption(f"{member.emoji} {member.label}", member.value)
                    for member in Severity
                ],
                initial_option=shown.get("severity"),
            ),
        ),
    ]


def _text(field: str, shown: Values, *, hint: str | None = None) -> Piece:
    label, value = field.capitalize(), shown.get(field)
    if value and len(value) > LONGEST_TEXT:
        # Cut to what a form takes, it would be sent back without its end.
        return Context(
            [
                Text(
                    f"{label}: it is too long for a form. Change it in the channel with "
                    f"`@incident {field} …`."
                )
            ],
            block_id=f"{field}-too-long",
        )
    return Input(
        block_id=field,
        label=label,
        optional=True,
        hint=hint,
        element=PlainTextInput(
            action_id=field,
            multiline=True,
            initial_value=value,
            max_length=LONGEST_TEXT,
        ),
    )


# Opening


def replace_modal(view_id: str, view: dict[str, Any]) -> None:
    """Put another form in the place of one that is open, while the person waits.

    Raises UserError, with what they can do, where Slack does not.
    """
    client = configured_client().with_timeout(OPEN_TIMEOUT)
    try:
        client.api_call("views.update", view_id=view_id, view=view)
    except SlackError as error:
        raise UserError(_why_not_opened(error)) from error


def open_modal(trigger_id: str, view: dict[str, Any]) -> None:
    """Open a form for the person to whom ``trigger_id`` was given, while they wait.

    Raises UserError, with what they can do, where Slack does not open it in time.
    """
    if _patience.is_over():
        raise UserError("Slack is not opening forms right now. Please try again in a moment.")
    client = configured_client().with_timeout(OPEN_TIMEOUT)
    try:
        client.api_call("views.open", trigger_id=trigger_id, view=view)
    except SlackInDoubt as error:
        if error.timed_out:
            _patience.lose()
        raise UserError("Slack took too long to open the form. Please try again.") from error
    except SlackError as error:
        raise UserError(_why_not_opened(error)) from error
    _patience.restore()


def _why_not_opened(error: SlackError) -> str:
    if error.slack_error in {"expired_trigger_id", "exchanged_trigger_id", "trigger_expired"}:
        return "That took too long for Slack, and the form did not open. Please try again."
    return (
        "Slack did not open the form. Please try again; if it keeps happening, tell those who "
        f"look after this tool that Slack says: {error.slack_error or 'not reachable'}."
    )


def ways_without_form(title: str) -> str:
    """How an incident of this title can be declared while Slack opens no forms (mrkdwn)."""
    typed = mrkdwn.outgoing(" ".join(title.split()).replace("`", "'"), limit=LONGEST_TITLE) or "…"
    page = mrkdwn.link(channels.declare_url(title), "the web page")
    return f"Or do without the form: type `/incident ! {typed}`, or use {page}."


class Patience:
    """After several time-outs in a row, nobody waits for Slack for a while: the threads that
    answer Slack are few. ``seconds`` is a clock that never goes back."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._timeouts = 0
        self._until = 0.0

    def is_over(self) -> bool:
        with self._lock:
            return self._seconds() < self._until

    def lose(self) -> None:
        with self._lock:
            self._timeouts += 1
            if self._timeouts >= TIMEOUTS_IN_A_ROW:
                self._timeouts = 0
                self._until = self._seconds() + REFUSE_FOR

    def restore(self) -> None:
        with self._lock:
            self._timeouts = 0
            self._until = 0.0


_patience = Patience()


def forget_timeouts() -> None:
    """For tests: be patient again."""
    _patience.restore()
