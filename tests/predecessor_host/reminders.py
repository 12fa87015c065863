from response.core.models.incident import Incident
from response.slack.decorators import recurring_notification, single_notification
from response.slack.models import CommsChannel


@recurring_notification(interval_mins=15, max_notifications=3)
def remind_of_status_page(incident: Incident):
    comms_channel = CommsChannel.objects.get(incident=incident)
    comms_channel.post_in_channel("Is the status page up to date?")


@single_notification(initial_delay_mins=10)
def remind_of_notes(incident: Incident):
    comms_channel = CommsChannel.objects.get(incident=incident)
    comms_channel.post_in_channel("Does somebody take notes?")
