"""A runner for tests, which decide themselves when work is done."""


class NothingRunsByItself:
    """Rings are not heard: a test does the work, by ``drain``, when it wants it done."""

    is_quiet = True

    def ring(self) -> None:
        pass
