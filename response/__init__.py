"""Response: incident management in Slack for Django projects."""

__version__ = "1.0.0.dev0"
