"""The errors that cross from one part of Response to another."""


class ResponseError(Exception):
    """Base of every error that Response raises on purpose."""


class UserError(ResponseError):
    """Something a person asked for cannot be done.

    Its text is shown to the person who asked, so it is written for them: what is wrong, and what
    to do next.
    """


class Outdated(ResponseError):
    """What somebody was about to write over was written by somebody else meanwhile."""
