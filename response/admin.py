"""Django looks for the admin here; each part keeps its own pages."""

from response.core import admin as core_admin
from response.core.api import admin as api_admin
from response.slack import admin as slack_admin
from response.upkeep import admin as upkeep_admin

__all__ = ["api_admin", "core_admin", "slack_admin", "upkeep_admin"]
