"""What the practice workspace remembers. Nothing here is shared with the app it talks to."""

from __future__ import annotations

from typing import Any

from django.db import models

#: What the app's manifest asks for. Taking one away makes ``missing_scope`` happen.
SCOPES = [
    *("app_mentions:read", "bookmarks:read", "bookmarks:write", "channels:history"),
    *("channels:join", "channels:manage", "channels:read", "chat:write", "chat:write.public"),
    *(
        "commands",
        "files:read",
        "groups:history",
        "groups:read",
        "groups:write",
        "im:read",
        "im:write",
    ),
    *("pins:read", "pins:write", "reactions:read", "reactions:write", "team:read"),
    *("usergroups:read", "users:read", "users:read.email"),
]


def default_scopes() -> list[str]:
    return list(SCOPES)


class Workspace(models.Model):
    """The one row of what holds for all of it; locked by every write, so it also hands out ts."""

    name = models.CharField(max_length=80, default="Practice workspace")
    team_id = models.CharField(max_length=20, default="T00PRACTICE")
    domain = models.CharField(max_length=40, default="practice")
    app_id = models.CharField(max_length=20, default="A00INCIDENT")
    scopes = models.JSONField(default=default_scopes)
    #: Grows with every change a page could show.
    revision = models.BigIntegerField(default=0)
    #: The latest instant handed out, in microseconds since 1970: no two messages share a ts.
    clock = models.BigIntegerField(default=0)
    one_post_a_second = models.BooleanField(default=False)
    deliveries_held = models.BooleanField(default=False)
    deliveries_doubled = models.BooleanField(default=False)
    #: Who sends the deliveries now, and until when (seconds since 1970).
    courier = models.CharField(max_length=60, default="")
    courier_until = models.FloatField(default=0)


class Person(models.Model):
    user_id = models.CharField(max_length=20, unique=True)
    handle = models.CharField(max_length=40, unique=True)
    full_name = models.CharField(max_length=80)
    title = models.CharField(max_length=80, blank=True)
    email = models.CharField(max_length=120, blank=True)
    deleted = models.BooleanField(default=False)
    #: Set for bots only: the B… id their posts carry.
    bot_id = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.full_name

    @property
    def is_bot(self) -> bool:
        return bool(self.bot_id) or self.user_id == "USLACKBOT"

    @property
    def display_name(self) -> str:
        return self.handle if self.is_bot else self.full_name.partition(" ")[0]

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.full_name.split()[:2]).upper()


class UserGroup(models.Model):
    group_id = models.CharField(max_length=20, unique=True)
    handle = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=200, blank=True)
    people = models.ManyToManyField(Person)


class Channel(models.Model):
    channel_id = models.CharField(max_length=20, unique=True)
    #: Null for direct messages, which have no name; unique otherwise, archived ones included.
    name = models.CharField(max_length=80, null=True, unique=True)
    is_private = models.BooleanField(default=False)
    is_archived = models.BooleanField(default=False)
    #: A direct message between the bot and this person.
    dm_with = models.OneToOneField(Person, models.CASCADE, null=True, related_name="dm")
    creator = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created = models.BigIntegerField()
    topic = models.CharField(max_length=250, blank=True)
    topic_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    purpose = models.CharField(max_length=250, blank=True)
    #: When the bot last posted here, in microseconds since 1970, for one post a second.
    bot_posted = models.BigIntegerField(default=0)
    members: models.ManyToManyField[Person, Membership] = models.ManyToManyField(
        Person, through="Membership", related_name="channels"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"#{self.name}" if self.name else self.channel_id

    @property
    def is_dm(self) -> bool:
        return self.dm_with_id is not None

    def has(self, person: Person) -> bool:
        return self.memberships.filter(person=person).exists()


class Membership(models.Model):
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")
    #: The ts of the last message that the person has seen.
    last_read = models.CharField(max_length=20, default="0")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "person"], name="one_membership")]


class Message(models.Model):
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="messages")
    ts = models.CharField(max_length=20)
    author = models.ForeignKey(Person, models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    blocks = models.JSONField(default=list)
    attachments = models.JSONField(default=list)
    metadata = models.JSONField(null=True)
    #: As Slack names them: channel_join, channel_topic, pinned_item… Empty for what people wrote.
    subtype = models.CharField(max_length=40, blank=True)
    thread_ts = models.CharField(max_length=20, blank=True)
    #: A reply that is shown in the channel too.
    broadcast = models.BooleanField(default=False)
    edited_ts = models.CharField(max_length=20, blank=True)
    edited_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    #: Seen by this person only, and by no history.
    only_for = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+")
    client_msg_id = models.CharField(max_length=40, blank=True)
    #: The workspace's revision when the message, its reactions or its pin last changed.
    revision = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["ts"]
        constraints = [models.UniqueConstraint(fields=["channel", "ts"], name="one_ts")]
        indexes = [models.Index(fields=["channel", "thread_ts", "ts"], name="threads")]

    @property
    def is_reply(self) -> bool:
        return bool(self.thread_ts) and self.thread_ts != self.ts


class File(models.Model):
    """A picture on a message."""

    file_id = models.CharField(max_length=20, unique=True)
    message = models.ForeignKey(Message, models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    alt_text = models.TextField(blank=True)
    mimetype = models.CharField(max_length=80)
    created = models.BigIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Reaction(models.Model):
    message = models.ForeignKey(Message, models.CASCADE, related_name="reactions")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["message", "person", "name"], name="one_reaction")
        ]


