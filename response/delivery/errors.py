"""What may come of asking Slack for something, said so that delivery knows what to do next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from response.exceptions import ResponseError


class LaneLost(ResponseError):
    """Somebody else pays this lane by now: make no call, and leave everything as it is."""


class DeliveryError(ResponseError):
    """It did not work. The text says why, in words for the admin; it holds no message text."""


class NotSent(DeliveryError):
    """Nothing left this machine, so nothing happened: try again later."""


class Postponed(DeliveryError):
    """Slack asked us to wait, or may still do what was begun: try again at ``until``."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__(reason)
        self.until = until


class Refused(DeliveryError):
    """Slack said no to this one, and will say no again: a person has to do something.

    ``code`` is Slack's name for the reason, where it has one ("channel_not_found").
    """

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.code = code


class TokenRefused(DeliveryError):
    """Slack does not accept our token: everything has to wait until it does."""


class InDoubt(DeliveryError):
    """Nobody knows whether Slack did it: there was no answer, or none that can be read.

    ``timed_out``: Slack may still be at it, and do it later.
    """

    def __init__(self, reason: str, *, timed_out: bool) -> None:
        super().__init__(reason)
        self.timed_out = timed_out


class AskFirst(BaseException):
    """Raised by a handler that cannot go on before ``ask`` was called, outside its transaction.

    Not an Exception: the ``except Exception`` of a host's handler is to let it pass.
    """

    def __init__(self, ask: Callable[[], None]) -> None:
        super().__init__("ask first, and run the handler again")
        self.ask = ask
