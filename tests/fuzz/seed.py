"""The rows that the requests meet, the same in every run, and the token that they carry."""

from __future__ import annotations

from django.contrib.auth.models import User

from response.core import services
from response.core.models import ApiToken, ExternalUser
from response.core.models.api_token import PREFIX, digest_of
from response.slack.models import CommsChannel, UserStats

SECRET = f"{PREFIX}for-the-fuzzer-alone"


def fill() -> None:
    """Write them into an empty, migrated database."""
    user = User.objects.create_superuser("fuzz")
    token = ApiToken(name="fuzz", user=user, scope=ApiToken.Scope.ADMIN)
    token.digest, token.hint = digest_of(SECRET), PREFIX
    token.save()
    ana, ben = (
        ExternalUser.objects.create(
            app_id="slack",
            external_id=user_id,
            display_name=name,
            email=f"{name}@incidents.example",
        )
        for user_id, name in (("U1ANA", "ana"), ("U2BEN", "ben"))
    )
    for number in range(3):
        incident = services.declare_incident(
            report=f"Checkout fails :fire: {number}",
            reporter=ana,
            lead=ben,
            summary="<@U1ANA> looks",
            private=number == 2,
        )
        CommsChannel.objects.create(
            incident=incident, channel_id=f"C{number}", channel_name=f"inc-{number}"
        )
        UserStats.objects.create(incident=incident, user=ana, message_count=number)
        services.log_action(incident.pk, details="Add an alert", owner=ben)
        services.add_timeline_entry(incident.pk, text="Rolled back :tada:")
