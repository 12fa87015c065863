from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    name = "tests.predecessor_host"
    label = "workflows"

    def ready(self):
        from tests.predecessor_host import (  # noqa: F401
            commands,
            deploys,
            escalation,
            reminders,
        )
