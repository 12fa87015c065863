"""A recording stand-in for Slack's Web API, on a real local port.

``FakeSlack`` serves the app under test whether that runs in this process or in another one
(gunicorn, a worker): point ``SLACK_API_URL`` at ``fake.url`` and ``SLACK_TOKEN`` at
``fake.token``. It keeps a small workspace, remembers every call, and can be given trouble.

    fake = FakeSlack().start()
    fake.refuse("chat.postMessage", "not_in_channel", times=1)
    ...
    fake.calls_to("chat.postMessage")
    fake.messages(INCIDENTS)
    fake.stop()

It knows the four people and three channels named in ``response.testing.payloads``; the bot is in
all three. Timestamps are the same in every run ("1700000000.000100", then ".000200"…) until
:meth:`FakeSlack.follow_clock`: call that where the app compares Slack's times with its own.
It is strict about messages existing: to see a reaction on a person's message, have the person
write it first (:meth:`FakeSlack.say`) and use the ts that gives.
"""

from __future__ import annotations

import copy
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from response.testing import fake_marks, fake_methods  # noqa: F401  (they register the methods)
from response.testing.fake_server import FakeServer, Reply
from response.testing.fake_workspace import (
    METHODS,
    Answer,
    Channel,
    Ephemeral,
    Message,
    Params,
    RefusedError,
    Workspace,
)
from response.testing.payloads import ANA, BOT

TOKEN = "xoxb-made-up-token"  # noqa: S105

#: What fetching a file is called among the calls.
FILE = "file"


@dataclass(frozen=True)
class Call:
    """One request of the app. ``answer`` is what Slack made of it (None: nothing was done);
    ``delivered`` is False where the connection ended without the answer; ``early`` says that
    the call came inside a Retry-After window and so should not have been made."""

    method: str
    params: Params
    answer: Answer | None
    early: bool = False
    status: int = 200
    delivered: bool = True


@dataclass
class _Trouble:
    kind: str  # refuse, limit, reset, status, hang, drop
    method: str = "*"
    times: int | None = None
    answer: Answer = field(default_factory=dict)
    number: float = 0
    completes: bool = True
    channel: str | None = None
    counts: dict[tuple[str, str | None], float] = field(default_factory=dict)

    def meets(self, method: str, params: Params) -> bool:
        if self.times == 0 or self.method not in ("*", method):
            return False
        return self.channel in (None, params.get("channel"))


