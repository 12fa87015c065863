"""``incidents/…/export/``: all that is known of one incident, to take away."""

from __future__ import annotations

from typing import Any

from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from response.core import export
from response.core.api.base import Closed, visible_incident
from response.core.api.rendering import SendableJSONRenderer


class MarkdownRenderer(BaseRenderer):
    """``?format=markdown``, or ``Accept: text/markdown``."""

    media_type = "text/markdown"
    format = "markdown"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return str(data).encode()


class ExportView(Closed):
    """All that is known of one incident."""

    renderer_classes = [SendableJSONRenderer, MarkdownRenderer]

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Everything that is known of one incident, as JSON or as a Markdown document.

        In JSON texts are as they were written, and ``*_ui`` is the same readable.
        """
        incident = visible_incident(request, kwargs["incident_pk"])
        record = export.gather(incident, addresses=True)
        if request.accepted_renderer.format == MarkdownRenderer.format:
            shown: Any = export.as_markdown(record)
            name = f"incident-{incident.pk}.md"
        else:
            shown = export.as_json(record)
            name = f"incident-{incident.pk}.json"
        return Response(shown, headers={"Content-Disposition": f'inline; filename="{name}"'})

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        if response.exception:
            # A refusal is JSON, whatever form was asked for.
            request.accepted_renderer = SendableJSONRenderer()
            request.accepted_media_type = SendableJSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)
