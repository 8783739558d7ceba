"""Notes for the author, gathered while a project is read: nothing is passed over in silence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pelton.projects.project import Note, ProjectRefused, Where


class Notes:
    """Collects warnings; what is unsupported is an error unless the caller allows it."""

    def __init__(self, *, allow_unsupported: bool = False) -> None:
        self._allow_unsupported = allow_unsupported
        self._notes: dict[Note, None] = {}

    def warn(self, where: Where, text: str, cure: str) -> None:
        """The project runs, but not all it says has an effect here."""
        self._notes[Note(level="warning", where=where, text=text, cure=cure)] = None

    def tell(self, where: Where, text: str, cure: str) -> None:
        """Good to know; nothing is lost."""
        self._notes[Note(level="info", where=where, text=text, cure=cure)] = None

    def refuse_unsupported(self, where: Where, text: str, cure: str) -> None:
        """Running without this option would deliver differently than it says.

        Raises:
            ProjectRefused: unless what is unsupported is allowed; then it is a warning.
        """
        if not self._allow_unsupported:
            raise ProjectRefused(where, text, f"{cure}, or allow it with --allow-unsupported")
        self.warn(where, f"{text}; going on without it", cure)

    def gathered(self) -> tuple[Note, ...]:
        """All notes in the order they came up, each once."""
        return tuple(self._notes)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A cure that names the nearest known word, or the plain advice to remove the word."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.7)
    return f"did you mean {by_lower[near[0]]}?" if near else "remove it, or check its spelling"
