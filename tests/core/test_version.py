"""An incident's version: whoever shows it can tell, by one number, that something changed."""

import pytest

from response.core import services
from response.core.models import ExternalUser, Incident, TimelineEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return ExternalUser.objects.create(app_id="slack", external_id="U1ANA", display_name="ana")


@pytest.fixture
def incident(ana):
    return services.declare_incident(report="Checkout is failing", reporter=ana)


@pytest.fixture
def entry(incident):
    return services.add_timeline_entry(incident.pk, text="Rolled back")


@pytest.fixture
def action(incident, ana):
    return services.log_action(incident.pk, details="Add an alert", owner=ana)


def version_of(incident):
    return Incident.objects.values_list("version", flat=True).get(pk=incident.pk)


CHANGES = {
    "a field": lambda incident, entry, action: services.update_incident(incident.pk, summary="s"),
    "a save": lambda incident, entry, action: save(Incident.objects.get(pk=incident.pk)),
    "closing": lambda incident, entry, action: services.close_incident(incident.pk),
    "an action done": lambda incident, entry, action: services.change_action(action.pk, done=True),
    "an action gone": lambda incident, entry, action: services.remove_action(action.pk),
    "an entry": lambda incident, entry, action: services.add_timeline_entry(incident.pk, text="x"),
    "an entry of an old handler": lambda incident, entry, action: TimelineEvent.objects.create(
        incident=incident, text="x"
    ),
    "an entry changed": lambda incident, entry, action: services.change_timeline_entry(
        entry.pk, text="y"
    ),
    "an entry gone": lambda incident, entry, action: services.remove_timeline_entry(entry.pk),
}


def save(incident):
    incident.impact = "Everyone"
    incident.save()


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_raises_the_version(incident, entry, action, change):
    before = version_of(incident)
    CHANGES[change](incident, entry, action)
    assert version_of(incident) > before


def test_what_changes_nothing_leaves_it(incident, entry):
    before = version_of(incident)
    services.update_incident(incident.pk, report="Checkout is failing")
    services.reopen_incident(incident.pk)
    assert version_of(incident) == before


def test_an_old_copy_that_is_saved_does_not_turn_it_back(incident, entry):
    old = Incident.objects.get(pk=incident.pk)
    services.add_timeline_entry(incident.pk, text="meanwhile")
    before = version_of(incident)
    old.severity = "1"
    old.save()
    assert version_of(incident) == before + 1
