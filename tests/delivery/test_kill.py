"""Real processes, killed at the worst moment: what was acknowledged happens, once."""

from __future__ import annotations

from typing import Any

from response.testing import FakeSlack
from response.testing.payloads import (
    INCIDENTS,
    block_action,
    chosen,
    person,
    pin_added,
    typed,
    view_submission,
)
from tests.servers import Site, eventually
from tests.slack.pictures import png


def report(title: str) -> Any:
    return view_submission(
        "incident-report-dialog",
        {
            "report": typed(title),
            "summary": typed(None),
            "impact": typed(None),
            "lead": person(None),
            "severity": chosen("1"),
        },
    )


def incidents(site: Site) -> list[Any]:
    return site.rows("SELECT report FROM response_incident")


def headlines(slack: FakeSlack) -> list[str]:
    return [message.text for message in slack.messages(INCIDENTS)]


def wait_for_headline(slack: FakeSlack) -> None:
    assert slack.wait_for(lambda fake: fake.messages(INCIDENTS), timeout=15)


def test_killed_before_the_headline_is_posted_it_is_posted_by_whoever_starts_next(
    site, slack_server
):
    slack_server.unreachable()
    site.start()
    answer = site.deliver(report("Checkout is failing"))
    site.kill()
    assert (answer.status, answer.body) == (200, b"")

    slack_server.recover()
    site.start()  # and nobody asks for anything

    wait_for_headline(slack_server)
    assert incidents(site) == [("Checkout is failing",)]
    assert len(headlines(slack_server)) == 1


def test_killed_between_slacks_answer_and_our_note_of_it_there_is_one_headline(site, slack_server):
    slack_server.drop_answers("chat.postMessage")
    site.start()
    assert site.deliver(report("Checkout is failing")).status == 200
    wait_for_headline(slack_server)
    site.kill()

    slack_server.recover()
    site.start()

    assert eventually(lambda: site.rows("SELECT message_ts FROM response_headlinepost"))
    assert incidents(site) == [("Checkout is failing",)]
    assert len(headlines(slack_server)) == 1


def test_the_form_delivered_again_after_a_kill_declares_nothing_again(site, slack_server):
    once = report("Checkout is failing")
    site.start()
    site.deliver(once)
    site.kill()
    site.start()

    assert site.deliver(once).status == 200

    wait_for_headline(slack_server)
    assert incidents(site) == [("Checkout is failing",)]
    assert len(headlines(slack_server)) == 1


def test_slack_down_at_the_moment_of_declaring_does_not_lose_the_incident(site, slack_server):
    slack_server.down()
    site.start()

    answer = site.deliver(report("Checkout is failing"))

    assert (answer.status, answer.body) == (200, b"")
    assert incidents(site) == [("Checkout is failing",)]
    slack_server.recover()
    wait_for_headline(slack_server)
    assert len(headlines(slack_server)) == 1


def test_killed_while_a_picture_is_fetched_it_is_kept_once(site, slack_server):
    file = slack_server.add_file("graph.png", png())
    site.start()
    site.deliver(report("Checkout is failing"))
    wait_for_headline(slack_server)
    (pk,) = site.rows("SELECT id FROM response_incident")[0]
    site.deliver(block_action("create-comms-channel-button", str(pk)))
    find = "SELECT channel_id FROM response_commschannel"
    assert eventually(lambda: site.rows(find))
    ((channel,),) = site.rows(find)
    slack_server.hang(60, "files.info")
    asked = slack_server.say(channel, "See the peak", files=[file])
    site.deliver(pin_added("See the peak", message_ts=asked, channel=channel, files=[file]))
    waiting = "SELECT state FROM response_pinnedpicture"
    assert eventually(lambda: site.rows(waiting) == [("waiting",)])
    site.kill()

    slack_server.recover()
    site.start()

    assert eventually(lambda: site.rows(waiting) == [("kept",)])
    ((content,),) = site.rows("SELECT content FROM response_pinnedpicture")
    assert bytes(content) == png()
