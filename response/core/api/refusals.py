"""What goes wrong, as the REST API answers it: a status, the field where there is one, a sentence.

The host's EXCEPTION_HANDLER is not asked, for programs rely on the form of these answers.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, RequestDataTooBig
from django.core.exceptions import ValidationError as InvalidValue
from django.http import Http404
from rest_framework.exceptions import (
    APIException,
    NotFound,
    UnsupportedMediaType,
    ValidationError,
)
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from response.core.api.parsing import TooLarge
from response.transactions import DATABASE_TROUBLE

logger = logging.getLogger(__name__)


class Conflict(APIException):
    status_code = 409
    default_detail = "This does not go together with what is there."
    default_code = "conflict"


class PreconditionFailed(APIException):
    status_code = 412
    default_detail = (
        "It was changed since you read it. Read it again, and send your change with its new ETag."
    )
    default_code = "precondition_failed"


class Busy(APIException):
    status_code = 503
    default_detail = "The database is busy or away. Nothing was changed; try again in a moment."
    default_code = "busy"
    wait = 2  # seconds


class DirectoryAway(Busy):
    default_detail = (
        "Slack could not be asked who this is. Name them by app_id and external_id, or try again "
        "in a moment."
    )
    default_code = "directory_away"


def answer(error: Exception, context: dict[str, Any]) -> Response:
    """The answer to a request that raised ``error``: for ``APIView.get_exception_handler``."""
    response = exception_handler(_refusal(error), context)
    return response if response is not None else _unexpected(error)


def _refusal(error: Exception) -> Exception:
    if isinstance(error, InvalidValue):
        return ValidationError(_by_field(error))
    if isinstance(error, ObjectDoesNotExist):
        return NotFound("It was deleted meanwhile.")
    if isinstance(error, Http404):
        return NotFound("There is nothing here, or nothing that you may see.")
    if isinstance(error, UnsupportedMediaType):
        return UnsupportedMediaType(
            "", "Only JSON is taken. Send it as Content-Type: application/json."
        )
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, DATABASE_TROUBLE):
        logger.warning("The API could not reach its database: %s", type(error).__name__)
        return Busy()
    return error


def _by_field(error: InvalidValue) -> Mapping[str, list[str]]:
    if not hasattr(error, "error_dict"):
        return {api_settings.NON_FIELD_ERRORS_KEY: error.messages}
    return {
        api_settings.NON_FIELD_ERRORS_KEY if name == NON_FIELD_ERRORS else name: messages
        for name, messages in error.message_dict.items()
    }


def _unexpected(error: Exception) -> Response:
    error_id = uuid.uuid4().hex[:8]
    logger.error("The API failed (error %s)", error_id, exc_info=error)
    detail = (
        "Sorry, that did not work. Please try again; if it stays that way, tell those who look "
        f"after this site about error {error_id}."
    )
    return Response({"detail": detail}, status=500)
