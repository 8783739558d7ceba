"""The mappings that there are, by id and by age."""

from __future__ import annotations

from collections.abc import Iterable

from pelton.triggers.errors import MappingNotFound
from pelton.triggers.mappings import EventSourceMapping


class KnownMappings:
    """All of them; who may change them is a matter of the subclass."""

    def __init__(self, mappings: Iterable[EventSourceMapping]) -> None:
        self._mappings = {mapping.uuid: mapping for mapping in mappings}

    def find(self, mapping_uuid: str) -> EventSourceMapping | None:
        """The mapping with that UUID."""
        return self._mappings.get(mapping_uuid)

    def get(self, mapping_uuid: str) -> EventSourceMapping:
        """The mapping with that UUID.

        Raises:
            MappingNotFound: there is none.
        """
        mapping = self._mappings.get(mapping_uuid)
        if mapping is None:
            raise MappingNotFound
        return mapping

    def mappings(self) -> tuple[EventSourceMapping, ...]:
        """All mappings, oldest first."""
        return tuple(sorted(self._mappings.values(), key=lambda mapping: (mapping.made_ms, mapping.uuid)))
