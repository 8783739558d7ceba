"""Variables of the Serverless Framework: ``${self:…}``, ``${env:…}``, ``${file(…)}`` and their fallbacks.

Values are resolved on demand: nothing outside the asked part is looked at, so a cloud value in an unused corner
never stops the start, and a reference into a file walks only the path it names. What has no value becomes
``Unresolved``. Source: Serverless Framework documentation, Variables.
"""

from __future__ import annotations

from pelton.projects.documents import Block, Row, Unresolved, Value, kind_of, scalar_text
from pelton.projects.notes import Notes
from pelton.projects.placeholders import (
    Placeholder,
    address_of,
    json_word,
    parts_of,
    quoted_text,
    whole_placeholder,
)
from pelton.projects.sources import Asked, Found, Missing, Sources, Spot


class Variables:
    """Resolves the parts of a project's main document."""

    def __init__(self, main: Block, sources: Sources, notes: Notes) -> None:
        self._main = main
        self._sources = sources
        self._notes = notes
        self._open: list[tuple[str, tuple[str, ...]]] = []
        self._resolved: dict[tuple[str, tuple[str, ...]], Value] = {}

    def at(self, *path: str) -> Value:
        """The part of the main document at that path, resolved to the leaves; None when it is not there."""
        spot = self._walk(Spot("", (), self._main, self._main.where), path)
        return self._whole(spot) if spot is not None else None

    def _walk(self, spot: Spot, path: tuple[str, ...]) -> Spot | None:
        """The spot that a path leads to; placeholders on the way are followed."""
        for segment in path:
            spot = self._settled(spot)
            value = spot.value
            if isinstance(value, Unresolved):
                return spot
            if isinstance(value, Block) and segment in value:
                spot = spot.child(segment, value[segment], value.at(segment))
            elif isinstance(value, Row) and segment.isdecimal() and int(segment) < len(value):
                spot = spot.child(segment, value[int(segment)], value.places[int(segment)])
            else:
                return None
        return spot

    def _settled(self, spot: Spot) -> Spot:
        """Follow a value that is one whole placeholder to what it stands for."""
        if not isinstance(spot.value, str):
            return spot
        placeholder = whole_placeholder(spot.value)
        if placeholder is None:
            return spot
        identity = (spot.document, spot.path)
        if identity in self._open:
            return spot.replaced(self._circle(spot))
        self._open.append(identity)
        try:
            return self._settled(self._evaluated(placeholder, spot))
        finally:
            self._open.pop()

    def _whole(self, spot: Spot) -> Value:
        """The value resolved to its leaves; each part is worked out once."""
        identity = (spot.document, spot.path)
        if identity not in self._resolved:
            self._resolved[identity] = self._unfolded(spot)
        return self._resolved[identity]

    def _unfolded(self, spot: Spot) -> Value:
        settled = self._settled(spot)
        value = settled.value
        if not isinstance(value, Block | Row) and not (isinstance(value, str) and "${" in value):
            return value
        identity = (settled.document, settled.path)
        if identity in self._open:
            return self._circle(settled)
        self._open.append(identity)
        try:
            return self._text(value, settled) if isinstance(value, str) else self._items(value, settled)
        finally:
            self._open.pop()

    def _circle(self, spot: Spot) -> Unresolved:
        identity = (spot.document, spot.path)
        chain = [".".join(path) for _, path in self._open[self._open.index(identity) :]]
        what = f"variables go round in a circle: {' -> '.join([*chain, spot.name])}"
        return Unresolved(spot.where, what, "give one of them a value of its own")

    def _items(self, value: Block | Row, spot: Spot) -> Value:
        if isinstance(value, Block):
            made = Block(value.where)
            for key, item in value.items():
                made.put(key, self._whole(spot.child(key, item, value.at(key))), value.at(key))
            return made
        items = Row(value.where)
        for index, (item, place) in enumerate(zip(value, value.places, strict=True)):
            items.add(self._whole(spot.child(str(index), item, place)), place)
        return items

    def _text(self, text: str, spot: Spot) -> Value:
        """Text with its embedded placeholders replaced, inner ones first."""
        made = ""
        for part in parts_of(text):
            value = part if isinstance(part, str) else self._embedded(part, spot)
            if isinstance(value, Unresolved):
                return value
            made += value
        return made

    def _embedded(self, placeholder: Placeholder, spot: Spot) -> str | Unresolved:
        found = self._settled(self._evaluated(placeholder, spot))
        value = found.value if isinstance(found.value, Unresolved) else self._whole(found)
        if isinstance(value, Unresolved):
            return value
        if isinstance(value, Block | Row) or value is None:
            what = f"{spot.name}: ${{{placeholder.text}}} is {kind_of(value)} and cannot be part of a text"
            return Unresolved(spot.where, what, "refer to a single value, or make the placeholder the whole value")
        return scalar_text(value)

    def _evaluated(self, placeholder: Placeholder, spot: Spot) -> Spot:
        """What a placeholder stands for: its first piece that has a value."""
        missing: list[Missing] = []
        for piece in placeholder.pieces:
            found = self._piece(piece, spot)
            if isinstance(found, Spot) and isinstance(found.value, Unresolved):
                found = Missing(found.value.what, found.value.cure)
            if isinstance(found, Spot):
                return found
            missing.append(found)
        reason = missing[0]
        what = f"{spot.name}: ${{{placeholder.text}}} has no value"
        return spot.replaced(Unresolved(spot.where, f"{what}: {reason.why}" if reason.why else what, reason.cure))

    def _piece(self, piece: str, spot: Spot) -> Spot | Missing:
        quoted = quoted_text(piece)
        if quoted is not None:
            return spot.made(f"'{quoted}'", self._text(quoted, spot))
        inner = whole_placeholder(piece)
        if inner is not None:
            return self._settled(self._evaluated(inner, spot))
        expanded = self._text(piece, spot)
        return self._word(expanded, spot) if isinstance(expanded, str) else spot.replaced(expanded)

    def _word(self, piece: str, spot: Spot) -> Spot | Missing:
        """A piece without inner placeholders: a JSON scalar, a source, or a bare word."""
        word = json_word(piece)
        if word is not None:
            return spot.made(piece, word[0])
        address = address_of(piece)
        if address is None:
            self._notes.warn(spot.where, f"{spot.name}: the fallback {piece} is taken as text", f"write '{piece}'")
            return spot.made(piece, piece)
        asked = Asked(text=piece, address=address, where=spot.where)
        return self._looked_up(self._sources.look_up(asked), asked, spot)

    def _looked_up(self, found: Found, asked: Asked, spot: Spot) -> Spot | Missing:
        if isinstance(found, Missing):
            return found
        target = spot.made(asked.text, found.value) if found.root is None else self._walk(found.root, found.path)
        if target is not None:
            target = self._settled(target)
        if target is None or target.value is None:
            return found.otherwise
        return target
