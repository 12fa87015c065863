"""Who may open the pages, and where everybody else is led."""

import base64
import re
from html import unescape

import pytest
from django.contrib import admin
from django.urls import include, path

from response.core import services
from response.core.actors import Actor
from response.core.addresses import hide_addresses
from response.core.models import ExternalUser
from response.slack.models import UserStats
from response.ui.listing import MAY_HOLD_AN_ADDRESS

from .conftest import text_of

pytestmark = pytest.mark.django_db


class UrlsWithoutAdmin:
    urlpatterns = [path("incidents/", include("response.ui.urls"))]


urlpatterns = [*UrlsWithoutAdmin.urlpatterns, path("backstage/", admin.site.urls)]


@pytest.fixture
def ana():
    return ExternalUser.objects.create(
        app_id="slack", external_id="U1ANA", display_name="ana", email="ana@incidents.example"
    )


@pytest.fixture
def incident(ana):
    return services.declare_incident(report="Checkout is failing", reporter=ana)


@pytest.fixture
def private(ana):
    return services.declare_incident(report="Somebody is in our mail", reporter=ana, private=True)


@pytest.fixture
def person(django_user_model):
    return django_user_model.objects.create_user("lee@corp.example", password="correct horse")


@pytest.fixture
def signed_in(client, person):
    client.force_login(person)
    return client


@pytest.mark.parametrize("address", ["/", "/incident/{pk}/", "/incident/404/", "/?page=2"])
def test_an_anonymous_reader_is_led_to_the_sign_in(client, incident, address):
    address = address.format(pk=incident.pk)
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer.url.startswith("/admin/login/?next=/")
    assert "Checkout" not in answer.content.decode()


def test_from_the_link_in_slack_through_the_sign_in_to_the_document(
    client, incident, django_user_model
):
    django_user_model.objects.create_superuser("ana", password="correct horse")
    sign_in = client.get(incident.get_absolute_url()).url
    assert client.get(sign_in).status_code == 200
    credentials = {"username": "ana", "password": "correct horse"}
    page = client.post(sign_in, credentials, follow=True)
    assert page.redirect_chain == [(incident.get_absolute_url(), 302)]
    assert "Checkout is failing" in page.content.decode()


@pytest.mark.parametrize(
    ("login_url", "address"),
    [
        ("admin:index", "/admin/?next=/"),
        ("/core/users/", "/core/users/?next=/"),
        ("/core/users/?format=json", "/core/users/?format=json&next=/"),
        ("https://sso.example/in", "https://sso.example/in?next=/"),
        ("no-such-name", "/admin/login/?next=/"),
        ("/no/such/page/", "/admin/login/?next=/"),
    ],
)
def test_the_host_s_sign_in_is_used_where_there_is_one(client, settings, login_url, address):
    settings.LOGIN_URL = login_url
    assert client.get("/").url == address


def test_pages_mounted_elsewhere_come_back_to_where_they_are(client, settings, incident):
    settings.ROOT_URLCONF = __name__
    answer = client.get(f"/incidents/incident/{incident.pk}/")
    assert answer.url == f"/backstage/login/?next=/incidents/incident/{incident.pk}/"


def test_a_project_without_a_sign_in_or_an_admin_still_refuses(client, settings):
    settings.ROOT_URLCONF = UrlsWithoutAdmin
    answer = client.get("/incidents/")
    assert answer.url == "/accounts/login/?next=/incidents/"


def test_a_signed_in_person_reads(signed_in, incident):
    assert "Checkout is failing" in signed_in.get("/").content.decode()
    assert signed_in.get(incident.get_absolute_url()).status_code == 200


