"""The pictures on captured messages are fetched, kept, and shown on the timeline."""

from __future__ import annotations

import json
import re
from base64 import b64decode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from response.core import services
from response.delivery import inbox
from response.delivery.models import Mirror, Pause
from response.slack import client as slack_client
from response.slack.doctor import debts
from response.slack.errors import SlackRefused
from response.slack.models import PinnedMessage, PinnedPicture
from response.testing.fake_slack import FILE
from tests.payloads import ANA, BEN, event, message_shortcut, pin_added, pin_removed
from tests.slack.pictures import png

PNG = png()


@pytest.fixture
def reader(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("reader"))
    return client


@pytest.fixture
def happens(slack_sends, work_is_done):
    """Something happens in the comms channel, and is acted on."""

    def deliver(*requests):
        for request in requests:
            assert slack_sends(request).status_code == 200
        work_is_done()

    return deliver


@pytest.fixture
def graph(slack):
    """The picture that Ben uploaded."""
    return slack.add_file("graph.png", PNG, alt_txt="Errors a minute", original_w=8, original_h=6)


@pytest.fixture
def said(slack, channel, graph):
    """Ben's message with the picture; its ts."""
    return slack.say(channel.channel_id, "See the peak", user=BEN, files=[graph])


def pinned(channel, ts, *files, **more):
    where = {"message_ts": ts, "author": BEN, "channel": channel.channel_id}
    return pin_added("See the peak", files=list(files), **where, **more)


def unpinned(channel, ts):
    return pin_removed("See the peak", message_ts=ts, author=BEN, channel=channel.channel_id)


def reaction(channel, ts):
    item = {"type": "message", "channel": channel.channel_id, "ts": ts}
    fields = {"user": ANA, "reaction": "pushpin", "item": item, "item_user": BEN}
    return event("reaction_added", fields)


def changed(channel, ts, *files, at="1710099999.000100"):
    message = {"type": "message", "user": BEN, "text": "See", "ts": ts, "files": list(files)}
    fields = {"subtype": "message_changed", "message": message, "channel": channel.channel_id}
    return event("message", {**fields, "ts": at, "event_ts": at, "hidden": True})


def document(client, channel):
    answer = client.get(f"/incident/{channel.incident_id}/")
    assert answer.status_code == 200
    return answer.content.decode()


def picture_in(page):
    """The attributes of the one picture on a page."""
    (tag,) = re.findall(r'<img src="[^"]*/pictures/[^>]*>', page)
    return dict(re.findall(r'(\w+)="([^"]*)"', tag))


def words_in(page):
    """What a page says in the place of a picture."""
    (place,) = re.findall(r'(?s)<div class="response-no-picture">(.*?)</div>', page)
    return " ".join(re.sub(r"<[^>]*>", "", place).split())


def kept():
    return list(PinnedPicture.objects.filter(state="kept"))


# Shown


def test_a_pinned_picture_is_shown_in_the_document(happens, reader, channel, said, graph):
    happens(pinned(channel, said, graph))

    shown = picture_in(document(reader, channel))
    assert shown["alt"] == "Errors a minute"
    assert (shown["width"], shown["height"], shown["loading"]) == ("8", "6", "lazy")
    picture = reader.get(shown["src"])
    assert picture.status_code == 200
    assert picture.content == PNG


@pytest.mark.parametrize("how", ["reaction", "shortcut"])
def test_however_a_message_is_captured_its_pictures_are(happens, reader, channel, said, graph, how):
    shortcut = {"channel": channel.channel_id, "message_ts": said, "author": BEN}
    happens(
        reaction(channel, said)
        if how == "reaction"
        else message_shortcut("add-to-timeline", "See the peak", files=[graph], **shortcut)
    )

    assert reader.get(picture_in(document(reader, channel))["src"]).content == PNG


