"""People on the pages: whoever is signed in, and whoever somebody means by a name."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from response.core.addresses import without_address
from response.core.models import ExternalUser, Incident
from response.core.models.user_external import SLACK
from response.ui.access import for_readers
from response.ui.pages import render_page

#: The ``app_id`` of users of this site whom no other system knows.
SITE = "site"
MOST_SUGGESTIONS = 20
_LONGEST_NAME = 255


def known_as(user: Any) -> ExternalUser | None:
    """The person that a signed-in user is, as other systems know them; None where none does."""
    owned = ExternalUser.objects.filter(owner=user, deleted=False)
    # Slack's first: there they can be invited and reminded.
    return min(owned, key=lambda person: (person.app_id != SLACK, person.pk), default=None)


def me(user: Any) -> ExternalUser:
    """The same; a user whom no other system knows becomes one of this site's."""
    known = known_as(user)
    if known is not None:
        return known
    name = (user.get_full_name() or user.get_username())[:_LONGEST_NAME]
    person, _ = ExternalUser.objects.get_or_create(
        app_id=SITE,
        external_id=str(user.pk),
        defaults={"display_name": name, "owner": user},
    )
    return person


def label(person: ExternalUser | None) -> str:
    """A person as a form shows and takes them: "Ana Lima (ana)"; "" for nobody."""
    if person is None:
        return ""
    name, full_name = without_address(person.name), without_address(person.full_name or "")
    return name if not full_name or full_name == name else f"{full_name} ({name})"


def called(text: str) -> list[ExternalUser]:
    """Those whom a name may mean: by the label, a name, an id, or the beginning of a full name."""
    name = text.strip().removeprefix("@")
    if not name or len(name) > _LONGEST_NAME or "\x00" in name:
        return []
    full, bracket, short = name.removesuffix(")").rpartition(" (")
    here = ExternalUser.objects.filter(deleted=False)
    if bracket and name.endswith(")"):
        by_label = [
            person
            for person in here.filter(
                Q(display_name__istartswith=short) | Q(external_id=short),
                full_name__istartswith=full,
            )[:MOST_SUGGESTIONS]
            if label(person).casefold() == name.casefold()
        ]
        if by_label:
            return by_label
    exactly = Q(display_name__iexact=name) | Q(full_name__iexact=name) | Q(external_id=name)
    found = list(here.filter(exactly)[:MOST_SUGGESTIONS])
    if found:
        return found
    beginning = Q(full_name__istartswith=f"{name} ") | Q(display_name__istartswith=f"{name}@")
    return list(here.filter(beginning).order_by("pk")[:MOST_SUGGESTIONS])


def suggested(text: str, user: Any) -> list[ExternalUser]:
    """Those whom a Django user may mean by what they typed so far.

    For an anonymous reader these are the leads of what they may read, by the names they see there.
    """
    typed = text.strip().removeprefix("@").replace("\x00", "")[:_LONGEST_NAME]
    fits = Q(display_name__icontains=typed) | Q(full_name__icontains=typed)
    found = ExternalUser.objects.filter(deleted=False)
    found = found.filter(fits).order_by("display_name", "pk")
    if not user.is_authenticated:
        leads = found.filter(pk__in=Incident.objects.visible_to(user).values("lead"))
        shown = (person for person in leads if typed.casefold() in label(person).casefold())
        return list(islice(shown, MOST_SUGGESTIONS))
    return list(found[:MOST_SUGGESTIONS])


class PersonField(forms.CharField):
    """A person by name, suggested while it is typed. The value is an ExternalUser, or None."""

    def __init__(self, **options: Any) -> None:
        attrs = {
            "list": "people",
            "autocomplete": "off",
            "data-suggest": "people",
            "spellcheck": "false",
        }
        super().__init__(max_length=600, widget=forms.TextInput(attrs=attrs), **options)

    def prepare_value(self, value: Any) -> Any:
        return label(value) if isinstance(value, ExternalUser) else value

    def clean(self, value: Any) -> Any:
        name = super().clean(value)
        if not name:
            return None
        found = called(name)
        if len(found) == 1:
            return found[0]
        if not found:
            raise ValidationError(f"Nobody here is called “{name}”. Type a part of the name.")
        raise ValidationError(
            "Who of them? "
            + "; ".join(f"{label(person)} has the id {person.external_id}" for person in found)
        )


@require_safe
@for_readers
def suggestions(request: HttpRequest) -> HttpResponse:
    """Options for a datalist: those who may be meant by ``?q=``."""
    people = {label(person): person for person in suggested(request.GET.get("q", ""), request.user)}
    return render_page(request, "response/people.html", {"labels": list(people)})
