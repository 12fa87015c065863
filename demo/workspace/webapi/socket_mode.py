"""apps.connections.open"""

from __future__ import annotations

import time

from django.conf import settings

from ..refusals import Refusal
from ..socket_relay import new_ticket
from .call import Call, Json, method


@method("apps.connections.open")
def apps_connections_open(call: Call) -> Json:
    if not settings.PRACTICE_SOCKET_URL:
        raise Refusal("socket_mode_not_enabled", message="Start the demo with SOCKET=1.")
    ticket = new_ticket(time.time())
    return {"url": f"{settings.PRACTICE_SOCKET_URL}/link/?ticket={ticket}"}