def test_no_page_asks_slack_and_until_the_picture_is_here_it_says_so(
    slack_sends, work_is_done, slack, reader, channel, said, graph
):
    slack.hang(60, FILE, completes=False)
    slack_sends(pinned(channel, said, graph))
    while inbox.handle_next():
        pass
    before = len(slack.calls)

    page = document(reader, channel)

    assert words_in(page) == "The picture “graph.png” is being fetched from Slack. See it in Slack"
    assert f'href="{graph["permalink"]}"' in page
    assert len(slack.calls) == before
    address = f"/incident/{channel.incident_id}/pictures/{PinnedPicture.objects.get().pk}/"
    assert reader.get(address).status_code == 404


def test_an_open_document_is_told_when_the_picture_is_here(
    slack_sends, work_is_done, reader, channel, said, graph
):
    slack_sends(pinned(channel, said, graph))
    while inbox.handle_next():
        pass
    page = document(reader, channel)
    parts = re.findall(r'name="part" value="([^"]*)"', page)
    since = re.search(r'name="since" value="(\d+)"', page)[1]
    asked = {"since": since, "part": parts}
    news = f"/incident/{channel.incident_id}/news/"
    assert reader.get(news, asked).status_code == 204

    work_is_done()

    assert picture_in(reader.get(news, asked).content.decode())["alt"] == "Errors a minute"


def test_the_size_for_a_page_is_taken_rather_than_the_original(happens, slack, channel, said):
    small = slack.add_file("thumb.png", png(9, 9))
    file = slack.add_file(
        "photo.heic",
        b"a format that no browser shows",
        mimetype="image/heic",
        thumb_960=small["url_private"],
        thumb_960_w=9,
        thumb_960_h=9,
    )

    happens(pinned(channel, said, file))

    (picture,) = kept()
    assert bytes(picture.content) == png(9, 9)
    assert (picture.width, picture.height) == (9, 9)


@pytest.mark.parametrize("trouble", ["too large", "not there yet"])
def test_a_size_that_is_not_to_be_had_leaves_the_next(happens, slack, channel, said, trouble):
    large = slack.add_file("large.png", PNG + bytes(2_000_000))
    if trouble == "not there yet":
        del slack.workspace.files[large["id"]]
    small = slack.add_file("small.png", png(3, 3))
    thumbs = {"thumb_960": large["url_private"], "thumb_480": small["url_private"]}
    file = slack.add_file("photo.png", b"", size=9_000_000, **thumbs)

    happens(pinned(channel, said, file))

    assert bytes(kept()[0].content) == png(3, 3)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (PNG, "image/png"),
    ],
)
def test_the_first_bytes_say_what_it_is_whatever_slack_says(
    happens, slack, reader, channel, said, start, kind
):
    happens(pinned(channel, said, slack.add_file("x", start + b"rest", mimetype="image/x-odd")))

    shown = reader.get(picture_in(document(reader, channel))["src"])
    assert shown["Content-Type"] == kind


def test_each_of_several_pictures_is_shown_in_their_order(happens, slack, reader, channel, said):
    files = [slack.add_file(f"{number}.png", png(number, 1)) for number in range(1, 13)]

    happens(pinned(channel, said, *files))

    page = document(reader, channel)
    # Of more there is the link in the text.
    assert re.findall(r'alt="(\d+)\.png"', page) == [str(number) for number in range(1, 11)]
    assert "12.png" in page


def test_what_is_no_picture_stays_a_link(happens, slack, reader, channel, said):
    files = [
        slack.add_file("log.txt", b"text", mimetype="text/plain"),
        slack.add_file("drawing.svg", b"<svg/>", mimetype="image/svg+xml"),
        slack.add_file("elsewhere.png", PNG, mode="external", is_external=True),
        slack.add_file("hidden.png", PNG, mode="hidden_by_limit"),
        slack.add_file("gone.png", PNG, mode="tombstone"),
    ]

    happens(pinned(channel, said, *files))

    assert not PinnedPicture.objects.exists()
    assert slack.calls_to("files.info") == []
    assert "log.txt" in document(reader, channel)


