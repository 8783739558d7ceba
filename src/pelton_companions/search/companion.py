"""The search companion: routes of Algolia's REST API over the store, the applier and the engines."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path

from pelton_companions.messages import BadBody, JsonObject, Request, Response, json_response
from pelton_companions.registry import SEARCH_ONLY_KEY
from pelton_companions.router import Route, find_route
from pelton_companions.search.applier import Applier
from pelton_companions.search.filters import BadFilter
from pelton_companions.search.reading import Reading
from pelton_companions.search.searching import BadParameter, NotSupported
from pelton_companions.search.store import Store
from pelton_companions.search.writing import Missing, Writing

#: What Algolia has beyond this companion, by the path's last part before an id.
NOT_SERVED = ("synonyms", "rules", "keys", "logs", "clusters", "dictionaries", "security", "tasks")
#: Routes that read although they are POST requests, by the end of their path.
READING_ENDS = ("/queries", "/query", "/objects", "/browse")


class SearchCompanion:
    """Answers for one data folder."""

    name = "search"
    paths_without_faults: frozenset[str] = frozenset()

    def __init__(self, data: Path) -> None:
        self._store = Store(data / "search.db")
        self._applier = Applier(self._store, data)
        self._writing = Writing(self._store, self._applier, lambda: uuid.uuid4().hex)  # Ids like Algolia's own.
        self._reading = Reading(self._store, self._applier)
        self._routes = [*self._writing.routes(), *self._reading.routes(), *_not_served_routes()]

    async def start(self) -> None:
        """Open the indices; whatever waited when the last run ended is applied first."""
        self._applier.start()

    async def handle(self, request: Request) -> Response:
        """Answer one request of an Algolia client."""
        found = find_route(self._routes, request)
        if found is None:
            return _error(404, f"Path not supported by this REST API: {request.method} {request.path}")
        if _key(request) == SEARCH_ONLY_KEY and not _only_reads(request):
            return _error(403, "Method not allowed with this API key")
        action, values = found
        try:
            return action(request, values)
        except (BadBody, BadFilter, BadParameter) as error:
            return _error(400, str(error))
        except NotSupported as error:
            return _error(501, str(error))
        except Missing as error:
            return _error(404, str(error))

    def failure(self, status: int) -> Response:
        """Algolia's shape of an error."""
        answer = _error(status, "fault on demand")
        return answer.with_headers({"retry-after": "1"}) if status == 429 else answer

    def state(self) -> JsonObject:
        """Records of each index, and whether the engine has read all of them."""
        indices = {
            index.name: {"entries": self._store.count(index)[0], "pendingTasks": self._store.pending_tasks(index)}
            for index in self._store.indices()
        }
        return {"indices": indices}

    async def close(self) -> None:
        """Stop applying; what waits is applied by the next start."""
        await self._applier.close()
        self._store.close()


def _not_served_routes() -> list[Route]:
    def refuse(request: Request, _: Mapping[str, str]) -> Response:
        return _error(501, f"{request.path} is not supported by this companion")

    patterns = [f"/1/{name}" for name in NOT_SERVED] + [f"/1/{name}/{{rest}}" for name in NOT_SERVED]
    patterns += [f"/1/indexes/{{index}}/{name}/{{rest}}" for name in NOT_SERVED]
    patterns += ["/1/indexes/{index}/facets/{name}/query"]
    return [Route("*", pattern, refuse) for pattern in patterns]


def _key(request: Request) -> str:
    """Server-side clients send the key as a header, pages as a query parameter."""
    return request.headers.get("x-algolia-api-key") or request.query.get("x-algolia-api-key", "")


def _only_reads(request: Request) -> bool:
    # Settings and the list of indices need more than a search key at Algolia, too.
    if request.method == "GET":
        return not request.path.endswith("/settings") and request.path.rstrip("/") != "/1/indexes"
    return request.method == "POST" and request.path.endswith(READING_ENDS)


def _error(status: int, message: str) -> Response:
    return json_response({"message": message, "status": status}, status)
