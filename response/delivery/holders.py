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
import uuid
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


def _path_of(token: str) -> Path:
    return Path(tempfile.gettempdir()) / f"response-{token}.lock"