ODD = [
    {},
    {"id": "F1"},
    {"id": None, "mimetype": "image/png"},
    {"id": "", "mimetype": "image/png"},
    {"id": "F" * 500, "mimetype": "image/png"},
    {"id": ["F1"], "mimetype": "image/png"},
    {"id": "F1", "mimetype": {"image": "png"}},
    {"id": "F1", "mode": "tombstone"},
    {"id": "F1", "file_access": "check_file_info"},
    {"id": "F1", "mimetype": "image/png", "thumb_960_w": "wide", "thumb_960_h": -1},
    {"id": "F1", "mimetype": "image/png", "original_w": 10**30, "original_h": True},
    {"id": "F1", "mimetype": "image/png", "name": 7, "title": ["x"], "alt_txt": {}, "permalink": 1},
    {"id": "F1", "mimetype": "image/png", "title": "x" * 5000, "alt_txt": "y" * 50_000},
    {"id": "F\x00\ud800", "mimetype": "image/png"},
    None,
    "F1",
    [],
]


@pytest.mark.parametrize("file", ODD, ids=lambda file: str(file)[:40])
def test_an_odd_file_is_no_error(happens, reader, channel, said, file, caplog):
    happens(pinned(channel, said, file, file))

    assert "See the peak" in document(reader, channel)
    assert PinnedPicture.objects.count() <= 1
    assert "(error" not in caplog.text


@pytest.mark.parametrize("files", ["x", 1, {"id": "F1"}, True, [[{"id": "F1"}]]])
def test_odd_files_are_no_error(slack_sends, work_is_done, channel, said, files):
    request = pinned(channel, said).data["event"]
    request["item"]["message"]["files"] = files

    assert slack_sends(event("pin_added", request)).status_code == 200
    work_is_done()

    assert not PinnedPicture.objects.exists()


@pytest.mark.parametrize(
    "answer", [{}, {"file": None}, {"file": []}, {"file": {"size": "large", "thumb_960": 7}}]
)
def test_an_odd_answer_is_no_error(happens, slack, reader, channel, said, graph, answer):
    slack.workspace.files[graph["id"]] = (answer.get("file"), PNG)

    happens(pinned(channel, said, graph))

    assert "is no PNG, JPEG, GIF or WebP" in words_in(document(reader, channel))


def test_the_document_costs_no_more_queries_for_pictures(
    happens, slack, reader, channel, said, django_assert_max_num_queries
):
    files = [slack.add_file(f"{number}.png", png(number, 1)) for number in range(1, 11)]
    happens(pinned(channel, said))
    document(reader, channel)
    with CaptureQueriesContext(connection) as without:
        document(reader, channel)
    before = len(without)

    happens(pinned(channel, said, *files))

    with django_assert_max_num_queries(min(before, 12)):
        assert document(reader, channel).count('loading="lazy"') == 10


# Taken away in a file


