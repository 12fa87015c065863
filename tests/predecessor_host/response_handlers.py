"""Found by its name, where the predecessor was not looking yet."""

from response.slack.decorators import incident_command


@incident_command(["weather"], helptext="Show the weather")
def weather(incident, user_id, message):
    return True, "Cloudy."
