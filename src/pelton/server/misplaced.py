"""Tables asked for in the wrong region: the log says where they are.

A client that is set to another region than the project gets the service's own "not found", which says nothing of
regions: the commonest puzzle of local endpoints that keep regions apart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from pelton.arns import table_name_of
from pelton.operations import JsonObject, RequestContext
from pelton.storage.transaction import Snapshot

#: Hints that are remembered, so that a client that asks again and again does not fill the log.
_SAID_MAX = 256


class MisplacedTables:
    """Looks for missing tables in the regions that were asked so far."""

    def __init__(
        self,
        snapshot: Callable[[], Snapshot],
        regions: Collection[str],
        log: Callable[[str], None],
    ) -> None:
        self._snapshot = snapshot
        self._regions = regions
        self._log = log
        self._said: set[tuple[str, str]] = set()

    def explain(self, body: JsonObject, context: RequestContext) -> None:
        """Log in which region the table of a refused request is, if it is in one; once per table and region asked."""
        named = body.get("TableName")
        if not isinstance(named, str):
            return
        name = table_name_of(named)
        asked = (name, context.region)
        if asked in self._said or len(self._said) >= _SAID_MAX:
            return
        snapshot = self._snapshot()
        found = [
            region
            for region in sorted(self._regions)
            if region != context.region and snapshot.table(context.account, region, name) is not None
        ]
        if found:
            self._said.add(asked)
            self._log(
                f"table {name} was asked for in region {context.region}, where there is none; "
                f"it is in {', '.join(found)}: set the client's region to that"
            )