def downloaded(client, channel, kind):
    answer = client.get(f"/incident/{channel.incident_id}/download/{kind}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_html_file_has_the_pictures_in_it(happens, slack, reader, channel, said, graph):
    lost = slack.add_file("lost.png", PNG)
    del slack.workspace.files[lost["id"]]
    happens(pinned(channel, said, graph, lost))

    page = downloaded(reader, channel, "html")

    (source,) = re.findall(r'<img src="data:image/png;base64,([^"]*)" alt="Errors a minute"', page)
    assert b64decode(source) == PNG
    assert "lost.png</bdi>, not in this file" in page


def test_the_other_files_name_the_pictures(happens, reader, channel, said, graph):
    happens(pinned(channel, said, graph))

    assert "- Picture: Errors a minute: graph.png" in downloaded(reader, channel, "markdown")
    timeline = json.loads(downloaded(reader, channel, "json"))["timeline"]
    (named,) = [each for entry in timeline for each in entry["metadata"].get("pictures", [])]
    assert (named["name"], named["alt"]) == ("graph.png", "Errors a minute")


# Followed


def test_taking_the_pin_off_removes_the_picture(happens, slack, reader, channel, said, graph):
    happens(pinned(channel, said, graph))
    address = picture_in(document(reader, channel))["src"]

    happens(unpinned(channel, said))

    assert not PinnedPicture.objects.exists()
    assert reader.get(address).status_code == 404


def test_taken_off_before_it_was_fetched_leaves_nothing(
    slack, slack_sends, work_is_done, channel, said, graph
):
    for request in (pinned(channel, said, graph), unpinned(channel, said)):
        slack_sends(request)
    work_is_done()

    assert not PinnedPicture.objects.exists()
    assert slack.calls_to(FILE) == []
    assert not Mirror.objects.filter(kind="picture", stuck=True).exists()


def test_pinned_again_or_told_twice_it_is_there_once(happens, slack, channel, said, graph):
    once = pinned(channel, said, graph)
    happens(once, once)
    happens(reaction(channel, said), pinned(channel, said, graph))

    assert len(kept()) == 1
    assert len(slack.calls_to(FILE)) == 1


def test_an_edit_that_takes_a_picture_off_and_adds_another_is_followed(
    happens, slack, reader, channel, said, graph
):
    happens(pinned(channel, said, graph))
    other = slack.add_file("after.png", png(4, 4))

    happens(changed(channel, said, {"id": graph["id"], "mode": "tombstone"}, other))

    shown = picture_in(document(reader, channel))
    assert shown["alt"] == "after.png"
    assert reader.get(shown["src"]).content == png(4, 4)
    (entry,) = channel.incident.timelineevent_set.filter(event_type="slack_pin")
    assert entry.metadata["edited"] is True
    assert len(kept()) == 1


def test_a_deleted_message_leaves_no_picture_behind(happens, reader, channel, said, graph):
    happens(pinned(channel, said, graph))

    happens(
        event(
            "message",
            {
                "subtype": "message_deleted",
                "deleted_ts": said,
                "channel": channel.channel_id,
                "ts": "1710099999.000300",
            },
        )
    )

    assert not PinnedPicture.objects.exists()
    assert "/pictures/" not in document(reader, channel)


def test_who_changes_the_entry_does_not_lose_the_pictures(happens, reader, channel, said, graph):
    happens(pinned(channel, said, graph))
    (entry,) = channel.incident.timelineevent_set.filter(event_type="slack_pin")

    changed = reader.patch(
        f"/core/incidents/{channel.incident_id}/timeline/events/{entry.pk}/",
        {"metadata": {"deploy": 4711, "pictures": "none"}},
        content_type="application/json",
    )

    assert changed.status_code == 200
    assert changed.json()["metadata"]["deploy"] == 4711
    assert picture_in(document(reader, channel))["alt"] == "Errors a minute"


def test_a_message_deleted_in_the_admin_takes_its_pictures_along(
    happens, reader, admin_client, channel, said, graph
):
    happens(pinned(channel, said, graph))
    message = PinnedMessage.objects.get()

    address = f"/admin/response/pinnedmessage/{message.pk}/delete/"
    assert admin_client.post(address, {"post": "yes"}).status_code == 302

    assert not PinnedPicture.objects.exists()
    assert "/pictures/" not in document(reader, channel)


# Not to be had


def forbidden(slack, file):
    slack.status(403, FILE)
    return "Slack does not give it to the app: Slack refused the file: HTTP 403."


def page_in_its_place(slack, file):
    slack.status(200, FILE)
    return "The Slack app may not read files"


def without_the_scope(slack, file):
    slack.missing_scopes = {"files:read"}
    return "gives it the scope files:read and installs it again"


def too_large(slack, file):
    slack.workspace.files[file["id"]] = (file, PNG + bytes(2_000_000))
    return "It is larger than 2 MB."


def no_picture(slack, file):
    slack.workspace.files[file["id"]] = (file, b"<script>alert(1)</script>")
    return "It is no PNG, JPEG, GIF or WebP."


def a_drawing(slack, file):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    slack.workspace.files[file["id"]] = ({**file, "mimetype": "image/svg+xml"}, svg)
    return "It is no PNG, JPEG, GIF or WebP."


def gone(slack, file):
    del slack.workspace.files[file["id"]]
    return "It is not in Slack any more."


def elsewhere(slack, file):
    elsewhere = {**file, "url_private": "https://files.example/graph.png"}
    slack.workspace.files[file["id"]] = (elsewhere, PNG)
    return "It is kept outside of Slack."


FOR_GOOD = [too_large, no_picture, a_drawing, gone, elsewhere]
UNTIL_MENDED = [forbidden, page_in_its_place, without_the_scope]


@pytest.mark.parametrize("trouble", [*FOR_GOOD, *UNTIL_MENDED], ids=lambda one: one.__name__)
def test_the_document_says_why_a_picture_is_not_there(
    happens, slack, reader, channel, said, graph, trouble
):
    reason = trouble(slack, graph)

    happens(pinned(channel, said, graph))

    page = document(reader, channel)
    assert "The picture “graph.png” is not shown." in words_in(page)
    assert reason in words_in(page)
    assert f'href="{graph["permalink"]}"' in page
    stuck = Mirror.objects.filter(kind="picture", stuck=True)
    assert stuck.exists() is (trouble in UNTIL_MENDED)


@pytest.mark.parametrize("trouble", UNTIL_MENDED, ids=lambda one: one.__name__)
def test_once_it_is_mended_it_is_fetched(
    happens, slack, reader, channel, said, graph, work_is_done, trouble
):
    trouble(slack, graph)
    happens(pinned(channel, said, graph))
    slack.recover()
    slack.missing_scopes = set()

    assert debts.send_again("mirror", Mirror.objects.get(kind="picture").pk)
    work_is_done()

    assert reader.get(picture_in(document(reader, channel))["src"]).content == PNG


def test_the_doctor_says_what_to_do_about_a_missing_scope(happens, slack, channel, said, graph):
    slack.missing_scopes = {"files:read"}
    happens(pinned(channel, said, graph))

    (finding,) = [one for one in debts.debts() if one.again]
    assert "files:read" in finding.text
    assert finding.advice.startswith("Give the Slack app the scope")


@pytest.mark.parametrize("trouble", ["down", "unreachable", "drop", "status"])
def test_while_slack_is_out_of_order_the_picture_waits(
    happens, slack, slack_sends, reader, channel, said, graph, trouble, work_is_done
):
    slack_sends(pinned(channel, said, graph))
    while inbox.handle_next():
        pass
    match trouble:
        case "drop":
            slack.drop_answers(FILE)
        case "status":
            slack.status(502, FILE)
        case _:
            getattr(slack, trouble)()
    work_is_done()
    assert "is being fetched from Slack" in words_in(document(reader, channel))

    slack.recover()
    Mirror.objects.update(not_before=None)
    Pause.objects.all().delete()
    work_is_done()

    assert reader.get(picture_in(document(reader, channel))["src"]).content == PNG


def test_slack_is_not_asked_for_files_before_it_said_so(happens, slack, channel, said, graph):
    slack.rate_limit(FILE, 60)
    other = slack.add_file("other.png", PNG)

    happens(pinned(channel, said, graph, other))

    assert [call.status for call in slack.calls_to(FILE)] == [429]
    assert slack.early_calls == []
    assert kept() == []


def test_where_only_the_files_are_out_of_reach_everything_else_goes_on(
    happens, slack, reader, channel, said, graph, say, monkeypatch
):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    at_slack = {**graph, "url_private": "https://files.slack.com/files-pri/T1-F1/graph.png"}
    slack.workspace.files[graph["id"]] = (at_slack, PNG)

    happens(pinned(channel, said, graph))
    say("severity major")

    assert list(Pause.objects.values_list("scope", flat=True)) == ["files"]
    channel.incident.refresh_from_db()
    assert channel.incident.severity == "2"
    assert "could not be fetched yet" in words_in(document(reader, channel))


# The token goes to Slack and to nobody else.

NOT_SLACK = [
    "https://files.example/graph.png",
    "https://slack.com.example/graph.png",
    "https://notslack.com/graph.png",
    "https://files.slack.com@files.example/graph.png",
    "https://files.example\\@files.slack.com/graph.png",
    "https://files.example#@files.slack.com/graph.png",
    "https://files.slack.com:8443/graph.png",
    "http://files.slack.com/graph.png",
    "http://127.0.0.1:9/graph.png",
    "http://169.254.169.254/latest/meta-data/",
    "ftp://files.slack.com/graph.png",
    "file:///etc/passwd",
    "https://files.slack.com/graph.png\r\nHost: files.example",
    "https://files.slack.com/gr aph.png",
    "https://[::1",
    "//files.slack.com/graph.png",
    "",
]


@pytest.mark.parametrize("address", NOT_SLACK)
def test_nothing_is_fetched_from_anywhere_else(slack, address):
    with pytest.raises(SlackRefused) as refused:
        slack_client.configured_client().download(address, 1000)

    assert refused.value.slack_error == "not_at_slack"
    assert slack.calls == []


@pytest.mark.parametrize(
    "address",
    [
        "https://files.slack.com/files-pri/T1-F1/graph.png?pub_secret=1",
        "https://example.slack.com/files/graph.png",
        "https://FILES.slack.com/files/graph.png",
    ],
)
def test_slacks_own_hosts_are_asked(slack, address, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(slack_client.SlackNotReached):
        slack_client.configured_client().download(address, 1000)


def test_a_redirect_is_not_followed(slack, graph):
    client = slack_client.SlackClient("a token of nobody's")
    with pytest.raises(SlackRefused, match="asks to sign in"):
        client.download(graph["url_private"], 1000)

    assert [call.status for call in slack.calls_to(FILE)] == [302]


# Who may see it


@pytest.fixture
def address(happens, channel, said, graph):
    """Where the picture is, once it is kept."""
    happens(pinned(channel, said, graph))
    return f"/incident/{channel.incident_id}/pictures/{kept()[0].pk}/"


def test_it_is_sent_so_that_it_can_do_nothing(reader, address):
    answer = reader.get(address)

    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert re.fullmatch(
        r'inline; filename="incident-\d+-picture-\d+\.png"', answer["Content-Disposition"]
    )
    assert "private" in answer["Cache-Control"]


def test_who_has_it_already_is_not_sent_it_again(reader, address, channel):
    etag = reader.get(address)["ETag"]

    again = reader.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    # These replace what the browser has kept.
    assert "sandbox" in again["Content-Security-Policy"]
    assert "private" in again["Cache-Control"]

    # Whoever may not see it any more is not told that it is the same.
    services.update_incident(channel.incident_id, private=True)
    assert reader.get(address, headers={"If-None-Match": etag}).status_code == 404


def test_who_is_not_signed_in_is_led_to_the_sign_in(client, address, settings):
    assert client.get(address).status_code == 302

    settings.RESPONSE_LOGIN_REQUIRED = False
    assert client.get(address).status_code == 200


def test_of_a_private_incident_it_is_not_there_for_others(reader, address, channel, settings):
    services.update_incident(channel.incident_id, private=True)

    assert reader.get(address).status_code == 404
    settings.RESPONSE_LOGIN_REQUIRED = False
    reader.logout()
    assert reader.get(address).status_code == 404


def test_it_is_not_there_under_another_incident(reader, address, channel):
    other = services.declare_incident(report="Another", reporter=channel.incident.reporter)
    assert reader.get(f"/incident/{other.pk}/pictures/{kept()[0].pk}/").status_code == 404
    assert reader.get(f"/incident/{channel.incident_id}/pictures/{10**20}/").status_code == 404
    assert reader.post(address).status_code == 405


def test_words_of_a_picture_are_words(happens, slack, client, channel, said, settings):
    settings.RESPONSE_LOGIN_REQUIRED = False
    alt = '"><script>alert(1)</script> by ana@example.com'
    happens(pinned(channel, said, slack.add_file("x.png", PNG, alt_txt=alt)))

    page = document(client, channel)

    assert "<script>alert" not in page
    assert picture_in(page)["alt"] == "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt; by ana@…"
