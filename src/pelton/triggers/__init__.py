"""What makes functions run: mappings of streams to functions, their processors and runners."""

from pelton.triggers.api import operations
from pelton.triggers.options import TriggerOptions
from pelton.triggers.parameters import SERVED as SERVED_SETTINGS
from pelton.triggers.service import Triggers
from pelton.triggers.tagging import tag_operations

__all__ = ["SERVED_SETTINGS", "TriggerOptions", "Triggers", "operations", "tag_operations"]
