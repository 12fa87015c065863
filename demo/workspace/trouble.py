"""Trouble on purpose: what a call of the Web API meets before or after it is done."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from .models import Trouble
from .router import ALIAS


def strike(method: str) -> Trouble | None:
    """Return the trouble this call meets, counted off if it strikes only so many times.

    A trouble for the method comes before one for all methods, the older one first.
    """
    if not Trouble.objects.exists():
        return None
    with transaction.atomic(using=ALIAS):
        matching = list(Trouble.objects.filter(method__in=(method, "*")))
        matching.sort(key=lambda one: one.method == "*")
        if not matching:
            return None
        struck = matching[0]
        if struck.times is not None:
            if struck.times <= 1:
                Trouble.objects.filter(pk=struck.pk).delete()
            else:
                Trouble.objects.filter(pk=struck.pk).update(times=F("times") - 1)
        return struck
