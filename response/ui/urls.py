"""The pages; a host mounts them, usually at its root."""

from django.urls import path

from response.ui import views

app_name = "response_ui"

urlpatterns = [
    path("", views.incident_list, name="incident_list"),
    path("incident/<int:incident_id>/", views.incident_doc, name="incident_doc"),
]
