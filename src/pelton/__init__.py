"""Pelton: event-driven processing on table streams, without the machinery."""

__version__ = "0.1.0"
__all__ = ["__version__"]
