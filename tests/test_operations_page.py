"""docs/operations.md: what it has people copy does what it says."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from django.conf import settings as host
from django.test import Client

from response.testing import FakeSlack
from tests.servers import Site, installed

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def block(beginning: str) -> str:
    """The Python block of the page that begins so."""
    found = re.search(rf"^( *)```python\n(\1{beginning}.*?)^\1```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found, beginning
    return textwrap.dedent(found[2])


def test_the_logging_that_it_shows_silences_nobody(tmp_path):
    # As the README's settings do, these make the client before Django configures the log.
    settings = f"from tests.settings import *\n{block('LOGGING = ')}"
    (tmp_path / "settings_with_logging.py").write_text(settings, encoding="utf-8")
    program = """if True:
        import json, logging, django
        django.setup()
        names = list(logging.root.manager.loggerDict)
        print(json.dumps({name: logging.getLogger(name).disabled for name in names}))
    """
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "settings_with_logging",
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    disabled = json.loads(done.stdout)
    assert {"django.request", "django.server", "response.transactions"} <= set(disabled)
    assert [name for name, silent in disabled.items() if silent] == []


def signs_in_from_a_proxy(**passed: str) -> int:
    """The status of a sign-in that a browser sends to SITE_URL, and a proxy passes on by HTTP."""
    client = Client(enforce_csrf_checks=True, headers={"host": "incidents.example", **passed})
    token = client.get("/admin/login/").cookies["csrftoken"].value
    form = {"username": "ana", "password": "wrong", "csrfmiddlewaretoken": token}
    return client.post("/admin/login/", form, headers={"origin": host.SITE_URL}).status_code


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("setting", "passed"),
    [
        ("SECURE_PROXY_SSL_HEADER", {"x-forwarded-proto": "https"}),
        ("CSRF_TRUSTED_ORIGINS", {}),
    ],
)
def test_behind_a_proxy_forms_are_taken_with_the_setting_that_it_shows(settings, setting, passed):
    assert signs_in_from_a_proxy(**passed) == 403

    shown = {"SITE_URL": host.SITE_URL}
    exec(block(f"{setting} = "), shown)  # noqa: S102
    setattr(settings, setting, shown[setting])

    assert signs_in_from_a_proxy(**passed) == 200


# A row in every table of ours, and in those of Django's that they refer to.
LIVED_IN = """if True:
    from django.contrib.auth.models import Group, Permission, User
    from django.utils import timezone
    from response.core import services
    from response.core.models import *
    from response.core.write_ups import draft_write_up
    from response.delivery.models import *
    from response.slack.models import *

    now = timezone.now()
    user = User.objects.create_superuser("ana", "ana@example.com", "a password")
    group = Group.objects.create(name="responders")
    group.permissions.add(Permission.objects.get(codename="view_private_incident"))
    user.groups.add(group)
    ana = ExternalUser.objects.create(
        app_id="slack", external_id="UANA", display_name="Ana", owner=user
    )
    ben = ExternalUser.objects.create(app_id="slack", external_id="UBEN", display_name="Ben 🚒")
    incident = services.declare_incident(report="Checkout is failing", reporter=ana, summary="é")
    services.update_incident(incident.pk, lead=ben, severity="2")
    services.log_action(incident.pk, details="Restart it", owner=ben)
    entry = services.add_timeline_entry(incident.pk, text="It is the disk")
    services.request_channel(incident.pk)
    draft_write_up(incident.pk)
    channel = CommsChannel.objects.create(
        incident=incident, channel_id="CROOM", channel_name="inc-1"
    )
    HeadlinePost.objects.create(
        incident=incident, message_ts="1.2", channel_id="CINCIDENTS", comms_channel=channel
    )
    pin = PinnedMessage.objects.create(
        incident=incident, author=ana, message_ts="1.3", text="Look", timestamp=now,
        timeline_event=entry, reacted_by=["UANA"],
    )
    PinnedPicture.objects.create(pinned_message=pin, file_id="F1", content=bytes(range(256)))
    UserStats.objects.create(user=ana, incident=incident, message_count=3)
    Notification.objects.create(incident=incident, key="a.reminder", time=now, stopped_by=ana)
    ApiToken.issue(name="for programs", user=user)
    IdempotentRequest.objects.create(
        user=user, key="once", fingerprint="0", incident=incident, answer={"id": 1}
    )
    Inbox.objects.create(key="event:Ev1", kind="event", payload={"text": "<@UBOT> lead"})
    OutboxMessage.objects.create(
        lane="CROOM", key="reply:1", method="chat.postMessage", body={"text": "Done"}
    )
    Lane.objects.get_or_create(name="CROOM")
    Pause.objects.create(scope="chat.postMessage", until=now)
    Heartbeat.objects.create(name="clock", beat_at=now)
"""
COUNTED = """if True:
    import json
    from django.apps import apps
    ours = apps.get_app_config("response").get_models(include_auto_created=True)
    print(json.dumps({model.__name__: model.objects.count() for model in ours}))
"""
GOES_ON = """if True:
    from response.core import services
    from response.core.models import ExternalUser, Incident
    ben = ExternalUser.objects.create(app_id="slack", external_id="UNEW", display_name="New")
    incident = services.declare_incident(report="Another", reporter=ben)
    services.log_action(incident.pk, details="Restart it again", owner=ben)
    services.update_incident(Incident.objects.first().pk, lead=ben)
"""


def the_way_to_postgresql() -> list[list[str]]:
    """The arguments of manage.py, as the page has them one after the other."""
    (steps,) = [
        text
        for text in re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        if "dumpdata" in text
    ]
    lines = steps.replace("\\\n", " ").splitlines()
    return [shlex.split(line.removeprefix("$ python manage.py "), comments=True) for line in lines]


def ran(site: Site, program: str) -> str:
    done = site.run(program)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_way_to_postgresql_takes_everything_along(tmp_path: Path, slack: FakeSlack) -> None:
    """To a second file of SQLite, where the tests have no PostgreSQL."""
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old = Site(f"sqlite:///{tmp_path / 'old' / 'site.sqlite3'}", slack, tmp_path / "old")
    old.manage("migrate", "--verbosity", "0")
    ran(old, LIVED_IN)
    before = json.loads(ran(old, COUNTED))
    assert [name for name, rows in before.items() if not rows] == []

    dump, migrate, load = the_way_to_postgresql()
    assert (dump[0], migrate, load) == ("dumpdata", ["migrate"], ["loaddata", dump[-1]])
    first, second = tmp_path / "everything.json", tmp_path / "again.json"
    old.manage(*dump[:-1], str(first))
    with installed(tmp_path / "new", slack, "moved") as new:
        new.manage(*migrate)
        new.manage(*load[:-1], str(first))

        assert json.loads(ran(new, COUNTED)) == before
        new.manage(*dump[:-1], str(second))
        assert json.loads(second.read_text()) == json.loads(first.read_text())
        # New rows get numbers that the old ones do not have.
        ran(new, GOES_ON)
