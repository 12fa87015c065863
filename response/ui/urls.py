"""The pages; a host mounts them, usually at its root."""

from django.urls import path

from response.ui import (
    action_views,
    appearance,
    doctor,
    downloads,
    edit_views,
    entry_views,
    incident_list,
    insights,
    lifecycle,
    people,
    pictures,
    views,
    write_up,
)

app_name = "response_ui"

_INCIDENT = "incident/<int:incident_id>/"

urlpatterns = [
    path("", incident_list.incident_list, name="incident_list"),
    path("incidents.csv", incident_list.incident_csv, name="incident_csv"),
    path("insights/", insights.insights, name="insights"),
    path("declare/", lifecycle.declare, name="declare"),
    path("people/", people.suggestions, name="people"),
    path("preview/", views.preview, name="preview"),
    path("installation/", doctor.installation, name="installation"),
    path("slack-behind/", views.slack_behind, name="slack_behind"),
    path("appearance/colours.css", appearance.colours, name="colours"),
    path("appearance/theme/", appearance.choose_theme, name="theme"),
    # One incident
    path(_INCIDENT, views.incident_doc, name="incident_doc"),
    path(f"{_INCIDENT}news/", views.news, name="news"),
    path(f"{_INCIDENT}part/<slug:name>/", views.part, name="part"),
    path(f"{_INCIDENT}pictures/<int:picture_id>/", pictures.picture, name="picture"),
    path(f"{_INCIDENT}timeline/", views.more_entries, name="more_entries"),
    path(f"{_INCIDENT}reminders/", views.incident_reminders, name="reminders"),
    path(f"{_INCIDENT}edit/<slug:name>/", edit_views.edit, name="edit"),
    path(f"{_INCIDENT}undo/<str:entries>/", edit_views.take_back, name="undo"),
    path(f"{_INCIDENT}write-up/", write_up.edit, name="write_up"),
    path(f"{_INCIDENT}write-up/draft/", write_up.draft, name="draft_write_up"),
    path(f"{_INCIDENT}download/<slug:kind>/", downloads.download, name="download"),
    path(f"{_INCIDENT}close/", lifecycle.close, name="close"),
    path(f"{_INCIDENT}reopen/", lifecycle.reopen, name="reopen"),
    path(f"{_INCIDENT}channel/", lifecycle.create_channel, name="create_channel"),
    path(f"{_INCIDENT}message/", lifecycle.post_message, name="post_message"),
    path(f"{_INCIDENT}entries/add/", entry_views.add, name="add_entry"),
    path(f"{_INCIDENT}entries/restore/", entry_views.restore, name="restore_entry"),
    path(f"{_INCIDENT}entries/<int:entry_id>/", entry_views.show, name="entry"),
    path(f"{_INCIDENT}entries/<int:entry_id>/edit/", entry_views.edit, name="edit_entry"),
    path(f"{_INCIDENT}entries/<int:entry_id>/remove/", entry_views.remove, name="remove_entry"),
    path(f"{_INCIDENT}actions/add/", action_views.add, name="add_action"),
    path(f"{_INCIDENT}actions/<int:action_id>/edit/", action_views.edit, name="edit_action"),
    path(f"{_INCIDENT}actions/<int:action_id>/done/", action_views.mark, name="mark_action"),
    path(f"{_INCIDENT}actions/<int:action_id>/remove/", action_views.remove, name="remove_action"),
]
