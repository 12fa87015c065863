"""How the pages look: as the host set it, and as the reader chose."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client, lee):
    client.force_login(lee)
    return client


def test_a_host_names_its_site_and_shows_its_logo(reader, settings):
    settings.RESPONSE_SITE_NAME = "ACME <on call>"
    settings.RESPONSE_LOGO = "oncall/logo.svg"
    page = reader.get("/").content.decode()
    assert "<title>Incidents · ACME &lt;on call&gt;</title>" in page
    assert 'src="/static/oncall/logo.svg"' in page
    settings.RESPONSE_LOGO = "https://cdn.example/logo.png"
    assert 'src="https://cdn.example/logo.png"' in reader.get("/").content.decode()


def test_a_host_sets_colours_for_light_and_dark(reader, settings):
    assert "colours.css" not in reader.get("/").content.decode()
    settings.RESPONSE_COLOURS = {"accent": "#0a7", "link": ("navy", "rgb(120 180 255)")}
    assert 'href="/appearance/colours.css"' in reader.get("/").content.decode()
    sheet = reader.get("/appearance/colours.css")
    assert sheet["Content-Type"] == "text/css; charset=utf-8"
    text = sheet.content.decode()
    assert "--response-accent: light-dark(#0a7, #0a7);" in text
    assert "--response-link: light-dark(navy, rgb(120 180 255));" in text
    assert (
        reader.get("/appearance/colours.css", headers={"If-None-Match": sheet["ETag"]}).status_code
        == 304
    )


@pytest.mark.parametrize(
    "value",
    [
        "red; } body { display: none",
        "url(https://evil.example/)",
        "",
        "#12",
        "expression(1)",
        "</style>",
    ],
)
def test_what_is_no_colour_is_left_out(client, settings, value):
    settings.RESPONSE_COLOURS = {"accent": value, "link": (value, "#fff"), "nonsense": "#fff"}
    assert client.get("/appearance/colours.css").content.decode() == ":root {\n}\n"


@pytest.mark.parametrize(
    ("chosen", "attribute"), [("dark", 'data-theme="dark"'), ("light", 'data-theme="light"')]
)
def test_light_or_dark_is_chosen_without_a_script(reader, chosen, attribute):
    assert "data-theme" not in reader.get("/").content.decode()
    answer = reader.post("/appearance/theme/", {"theme": chosen, "next": "/?status=live"})
    assert answer.url == "/?status=live"
    assert attribute in reader.get("/").content.decode()
    reader.post("/appearance/theme/", {"theme": ""})
    assert "data-theme" not in reader.get("/").content.decode()


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:x", ""])
def test_the_choice_leads_to_no_other_site(reader, back):
    assert reader.post("/appearance/theme/", {"theme": "dark", "next": back}).url == "/"


@pytest.mark.parametrize("back", ["foo", "response_ui", "evil.example"])
def test_a_word_leads_nowhere_but_within_this_site(reader, back):
    answer = reader.post("/appearance/theme/", {"theme": "dark", "next": back})
    assert (answer.status_code, answer.url) == (302, back)


@pytest.mark.parametrize("cookie", ["purple", '"><script>', "", "dark;light"])
def test_a_cookie_of_no_meaning_has_none(reader, cookie):
    reader.cookies["response_theme"] = cookie
    page = reader.get("/").content.decode()
    assert "data-theme" not in page
    assert "<script>" not in page
