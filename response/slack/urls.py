from django.urls import path

from response.slack import clock_doors, views

app_name = "response_slack"

urlpatterns = [
    path("slash_command", views.slash_command, name="slash_command"),
    path("action", views.action, name="action"),
    path("event", views.event, name="event"),
    path("cron_minute", clock_doors.cron_minute, name="cron_minute"),
    path("cron_daily", clock_doors.cron_daily, name="cron_daily"),
]
