from __future__ import annotations

from urllib.parse import urlencode, urljoin

from django.db import models

from response.conf import conf
from response.core.models import Incident
from response.slack import messages, wants


class CommsChannel(models.Model):
    """The Slack channel in which an incident is worked on."""

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE)
    channel_id = models.CharField(max_length=20, db_index=True)
    channel_name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.channel_name

    @property
    def slack_url(self) -> str:
        """Where a browser is led into the channel: beside the Web API, as Slack has it (page
        "Deep linking into Slack")."""
        query = urlencode({"channel": self.channel_id})
        return urljoin(str(conf.SLACK_API_URL), f"../app_redirect?{query}")

    def post_in_channel(self, text: str) -> None:
        """Say something in the channel; it is sent once the running transaction commits."""
        messages.post(self.channel_id, text)

    def rename(self, name: str) -> None:
        """Ask Slack for another name, once the running transaction commits."""
        wants.channel_name(self, name)