class Pin(models.Model):
    message = models.OneToOneField(Message, models.CASCADE, related_name="pin")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    created = models.BigIntegerField()

    class Meta:
        ordering = ["pk"]


class Bookmark(models.Model):
    bookmark_id = models.CharField(max_length=20, unique=True)
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="bookmarks")
    title = models.CharField(max_length=255)
    link = models.TextField(blank=True)
    emoji = models.CharField(max_length=100, blank=True)
    created = models.BigIntegerField()
    updated = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["pk"]


class View(models.Model):
    """A form that was opened for a person, or the app's Home for that person."""

    OPEN, SUBMITTED, CLOSED = "open", "submitted", "closed"

    view_id = models.CharField(max_length=30, unique=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="views")
    content = models.JSONField()
    #: Changes with the content; a write that names another one is refused.
    hash = models.CharField(max_length=60)
    state = models.CharField(max_length=10, default=OPEN)
    #: Block id to what is wrong there, as the app answered.
    errors = models.JSONField(default=dict)
    #: What the person has entered: block id, action id, value as Slack writes it.
    values = models.JSONField(default=dict)
    under = models.ForeignKey("self", models.CASCADE, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]

    @property
    def root_id(self) -> str:
        return self.under.root_id if self.under else self.view_id


class Trigger(models.Model):
    """A permission to open one form for one person within three seconds."""

    trigger_id = models.CharField(max_length=80, unique=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    #: The form it was pressed in, for views.push.
    view = models.ForeignKey(View, models.CASCADE, null=True, related_name="+")
    sent = models.FloatField()
    used = models.BooleanField(default=False)


class ResponseUrl(models.Model):
    """An address that takes five answers within thirty minutes."""

    key = models.CharField(max_length=60, unique=True)
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    message_ts = models.CharField(max_length=20, blank=True)
    created = models.FloatField()
    uses = models.IntegerField(default=0)


class Shortcut(models.Model):
    """An entry of the message menu that calls the app."""

    callback_id = models.CharField(max_length=255, unique=True)
    name = models.CharField(max_length=24)


class Delivery(models.Model):
    """An event the app has to be told of."""

    WAITING, DELIVERED, GIVEN_UP = "waiting", "delivered", "given_up"

    event_id = models.CharField(max_length=30, unique=True)
    event_type = models.CharField(max_length=60)
    body = models.TextField()
    state = models.CharField(max_length=10, default=WAITING)
    attempts = models.IntegerField(default=0)
    due = models.FloatField()
    #: Why the last attempt failed, in Slack's words: http_timeout, connection_failed, http_error…
    reason = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["due"], name="deliveries_waiting", condition=models.Q(state="waiting")
            )
        ]


class Trouble(models.Model):
    """Something that goes wrong with the Web API, on purpose."""

    KINDS = {
        "down": "answers 503 and does nothing",
        "slow": "works, but takes `seconds`",
        "rate_limited": "answers 429 with Retry-After `seconds` and does nothing",
        "error": "answers the error `error` and does nothing",
        "answer_lost": "does the work and cuts the connection instead of answering",
        "answer_late": "does the work at once and answers after `seconds`",
    }

    #: A method's name, or * for all of them.
    method = models.CharField(max_length=60, default="*")
    kind = models.CharField(max_length=20)
    error = models.CharField(max_length=60, blank=True)
    seconds = models.FloatField(default=5)
    #: How many more calls it strikes; null for all of them until it is removed.
    times = models.IntegerField(null=True)

    class Meta:
        ordering = ["pk"]

    def shape(self) -> dict[str, Any]:
        return {
            **{"id": self.pk, "method": self.method, "kind": self.kind},
            **{"error": self.error, "seconds": self.seconds, "times": self.times},
        }


class Traffic(models.Model):
    """One request that went one way or the other, for the inspector."""

    TO_APP, TO_SLACK = "to_app", "to_slack"

    direction = models.CharField(max_length=10)
    what = models.CharField(max_length=80)
    at = models.FloatField()
    took_ms = models.FloatField(default=0)
    status = models.CharField(max_length=60)
    ok = models.BooleanField(default=True)
    request = models.TextField(blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
