"""Why Pelton cannot start."""


class CannotStart(Exception):
    """One line: what stands in the way, and the cure."""