class FakeSlack:
    """See the module. Safe to use from several threads; usable as a context manager."""

    def __init__(self) -> None:
        self.token = TOKEN
        self._lock = threading.RLock()
        self._called = threading.Condition(self._lock)
        self._released = threading.Event()
        self._server: FakeServer | None = None
        self._unreachable = False
        # Holds the port while nobody listens on it, so that unreachable() is a real refusal.
        self._port_holder = socket.socket()
        self._port_holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._port_holder.bind(("127.0.0.1", 0))
        self.port: int = self._port_holder.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/api/"
        self.reset()

    # Running

    def start(self) -> FakeSlack:
        """Listen. Returns itself."""
        server = FakeServer(self.port, self)
        self._server = server
        # A short poll, for shutdown() waits for the end of one.
        poll = {"poll_interval": 0.02}
        threading.Thread(target=server.serve_forever, kwargs=poll, daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening for good."""
        self._released.set()
        self._close_server()
        self._port_holder.close()

    def _close_server(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> FakeSlack:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def reset(self) -> None:
        """As new: no calls, no trouble, the first workspace, the first clock."""
        self.recover()
        with self._lock:
            self.calls: list[Call] = []
            #: What the app was not given of what Response needs.
            self.missing_scopes: set[str] = set()
            self.seconds_ahead = 0.0
            self._windows: dict[tuple[str, str | None], float] = {}
            self.ts_clock: Callable[[], float] = lambda: 1_700_000_000.0
            self.window_clock: Callable[[], float] = time.time
            self.workspace = Workspace(lambda: self.ts_clock())

    # Looking

    def calls_to(self, method: str) -> list[Call]:
        """The calls of one method, in order."""
        with self._lock:
            return [call for call in self.calls if call.method == method]

    @property
    def early_calls(self) -> list[Call]:
        """The calls made inside a Retry-After window."""
        with self._lock:
            return [call for call in self.calls if call.early]

    @property
    def channels(self) -> dict[str, Channel]:
        """The channels by id, direct conversations too."""
        return self.workspace.channels

    @property
    def users(self) -> dict[str, Answer]:
        """The people by id, as ``users.info`` shows them."""
        return self.workspace.users

    @property
    def usergroups(self) -> dict[str, Answer]:
        """Groups of people by id; put {id, handle, name, users: [id]} here."""
        return self.workspace.usergroups

    @property
    def views(self) -> list[Answer]:
        """The forms that were opened, in order, as they stand now."""
        with self._lock:
            return copy.deepcopy(list(self.workspace.views.values()))

    def messages(self, channel: str) -> list[Message]:
        """What the channel holds now, oldest first, replies in threads too; a person's id gives
        their direct conversation with the bot."""
        with self._lock:
            return copy.deepcopy(self._conversation(channel).messages)

    def ephemerals(self, channel: str) -> list[Ephemeral]:
        """What single people were shown there."""
        with self._lock:
            return copy.deepcopy(self._conversation(channel).ephemerals)

    def wait_for(self, happened: Callable[[FakeSlack], object], *, timeout: float = 10) -> bool:
        """Wait until ``happened(fake)`` is true, looking after each call; False if it was not
        within ``timeout`` seconds. For apps that run in another thread or process."""
        with self._called:
            return bool(self._called.wait_for(lambda: happened(self), timeout))

    def _conversation(self, channel: str) -> Channel:
        if channel[:1] in ("U", "W"):
            channel = f"D{channel[1:]}"
        return self.channels.get(channel) or Channel(channel, "")

    # Arranging

    def add_user(self, id: str, name: str, **more: Any) -> Answer:
        """One more person; ``more`` are fields of a Slack user (``real_name``, ``email``,
        ``display_name``, ``deleted``, ``is_bot``, ``profile``…)."""
        with self._lock:
            return self.workspace.add_user(id, name, **more)

    def add_channel(self, id: str, name: str, *, bot_is_member: bool = True, **more: Any) -> str:
        """One more channel, with everybody in it; ``more`` are fields of ``Channel``."""
        with self._lock:
            people = [user for user in self.users if bot_is_member or user != BOT]
            self.channels[id] = Channel(id, name, **{"members": people, **more})
            return id

    def add_file(self, name: str, content: bytes, **more: Any) -> Answer:
        """A file that somebody uploaded, as messages show it in their ``files``; ``more`` are
        fields of Slack's object (``mimetype``, which is image/png, ``alt_txt``, ``size``…).

        It is fetched with the token. For trouble with that, its method is called ``FILE``.
        """
        with self._lock:
            return self.workspace.add_file(name, content, f"{self.url[:-4]}files/", **more)

    def say(
        self,
        channel: str,
        text: str,
        *,
        user: str = ANA,
        thread_ts: str | None = None,
        files: Iterable[Answer] = (),
    ) -> str:
        """A person writes in a channel, with ``files`` of ``add_file`` if need be. Gives the
        message's ts; nothing is sent to the app."""
        how: dict[str, Any] = {"user": user, "thread_ts": thread_ts, "files": files}
        with self._lock:
            return self.workspace.say(channel, text, **how)

    def follow_clock(self, read: Callable[[], float] = time.time) -> None:
        """From now on timestamps, creation times and Retry-After windows follow this clock."""
        self.ts_clock = self.window_clock = read

    # Trouble

    def refuse(
        self,
        method: str = "*",
        error: str = "channel_not_found",
        times: int | None = None,
        *,
        channel: str | None = None,
        **more: Any,
    ) -> None:
        """Answer ``ok: false`` with this code, ``more`` beside it; for ``times`` calls, or until
        recover()."""
        answer = {"ok": False, "error": error, **more}
        self._trouble(_Trouble("refuse", method, times, answer=answer, channel=channel))

    def rate_limit(
        self,
        method: str,
        retry_after: float | None,
        times: int = 1,
        *,
        channel: str | None = None,
    ) -> None:
        """Answer 429. Whoever calls again before the window ends is answered 429 too and counted
        as early; after it the next of ``times`` begins. None leaves the header out (and opens no
        window)."""
        number = -1 if retry_after is None else retry_after
        self._trouble(_Trouble("limit", method, times, number=number, channel=channel))

    def rate_limit_every_other(self, retry_after: float, method: str = "*") -> None:
        """Answer 429 to every other call of each method, of chat.postMessage in each channel; what
        comes inside the window is as with rate_limit()."""
        self._trouble(_Trouble("alternate", method, number=retry_after))

    def one_message_a_second(self) -> None:
        """Answer 429 to more than one chat.postMessage a second in a channel ("Rate limits")."""
        self._trouble(_Trouble("pace", "chat.postMessage", number=1))

    def down(self) -> None:
        """Reset every connection when the request was read: the caller cannot know what became of
        it. It is not among ``calls``."""
        self._trouble(_Trouble("reset"))

    def unreachable(self) -> None:
        """Refuse connections: nothing listens, so nothing can have happened."""
        self._unreachable = True
        self._close_server()

    def status(self, code: int, method: str = "*", times: int | None = None) -> None:
        """Answer with this HTTP status and a page that is not JSON; nothing is done."""
        self._trouble(_Trouble("status", method, times, number=code))

    def hang(
        self,
        seconds: float,
        method: str = "*",
        times: int | None = None,
        *,
        completes: bool = True,
        channel: str | None = None,
    ) -> None:
        """Take the call and stay silent for so long, or until recover(); then do it and answer,
        though nobody may be waiting any more. With ``completes=False`` it is never done."""
        where: dict[str, Any] = {"completes": completes, "channel": channel}
        self._trouble(_Trouble("hang", method, times, number=seconds, **where))

    def drop_answers(self, method: str = "*", times: int | None = None) -> None:
        """Do what is asked, then close the connection without a word."""
        self._trouble(_Trouble("drop", method, times))

    def recover(self) -> None:
        """No trouble any more; the windows of a rate limit go too."""
        with self._lock:
            self._troubles: list[_Trouble] = []
            self._windows = {}
            self._released.set()
            self._released = threading.Event()
        if self._unreachable:
            self._unreachable = False
            self.start()

    def _trouble(self, trouble: _Trouble) -> None:
        with self._lock:
            self._troubles.append(trouble)

    # Answering; called by the handler

    @property
    def is_down(self) -> bool:
        with self._lock:
            return any(trouble.kind == "reset" for trouble in self._troubles)

    def _meets(self, kind: str, method: str, params: Params) -> _Trouble | None:
        for trouble in self._troubles:
            if trouble.kind == kind and trouble.meets(method, params):
                if trouble.times is not None:
                    trouble.times -= 1
                return trouble
        return None

    def _limited(self, method: str, params: Params) -> tuple[float | None, bool] | None:
        """Retry-After and whether the call is early, or None where no limit stands."""
        now = self.window_clock()
        for (limited, channel), end in self._windows.items():
            here = channel in (None, params.get("channel"))
            if limited in ("*", method) and here and now < end:
                return max(1.0, float(round(end - now))), True
        if (rate := self._exceeded(method, params, now)) is not None:
            self._windows[_bucket(method, params)] = now + rate.number
            return rate.number, False
        trouble = self._meets("limit", method, params)
        if trouble is None:
            return None
        if trouble.number < 0:
            return None, False
        self._windows[trouble.method, trouble.channel] = now + trouble.number
        return trouble.number, False

    def _exceeded(self, method: str, params: Params, now: float) -> _Trouble | None:
        """The limit of a rate that this call is too much for."""
        bucket = _bucket(method, params)
        if (alternate := self._meets("alternate", method, params)) is not None:
            alternate.counts[bucket] = 1 - alternate.counts.get(bucket, 0)
            if not alternate.counts[bucket]:
                return alternate
        pace = self._meets("pace", method, params)
        if pace is None or now < pace.counts.get(bucket, 0) + pace.number:
            return pace
        pace.counts[bucket] = now
        return None

    def answer(self, method: str, params: Params, token: str) -> Reply:
        """Do what ``method`` asks, under whatever trouble there is, and note it."""
        with self._lock:
            workspace, released = self.workspace, self._released
            hang = self._meets("hang", method, params)
        if hang is not None:
            released.wait(hang.number)
            if not hang.completes:
                self._note(Call(method, params, None, delivered=False))
                return Reply(None)
        with self._lock:
            if workspace is not self.workspace:
                return Reply(None)  # reset() came while this call hung
            reply, call = self._decide(method, params, token)
            self._note(call)
            if method == "auth.test":
                reply.headers["X-OAuth-Scopes"] = ",".join(sorted(self._granted()))
            return reply

    def _lacking(self, method: str) -> str:
        from response.slack import scopes

        needed = scopes.METHODS.get(method, ())
        return next((scope for scope in needed if scope in self.missing_scopes), "")

    def _granted(self) -> set[str]:
        from response.slack.scopes import scopes

        return scopes() - self.missing_scopes

    def _note(self, call: Call) -> None:
        with self._called:
            self.calls.append(call)
            self._called.notify_all()

    def _decide(self, method: str, params: Params, token: str) -> tuple[Reply, Call]:
        if trouble := self._meets("status", method, params):
            code = int(trouble.number)
            page = Reply(b"<html>Something went wrong</html>", code, {"Content-Type": "text/html"})
            return page, Call(method, params, None, status=code)
        if (limit := self._limited(method, params)) is not None:
            seconds, early = limit
            answer: Answer = {"ok": False, "error": "ratelimited"}
            headers = {} if seconds is None else {"Retry-After": f"{seconds:g}"}
            call = Call(method, params, answer, early=early, status=429)
            return Reply.json(answer, 429, headers), call
        if method == FILE:
            reply = self._file(params, token)
            dropped = self._meets("drop", method, params) is not None
            call = Call(method, params, None, status=reply.status, delivered=not dropped)
            return (Reply(None) if dropped else reply), call
        trouble = self._meets("refuse", method, params)
        answer = trouble.answer if trouble else self._perform(method, params, token)
        if self._meets("drop", method, params):
            return Reply(None), Call(method, params, answer, delivered=False)
        return Reply.json(answer), Call(method, params, answer)

    def _file(self, params: Params, token: str) -> Reply:
        page = {"Content-Type": "text/html; charset=utf-8"}
        if token != self.token or "files:read" in self.missing_scopes:
            sign_in = {"Location": "https://example.slack.com/?redir=%2Ffiles-pri"}
            return Reply(b"<html>Sign in</html>", 302, {**page, **sign_in})
        found = self.workspace.files.get(str(params.get("file")))
        if found is None:
            return Reply(b"<html>Not found</html>", 404, page)
        file, content = found
        return Reply(content, 200, {"Content-Type": str(file["mimetype"])})

    def _perform(self, method: str, params: Params, token: str) -> Answer:
        if not token:
            return {"ok": False, "error": "not_authed"}
        if token != self.token:
            return {"ok": False, "error": "invalid_auth"}
        if method not in METHODS:
            return {"ok": False, "error": "unknown_method", "req_method": method}
        if lacking := self._lacking(method):
            return {"ok": False, "error": "missing_scope", "needed": lacking, "provided": ""}
        try:
            answer = METHODS[method](self.workspace, copy.deepcopy(params))
        except RefusedError as refused:
            return refused.answer
        return copy.deepcopy({"ok": True, **answer})


def _bucket(method: str, params: Params) -> tuple[str, str | None]:
    """What Slack counts together."""
    return method, params.get("channel") if method == "chat.postMessage" else None
