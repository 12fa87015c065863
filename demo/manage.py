#!/usr/bin/env python
"""Django's command line for the demo."""

import os
import sys

#: What does Slack's work. The others may be needed before there is a token: response_manifest.
AT_WORK = {"response_worker", "response_socket", "response_tick"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
    from demo.environment import why_not_to_start

    if AT_WORK.intersection(sys.argv[1:2]) and (why_not := why_not_to_start()):
        sys.exit(why_not)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