def test_a_host_may_open_the_pages_to_everyone(client, settings, incident):
    settings.RESPONSE_LOGIN_REQUIRED = False
    page = client.get("/").content.decode()
    assert "Checkout is failing" in page
    assert 'href="/admin/login/?next=/"' in page
    assert client.get(incident.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("opened", [True, False])
def test_a_private_incident_does_not_exist_for_outsiders(signed_in, settings, private, opened):
    settings.RESPONSE_LOGIN_REQUIRED = not opened
    if opened:
        signed_in.logout()
    assert signed_in.get(private.get_absolute_url()).status_code == 404
    assert "Somebody" not in signed_in.get("/").content.decode()


@pytest.mark.parametrize(
    "address", ["/incident/404/", "/?after=nonsense", "/incident/404/edit/title/"]
)
def test_what_is_not_there_is_told_on_a_page_that_leads_on(signed_in, address):
    answer = signed_in.get(address)
    assert answer.status_code == 404
    assert "There is nothing here" in text_of(answer)
    assert '<a href="/">All incidents</a>' in answer.content.decode()
    part = signed_in.get(address, headers={"HX-Request": "true"})
    assert (part.status_code, part.content) == (404, b"")


def test_whose_account_is_not_enough_is_told_so_and_as_whom(signed_in, settings, incident):
    settings.RESPONSE_REQUIRE_PERMISSIONS = True
    answer = signed_in.get("/")
    assert answer.status_code == 403
    assert "Your account may not do this" in text_of(answer)
    assert "You are signed in as lee." in text_of(answer)
    assert "Checkout" not in answer.content.decode()


@pytest.mark.parametrize("tie", ["lead", "reporter", "participant"])
def test_a_private_incident_is_there_for_those_who_work_on_it(signed_in, person, private, tie):
    lee = ExternalUser.objects.create(
        app_id="slack", external_id="U2LEE", display_name="lee", owner=person
    )
    if tie == "participant":
        UserStats.objects.create(incident=private, user=lee)
    else:
        services.update_incident(private.pk, **{tie: lee})
    assert "Somebody is in our mail" in signed_in.get("/").content.decode()
    page = signed_in.get(private.get_absolute_url())
    assert page.status_code == 200
    assert "private</span>" in page.content.decode()


def test_nobody_s_mail_address_is_on_a_page(client, settings, incident, ana, person):
    settings.RESPONSE_LOGIN_REQUIRED = False
    ben = ExternalUser.objects.create(
        app_id="slack", external_id="U3", display_name="ben", email="b@corp.example"
    )
    services.update_incident(incident.pk, lead=ben)
    services.log_action(incident.pk, details="Add an alert", owner=ben)
    UserStats.objects.create(incident=incident, user=ben, message_count=3)
    services.add_timeline_entry(
        incident.pk, text="Seen", by=Actor("user", "7", "lee@corp.example", "web")
    )
    for address in ("/", incident.get_absolute_url()):
        page = client.get(address).content.decode()
        assert "ben" in page
        assert "incidents.example" not in page
        assert "corp.example" not in page


def test_what_is_said_of_a_change_has_no_mail_address(client, settings, incident):
    settings.RESPONSE_LOGIN_REQUIRED = False
    entry = services.add_timeline_entry(incident.pk, text="Wrote to ben@corp.example")
    page = client.get(f"{incident.get_absolute_url()}?changes={entry.pk}").content.decode()
    assert "Wrote to ben@…" in page
    assert "corp.example" not in page


def test_a_preview_tells_no_mail_address_to_anybody(client, settings):
    settings.RESPONSE_LOGIN_REQUIRED = False
    ExternalUser.objects.create(
        app_id="slack", external_id="U1BEN", full_name="ben@corp.example", display_name=""
    )
    shown = client.post("/preview/", {"text": "Ask <@U1BEN> or b@corp.example"}).content.decode()
    assert "Ask" in shown
    assert "corp.example" not in shown


@pytest.fixture
def addressed():
    """Somebody whose names are addresses, and who leads what everybody may read."""
    return ExternalUser.objects.create(
        app_id="slack",
        external_id="U4DAN",
        display_name="dan@corp.example",
        full_name="dan@corp.example",
    )


@pytest.mark.parametrize("typed", ["dan@corp.example", "dan@c", "corp.ex", "@corp", "example"])
def test_an_anonymous_reader_finds_nobody_by_an_address(client, settings, addressed, typed):
    settings.RESPONSE_LOGIN_REQUIRED = False
    services.declare_incident(report="Mail is slow", reporter=addressed, lead=addressed)
    assert 'value="dan"' not in client.get("/people/", {"q": typed}).content.decode()
    assert "Mail is slow" not in client.get("/", {"lead": typed}).content.decode()
    assert b"Mail is slow" not in b"".join(client.get("/incidents.csv", {"lead": typed}))


def test_an_anonymous_reader_finds_those_who_lead_by_the_names_they_see(
    client, settings, addressed, ana, signed_in, person
):
    services.declare_incident(report="Mail is slow", reporter=ana, lead=addressed)
    services.declare_incident(report="A secret", reporter=ana, lead=ana, private=True)
    signed_in.logout()
    settings.RESPONSE_LOGIN_REQUIRED = False
    page = client.get("/people/", {"q": "DA"}).content.decode()
    assert 'value="dan"' in page
    assert "Mail is slow" in client.get("/", {"lead": "dan"}).content.decode()
    # Who only works on what is private, or on nothing, is nobody's business.
    assert 'value="ana"' not in client.get("/people/", {"q": "an"}).content.decode()
    client.force_login(person)
    assert 'value="ana"' in client.get("/people/", {"q": "an"}).content.decode()


WRITTEN = "The mails to ops@corp.example bounce, <@U1ANA> looks"


@pytest.mark.parametrize("where", ["report", "summary", "impact", "timeline"])
def test_an_anonymous_reader_finds_no_address_in_what_people_wrote(
    client, settings, incident, where, person
):
    if where == "timeline":
        services.add_timeline_entry(incident.pk, text=WRITTEN)
    else:
        services.update_incident(incident.pk, **{where: WRITTEN})
    address = incident.get_absolute_url()

    def finds(words):
        found = address in client.get("/", {"q": words}).content.decode()
        assert found == (address.encode() in b"".join(client.get("/incidents.csv", {"q": words})))
        return found

    settings.RESPONSE_LOGIN_REQUIRED = False
    for guess in ("ops@corp.example", "ops@c", "corp.example", "mails corp", "example", "@corp"):
        assert not finds(guess), guess
    assert finds("BOUNCE")
    assert finds("mails looks")
    assert finds("ops@")
    client.force_login(person)
    assert finds("ops@corp.example")


@pytest.mark.parametrize("ordering", ["lead", "-lead", "report", "-report"])
def test_no_address_hides_in_the_address_of_the_next_page(
    client, settings, addressed, ana, ordering
):
    settings.RESPONSE_LOGIN_REQUIRED = False
    for number in range(60):
        services.declare_incident(
            report=f"{number % 3} ops{number:02}@corp.example is full",
            reporter=ana,
            lead=addressed if number % 2 else ana,
        )
    seen = []
    address = f"/?ordering={ordering}"
    while address:
        page = client.get(address).content.decode()
        seen += re.findall(r'href="/incident/(\d+)/">', page)
        following = re.findall(r'rel="next" href="([^"]*)"', page)
        address = f"/{unescape(following[0])}" if following else ""
        [cursor] = re.findall(r"after=([\w-]+)", address) or [""]
        assert b"corp" not in base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert len(seen) == len(set(seen)) == 60


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_pages_are_only_read(signed_in, incident, method):
    for address in ("/", incident.get_absolute_url()):
        assert getattr(signed_in, method)(address).status_code == 405


def test_pages_are_kept_by_no_shared_cache(signed_in, incident):
    for address in ("/", incident.get_absolute_url()):
        assert "private" in signed_in.get(address)["Cache-Control"]


def test_what_may_hold_an_address_is_told_in_linear_time():
    # Nothing is repeated, so nothing is looked at twice, in no database.
    assert not set("*+{") & set(MAY_HOLD_AN_ADDRESS)
    for text in ("ana@example.com", r"ana\@example.com", "ana%40example.com", "-ana.b@c.d-"):
        assert re.search(MAY_HOLD_AN_ADDRESS, text)
        assert hide_addresses(text) != text
    assert not re.search(MAY_HOLD_AN_ADDRESS, "<@U0ANA> said @here that 5 @ 3 is fine")
