"""The pages; a host mounts them, usually at its root."""

from django.urls import path

from response.ui import appearance, views

app_name = "response_ui"

urlpatterns = [
    path("", views.incident_list, name="incident_list"),
    path("appearance/colours.css", appearance.colours, name="colours"),
    path("appearance/theme/", appearance.choose_theme, name="theme"),
    path("incident/<int:incident_id>/", views.incident_doc, name="incident_doc"),
]
