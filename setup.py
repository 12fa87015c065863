import runpy
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent

METRICS = [
    "prometheus-client>=0.22",
]

DEMO = [
    "gunicorn>=23",
    "whitenoise>=6.8",
    "environs[django]>=14",
    "websockets>=15",
    "python-json-logger>=3.3",
    *METRICS,
]

POSTGRES = [
    "psycopg[binary,pool]>=3.2",
]

TASKS_DB = [
    "django-tasks-db>=0.13",
    # What Django 6 has in its core; with it, nothing imports this.
    "django-tasks>=0.12",
]

OPENAPI = [
    "drf-spectacular[sidecar]>=0.29",
]

TEST = [
    *METRICS,
    *OPENAPI,
    "build>=1.2",
    "check-wheel-contents>=0.6",
    "hypothesis>=6.120",
    "nox>=2025.2",
    "markdown-it-py>=3",  # reads the Markdown we write
    "pytest>=8.3",
    "pytest-django>=4.11",
    "pytest-xdist>=3.6",
    "schemathesis>=4.32,<5",
    "time-machine>=2.16",
    "twine>=6",
    "uvicorn>=0.34",
    *TASKS_DB,
    # What decides whether the tree is clean moves only when we move it.
    "ruff==0.17.*",
    "mypy==2.4.*",
    "django-stubs==6.1.*",
    "djangorestframework-stubs==3.18.*",
    "types-dateparser",
]

BROWSER = [
    "pytest-playwright>=0.7",
    "axe-playwright-python>=0.1.7",
    "pillow>=11",
]

setup(
    name="django-incident-response",
    version=runpy.run_path(str(HERE / "response" / "__init__.py"))["__version__"],
    description="Declare, run and write up incidents from Slack, in your own Django project",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license_expression="MIT",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=find_packages(include=["response", "response.*"]),
    package_data={"response": ["py.typed", "templates/**/*", "static/**/*", "**/*.json"]},
    install_requires=[
        "Django>=5.2,<6.2",
        "djangorestframework>=3.18",
        "django-filter>=25.1",
        "django-after-response==0.2.2",
        "django-bootstrap4>=26.3",
        "slack_sdk>=3.47",
        "markdown2>=2.5.5",
        "nh3>=0.3.8",
        "emoji>=2.16",
        "dateparser>=1.2",
        "PyYAML>=6",
    ],
    extras_require={
        "demo": DEMO,
        "metrics": METRICS,
        "openapi": OPENAPI,
        "postgres": POSTGRES,
        "tasks-db": TASKS_DB,
        "test": TEST,
        "browser": BROWSER,
    },
    keywords=["incident", "incident management", "on-call", "slack", "django"],
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Environment :: Web Environment",
        "Framework :: Django",
        "Framework :: Django :: 5.2",
        "Framework :: Django :: 6.0",
        "Framework :: Django :: 6.1",
        "Intended Audience :: Developers",
        "Intended Audience :: System Administrators",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Programming Language :: Python :: 3.14",
        "Topic :: Communications :: Chat",
        "Topic :: System :: Monitoring",
    ],
)
