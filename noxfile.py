"""Response on every Python, Django and database that it supports: ``nox``, or ``make versions``.

``nox -l`` lists the sessions; ``nox -s "tests(3.13, 6.1, sqlite)"`` runs one. A Python that is not
there is passed over, and said to be.
"""

from __future__ import annotations

import itertools

import nox

# A Django runs on these Pythons ("What Python version can I use with Django?").
PYTHONS_OF = {
    "5.2": ["3.11", "3.12", "3.13", "3.14"],
    "6.0": ["3.12", "3.13", "3.14"],
    "6.1": ["3.12", "3.13", "3.14"],
}
DATABASES = ["sqlite", "postgresql"]

COMBINATIONS = [
    nox.param(python, django, database, id=f"{python}, {django}, {database}")
    for django, pythons in PYTHONS_OF.items()
    for python, database in itertools.product(pythons, DATABASES)
]

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["tests"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False

# These run programs of their own, which have settings of their own: make test runs them.
ELSEWHERE = ["--ignore=tests/test_packaging.py", "--ignore=tests/demo"]


def install(session: nox.Session, django: str) -> None:
    session.install("--quiet", "--editable", ".[demo,postgres,test]", f"Django~={django}.0")


@nox.session
@nox.parametrize(["python", "django", "database"], COMBINATIONS)
def tests(session: nox.Session, django: str, database: str) -> None:
    """The tests, on one combination; further arguments go to pytest."""
    install(session, django)
    command = ["python", "-m", "pytest", "-n", "auto", "--dist", "loadfile", *ELSEWHERE]
    if database == "postgresql":
        session.run(".ci/with-postgresql", *command, *session.posargs, external=True)
    else:
        session.run(*command, *session.posargs, env={"TEST_DATABASE_URL": None})


@nox.session
@nox.parametrize(
    ["python", "django"],
    [
        nox.param(python, django, id=f"{python}, {django}")
        for django, pythons in PYTHONS_OF.items()
        for python in (pythons[0], pythons[-1])
    ],
)
def warnings(session: nox.Session, django: str) -> None:
    """The tests with each warning as an error: what a newer version will not do any more."""
    install(session, django)
    session.run(
        *("python", "-m", "pytest", "-W", "error", "-n", "auto", "--dist", "loadfile"),
        *(*ELSEWHERE, *session.posargs),
        env={"TEST_DATABASE_URL": None},
    )
