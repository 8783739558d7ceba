"""Routes that read: searches, records, settings, tasks, the list of indices."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from pelton_companions.messages import BadBody, JsonObject, Request, Response, json_response
from pelton_companions.registry import SEARCH_ONLY_KEY
from pelton_companions.router import Route
from pelton_companions.search.applier import Applier
from pelton_companions.search.records import chosen_attributes
from pelton_companions.search.searching import Search, read_parameters, search
from pelton_companions.search.store import IndexRow, Store
from pelton_companions.search.writing import Missing

#: Records of one page of browse, when the request does not say.
BROWSE_PAGE = 1000


class Reading:
    """Actions of the routes; none of them changes anything."""

    def __init__(self, store: Store, applier: Applier) -> None:
        self._store = store
        self._applier = applier

    def routes(self) -> list[Route]:
        """The routes, literal ones first."""
        return [
            Route("GET", "/1/indexes", self._list),
            Route("POST", "/1/indexes/*/queries", self._search_many),
            Route("POST", "/1/indexes/*/objects", self._objects),
            Route("POST", "/1/indexes/{index}/query", self._search_one),
            Route("POST", "/1/indexes/{index}/browse", self._browse),
            Route("GET", "/1/indexes/{index}/settings", self._settings),
            Route("GET", "/1/indexes/{index}/task/{task_id}", self._task),
            Route("GET", "/1/indexes/{index}/{object_id}", self._object),
        ]

    def _index(self, name: str) -> IndexRow:
        found = self._store.index(name)
        if found is None:
            raise Missing(f"Index {name} does not exist")
        return found

    def _search_many(self, request: Request, _: Mapping[str, str]) -> Response:
        requests = request.json().get("requests")
        if not isinstance(requests, list) or not all(isinstance(each, dict) for each in requests):
            raise BadBody("requests must be a list of objects")
        return json_response(
            {"results": [self._search(request, str(each.get("indexName")), each) for each in requests]}
        )

    def _search_one(self, request: Request, values: Mapping[str, str]) -> Response:
        return json_response(self._search(request, values["index"], request.json()))

    def _search(self, request: Request, name: str, asked: JsonObject) -> JsonObject:
        index = self._index(name)
        parameters = read_parameters(index, asked)
        return search(self._store, self._applier.engine(index), Search(index, parameters, _sees_hidden(request)))

    def _object(self, request: Request, values: Mapping[str, str]) -> Response:
        index = self._index(values["index"])
        found = self._shown(request, index, values["object_id"], request.query.get("attributesToRetrieve"))
        if found is None:
            raise Missing("ObjectID does not exist")
        return json_response(found)

    def _objects(self, request: Request, _: Mapping[str, str]) -> Response:
        asked = request.json().get("requests")
        if not isinstance(asked, list) or not all(isinstance(each, dict) and "objectID" in each for each in asked):
            raise BadBody("requests must be a list of objects with indexName and objectID")
        found = [
            self._shown(
                request, self._index(each.get("indexName", "")), each["objectID"], each.get("attributesToRetrieve")
            )
            for each in asked
        ]
        return json_response({"results": found})

    def _shown(self, request: Request, index: IndexRow, object_id: str, wanted: Any) -> JsonObject | None:
        record = self._store.get(index, object_id)
        names = wanted.split(",") if isinstance(wanted, str) else wanted or ["*"]
        hidden = [] if _sees_hidden(request) else index.settings.get("unretrievableAttributes") or []
        return None if record is None else chosen_attributes(record, names, hidden)

    def _browse(self, request: Request, values: Mapping[str, str]) -> Response:
        asked, index = request.json(), self._index(values["index"])
        if unknown := asked.keys() - {"hitsPerPage", "cursor", "query", "attributesToRetrieve"}:
            raise BadBody(f"browse: {min(unknown)} is not supported by this companion")
        size = asked.get("hitsPerPage", BROWSE_PAGE)
        if not isinstance(size, int) or not 1 <= size <= BROWSE_PAGE or asked.get("query"):
            raise BadBody(f"browse takes hitsPerPage from 1 to {BROWSE_PAGE} and no query")
        page = self._store.page(index.id, _position(asked.get("cursor")), size)
        hidden = [] if _sees_hidden(request) else index.settings.get("unretrievableAttributes") or []
        wanted = asked.get("attributesToRetrieve") or ["*"]
        cursor = {"cursor": base64.b64encode(str(page[-1][0]).encode()).decode()} if len(page) == size else {}
        count = self._store.count(index)[0]
        hits = [chosen_attributes(record, wanted, hidden) for _, record in page]
        return json_response({"hits": hits, "nbHits": count, "hitsPerPage": size, "query": "", "params": "", **cursor})

    def _settings(self, _: Request, values: Mapping[str, str]) -> Response:
        return json_response(self._index(values["index"]).settings)

    def _task(self, _: Request, values: Mapping[str, str]) -> Response:
        # The name is not looked at: a move leaves tasks under a name that is gone.
        if not values["task_id"].isdigit():
            raise BadBody("taskID must be a number")
        is_done = self._store.is_published(int(values["task_id"]))
        return json_response({"status": "published" if is_done else "notPublished", "pendingTask": not is_done})

    def _list(self, _: Request, _values: Mapping[str, str]) -> Response:
        items = [self._item(index) for index in self._store.indices()]
        return json_response({"items": items, "nbPages": 1})

    def _item(self, index: IndexRow) -> JsonObject:
        entries, size = self._store.count(index)
        pending = self._store.pending_tasks(index)
        return {
            "name": index.name,
            "createdAt": index.created,
            "updatedAt": index.updated,
            "entries": entries,
            "dataSize": size,
            "fileSize": size,
            "lastBuildTimeS": 0,
            "numberOfPendingTasks": pending,
            "pendingTask": pending > 0,
        }


def _sees_hidden(request: Request) -> bool:
    """Unretrievable attributes are shown to every key but the search-only one."""
    key = request.headers.get("x-algolia-api-key") or request.query.get("x-algolia-api-key", "")
    return key != SEARCH_ONLY_KEY


def _position(cursor: Any) -> int:
    if cursor is None:
        return 0
    try:
        return int(base64.b64decode(str(cursor), validate=True))
    except (binascii.Error, ValueError) as error:
        raise BadBody("Invalid cursor") from error
