"""The practice workspace's addresses."""

from django.urls import include, path

from .page import views as page
from .webapi import (  # noqa: F401  they register methods
    chat,
    conversations,
    files,
    marks,
    people,
    socket_mode,
    views,
)
from .webapi.endpoint import web_api
from .webapi.response_url import response_url

app_name = "workspace"

urlpatterns = [
    path("api/<str:method>", web_api, name="web_api"),
    path("response/<str:key>", response_url, name="response_url"),
    path("files-pri/<str:file_id>", files.private, name="private_file"),
    path("files/<str:file_id>", page.file, name="file"),
    path("control/", include("workspace.control.urls")),
    path("", page.front, name="front"),
    path("app_redirect", page.app_redirect, name="app_redirect"),
    path("archives/<str:channel_id>/p<str:digits>", page.permalink, name="permalink"),
    path("as/<str:handle>/", page.front, name="front_as"),
    path("as/<str:handle>/<str:channel_id>/", page.channel, name="channel"),
    path("as/<str:handle>/<str:channel_id>/parts", page.parts, name="parts"),
]
