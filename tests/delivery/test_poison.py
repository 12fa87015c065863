"""A row that ends the process that handles it, in real processes."""

from __future__ import annotations

HANDLER = """
import os
from response.delivery import inbox

def steps(row):
    if row.key == "event:poison":
        os._exit(9)
    yield "note", lambda: print(row.key, flush=True)

inbox.use_handlers(inbox.Handlers(steps=steps, on_failure=lambda row, error_id: None))
{work}
"""

RECEIVE = """
for key in ("event:1", "event:poison", "event:2"):
    inbox.receive(key, "event", lane="C1")
"""

# A minute later each time, so that nothing waits.
HANDLE = """
import time, time_machine
inbox.free_claims_of_the_gone()
with time_machine.travel(time.time() + {later}):
    while inbox.handle_next():
        pass
"""


def run(site, work):
    """Do this in a process of its own; returns its exit status and what was handled."""
    ended = site.run(HANDLER.format(work=work))
    return ended.returncode, ended.stdout.split()


def test_a_row_that_kills_its_process_is_given_up_and_the_others_go_on(site):
    assert run(site, RECEIVE) == (0, [])

    now = HANDLE.format(later=0)
    assert [run(site, now) for _process in range(3)] == [
        (9, ["event:1"]),
        (9, []),
        (0, ["event:2"]),
    ]
    later = [run(site, HANDLE.format(later=60 * minute))[0] for minute in range(1, 9)]

    assert later == [9] * 6 + [0, 0]
    assert site.rows("SELECT key, state, attempts FROM response_inbox ORDER BY id") == [
        ("event:1", 1, 1),
        ("event:poison", 2, 9),
        ("event:2", 1, 1),
    ]
    assert site.rows("SELECT error FROM response_inbox WHERE state = 2") == [
        ("Handling it ended the process, again and again.",)
    ]
