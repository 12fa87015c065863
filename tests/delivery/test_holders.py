"""Who holds something, and whether that process is still there."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from response.delivery import holders
from tests.servers import ROOT

# One write a line: with PYTHONUNBUFFERED, print writes the line's end by itself, and the lines of
# two processes mix.
SAY_WHO = (
    "import os; from response.delivery import holders; "
    "say = lambda: os.write(1, (holders.me() + chr(10)).encode()); say(); "
)


def start(program):
    return subprocess.Popen(
        [sys.executable, "-c", SAY_WHO + program],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_process_that_lives_is_not_gone_and_one_that_was_killed_is():
    with start("input()") as other:
        name = other.stdout.readline().strip()
        assert not holders.is_gone(name)
        other.kill()
        other.wait()
        assert holders.is_gone(name)
        assert holders.is_gone(f"{name}:140234"), "one of its threads"


def test_a_forked_child_has_a_name_of_its_own_and_outlives_its_parent():
    forking = "os.fork(); say(); input()"
    with start(forking) as parent:
        before, one, other = (parent.stdout.readline().strip() for _line in range(3))
        assert before in {one, other}
        assert one != other
        assert not holders.is_gone(one)
        assert not holders.is_gone(other)
        parent.kill()
        parent.wait()
        assert [holders.is_gone(name) for name in sorted({one, other} - {before})] == [False]
        assert holders.is_gone(before)


def test_all_threads_of_a_process_know_it_by_one_name():
    names, ready = [], threading.Barrier(8)
    known = holders._Known()

    def ask():
        ready.wait()
        names.append(known.token())

    threads = [threading.Thread(target=ask) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 1


def test_of_a_process_on_another_machine_nothing_is_known():
    assert not holders.is_gone("another-machine:0123456789abcdef")
    assert not holders.is_gone("")


def test_a_file_that_is_not_ours_to_open_says_nothing():
    # A folder cannot be opened as a file, whoever tries; tests may run as root.
    path = Path(tempfile.gettempdir()) / "response-notours.lock"
    path.mkdir(exist_ok=True)
    try:
        assert not holders.is_gone(f"{holders.me().split(':')[0]}:notours")
    finally:
        path.rmdir()


def test_a_machine_with_no_place_for_the_file_does_without():
    nowhere = "import tempfile; tempfile.tempdir = '/nowhere/at/all'; "
    program = nowhere + SAY_WHO + "print(holders._known._self.file)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    name, file = done.stdout.split("\n")[:2]
    assert ":" in name
    assert file == "None"


LENGTH = timedelta(seconds=30)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Passing:
    """Seconds that pass as the test says."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


def test_who_lives_and_hangs_keeps_what_it_has_no_longer_than_it_may():
    passing = Passing()
    endings = holders.Endings(LENGTH, passing)
    until = NOON + timedelta(seconds=20)
    assert not endings.is_over("it", holders.me(), until, NOON)
    passing.seconds += 20
    assert endings.is_over("it", holders.me(), until, NOON + timedelta(seconds=20))


def test_a_clock_that_is_put_forward_ends_nothing_of_who_lives():
    passing = Passing()
    endings = holders.Endings(LENGTH, passing)
    hours = itertools.count(1)
    for _renewed in range(3):
        now = NOON + timedelta(hours=next(hours))
        assert not endings.is_over("it", holders.me(), now + LENGTH, now)
        passing.seconds += 20
        assert not endings.is_over("it", holders.me(), now + LENGTH, now + timedelta(hours=1))


def test_what_was_over_when_it_was_first_seen_has_all_its_time_again():
    passing = Passing()
    endings = holders.Endings(LENGTH, passing)
    assert not endings.is_over("it", holders.me(), NOON, NOON)
    passing.seconds += 29
    assert not endings.is_over("it", holders.me(), NOON, NOON)
    passing.seconds += 1
    assert endings.is_over("it", holders.me(), NOON, NOON)


def test_of_who_is_gone_or_elsewhere_the_clock_decides():
    endings = holders.Endings(LENGTH, Passing())
    assert not endings.is_over("it", "another-machine:abc", NOON + LENGTH, NOON)
    assert endings.is_over("it", "another-machine:abc", NOON + LENGTH, NOON + LENGTH)
