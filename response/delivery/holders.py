"""Who holds a lane or a claim, and whether that process is still there.

A lease ends by time. That is safe, and slow: after a crash its work would wait for no reason. So
each process keeps a file locked for as long as it lives; the operating system lets go of the lock
when the process ends, however it ends, and the others on the same machine can see that it did.
Across machines, and where a system has no such locks, the time decides.
"""

from __future__ import annotations

import atexit
import importlib
import os
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

fcntl: Any
try:
    fcntl = importlib.import_module("fcntl")
except ImportError:
    fcntl = None

_HOST = socket.gethostname()[:30].replace(" ", "-")


class _Self:
    """This process's name and its locked file; a forked child has its own."""

    def __init__(self) -> None:
        self.process_id = os.getpid()
        self.token = uuid.uuid4().hex
        self.file: IO[bytes] | None = None
        try:
            self.file = _path_of(self.token).open("wb")
            # Not flock: a child would share that lock, and keep it when its parent is gone.
            fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (OSError, AttributeError):
            # No such locks here, or nowhere to keep the file. Without it nobody takes us for gone.
            self._remove()
        else:
            atexit.register(self._remove)

    def _remove(self) -> None:
        if self.file is not None and self.process_id == os.getpid():
            _path_of(self.token).unlink(missing_ok=True)


class _Known:
    """The present process as a holder: made once, whichever of its threads asks first."""

    def __init__(self) -> None:
        self.forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        self._lock = threading.Lock()
        self._self: _Self | None = None

    def token(self) -> str:
        with self._lock:
            self._self = self._self or _Self()
            return self._self.token


_known = _Known()


def me() -> str:
    """The name of this process, unlike that of any other, anywhere and ever."""
    return f"{_HOST}:{_known.token()}"


def is_gone(holder: str) -> bool:
    """Whether the process of this name ended; False where that cannot be known."""
    return _is_locked(holder) is False


def lives(holder: str) -> bool:
    """Whether the process of this name is there; False where that cannot be known."""
    return _is_locked(holder) is True


def _is_locked(holder: str) -> bool | None:
    """Whether a holder has its file locked still; None where that cannot be known."""
    host, token = [*holder.split(":"), ""][:2]
    if fcntl is None or host != _HOST:
        return None
    if token == _known.token():
        return True
    try:
        file = _path_of(token).open("rb+")
    except OSError:
        # No file, or that of another user: not ours to tell.
        return None
    with file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


class Endings:
    """Leases, and claims, that seem to have ended.

    A clock that is put forward ends all of them at once, in the middle of things too. So what a
    process has that is known to live is over only where what was left of it has passed, since it
    was first seen, by what cannot be put forward; all of it, if it was over by then.
    """

    def __init__(self, length: timedelta, passing: Callable[[], float] = time.monotonic) -> None:
        """``length``: what one lasts; ``passing``: seconds, as they pass."""
        self._length = length
        self._passing = passing
        self._seen: dict[object, tuple[datetime, float]] = {}

    def is_over(self, what: object, holder: str, until: datetime, present: datetime) -> bool:
        """Whether others may take what ``holder`` has ``until`` then."""
        seen, ends = self._seen.get(what, (None, 0.0))
        if seen != until:
            left = until - present if present < until <= present + self._length else self._length
            ends = self._passing() + left.total_seconds()
            if len(self._seen) > _MOST_SEEN:
                self._seen.clear()
            self._seen[what] = (until, ends)
        return until <= present and (not lives(holder) or self._passing() >= ends)


_MOST_SEEN = 1000


def _path_of(token: str) -> Path:
    return Path(tempfile.gettempdir()) / f"response-{token}.lock"
