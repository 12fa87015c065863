from __future__ import annotations

from urllib.parse import quote, urljoin

from django.db import models

from response.conf import conf
from response.core.models import Incident
from response.slack import messages, wants
from response.slack.models.comms_channel import CommsChannel


class HeadlinePost(models.Model):
    """The one message that tells everyone of an incident, and where it stands in Slack."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE)
    message_ts = models.CharField(max_length=20, blank=True, null=True)
    channel_id = models.CharField(max_length=20, blank=True, default="")
    comms_channel = models.OneToOneField(
        CommsChannel, on_delete=models.DO_NOTHING, blank=True, null=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident"], name="response_one_headline_an_incident")
        ]

    def __str__(self) -> str:
        return f"Headline of {self.incident}"

    @property
    def place(self) -> str:
        """The id of the channel where the post is; "" where that is not known.

        The predecessor noted none: its posts are in the channel of the settings.
        """
        return self.channel_id or wants.headline_setting(self.incident)[0]

    @property
    def slack_url(self) -> str:
        """Where a browser is led to the post; "" while there is none. Slack has its messages
        beside the Web API, as ``chat.getPermalink`` answers them."""
        if not self.message_ts or not self.place:
            return ""
        where = f"../archives/{quote(self.place)}/p{self.message_ts.replace('.', '')}"
        return urljoin(str(conf.SLACK_API_URL), where)

    def update_in_slack(self) -> None:
        """Have the post made to look like the incident, once the running transaction commits."""
        wants.headline(self.incident)

    def post_to_thread(self, text: str) -> None:
        """Answer in the post's thread, once the running transaction commits.

        Nothing is said where there is no post yet.
        """
        if self.message_ts:
            messages.post(self.place, text, thread_ts=self.message_ts)
