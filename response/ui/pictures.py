"""A picture of an incident's timeline, from the copy that is kept of it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from response.core import pictures
from response.core.models import Incident
from response.ui.access import for_readers

# Whoever opens it by itself gets a picture and nothing that could act; the style is what browsers
# show a picture with.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@require_safe
@for_readers
def picture(request: HttpRequest, incident_id: int, picture_id: int) -> HttpResponseBase:
    """The picture, for those who may see the incident. It stays in no cache but the reader's own,
    which asks each time whether they still may."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user), pk=incident_id)
    copy = pictures.copy_of(incident, picture_id)
    if copy is None:
        raise Http404("There is no such picture, or it is still to be fetched.")
    etag = f'"{copy.digest}"'
    answer = get_conditional_response(request, etag=etag) or _whole(incident, copy)
    name = f"incident-{incident.pk}-picture-{copy.pk}.{pictures.ENDINGS[copy.content_type]}"
    # With "not modified" too, whose headers take the place of those that the browser has.
    for header, value in {
        "Content-Disposition": f'inline; filename="{name}"',
        "Content-Security-Policy": _POLICY,
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
    }.items():
        answer.headers[header] = value
    return answer


def _whole(incident: Incident, copy: pictures.Copy) -> HttpResponse:
    content = pictures.contents_of(incident, [copy.pk]).get(copy.pk)
    if content is None:
        raise Http404("The picture was removed meanwhile.")
    return HttpResponse(content, content_type=copy.content_type)
