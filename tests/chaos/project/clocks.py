"""``python -m tests.chaos.project.clocks``: a clock of the host's that has nothing else to do."""

import django

if __name__ == "__main__":
    django.setup()
    from django.core.management import call_command

    while True:
        call_command("response_tick")
