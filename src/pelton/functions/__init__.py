"""Lambda: definitions, workers, invocations."""

from pelton.functions.api import operations, restore

__all__ = ["operations", "restore"]
