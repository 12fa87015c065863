from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class WorkspaceConfig(AppConfig):
    name = "workspace"
    verbose_name = "Practice workspace"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        post_migrate.connect(_fill_when_empty, sender=self)


def _fill_when_empty(using: str, **kwargs: Any) -> None:
    """Give a new workspace its people and channels, once its tables are there."""
    from . import router, seed
    from .models import Workspace

    if using == router.ALIAS and not Workspace.objects.exists():
        seed.fill()
