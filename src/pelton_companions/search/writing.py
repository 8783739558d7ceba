"""Routes that write: records, batches, settings, whole indices."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pelton_companions.messages import BadBody, JsonObject, Request, Response, json_response
from pelton_companions.router import Route
from pelton_companions.search.applier import Applier
from pelton_companions.search.batches import Write, read_writes, write
from pelton_companions.search.searching import NotSupported
from pelton_companions.search.store import IndexRow, Store, now_text

#: Settings that have an effect here; others are refused by name.
SETTINGS = frozenset(
    {
        "searchableAttributes", "attributesForFaceting", "unretrievableAttributes", "attributesToRetrieve",
        "customRanking", "attributesToHighlight", "highlightPreTag", "highlightPostTag", "hitsPerPage", "typoTolerance",
        "queryType", "maxValuesPerFacet",
    }
)  # fmt: skip
#: Settings that decide what the engine holds.
INDEXED_SETTINGS = ("searchableAttributes", "attributesForFaceting")


class Missing(Exception):
    """What was asked for does not exist; the text is the vendor's."""


class Writing:
    """Actions of the routes; each is one transaction and wakes the applier."""

    def __init__(self, store: Store, applier: Applier, new_id: Callable[[], str]) -> None:
        self._store = store
        self._applier = applier
        self._new_id = new_id

    def routes(self) -> list[Route]:
        """The routes, literal ones first."""
        return [
            Route("POST", "/1/indexes/*/batch", self._multiple_batch),
            Route("POST", "/1/indexes/{index}/batch", self._batch),
            Route("POST", "/1/indexes/{index}/clear", self._clear),
            Route("POST", "/1/indexes/{index}/deleteByQuery", self._delete_by),
            Route("POST", "/1/indexes/{index}/operation", self._operation),
            Route("PUT", "/1/indexes/{index}/settings", self._set_settings),
            Route("POST", "/1/indexes/{index}/{object_id}/partial", self._partial),
            Route("PUT", "/1/indexes/{index}/{object_id}", self._put),
            Route("DELETE", "/1/indexes/{index}/{object_id}", self._delete),
            Route("POST", "/1/indexes/{index}", self._save),
            Route("DELETE", "/1/indexes/{index}", self._delete_index),
        ]

    def _write(self, name: str, writes: list[Write]) -> tuple[int, list[str]]:
        with self._store.writing():
            index = self._store.ensure_index(name)
            written = write(self._store, index, writes, self._new_id)
            task_id = self._store.add_task(index, written.changed)
        self._applier.wake()
        return task_id, written.object_ids

    def _batch(self, request: Request, values: Mapping[str, str]) -> Response:
        task_id, object_ids = self._write(values["index"], read_writes(request.json().get("requests")))
        return json_response({"taskID": task_id, "objectIDs": object_ids})

    def _multiple_batch(self, request: Request, _: Mapping[str, str]) -> Response:
        requests = request.json().get("requests")
        writes = read_writes(requests)
        by_index: dict[str, list[Write]] = {}
        for each, checked in zip(requests or [], writes, strict=True):
            if not isinstance(each.get("indexName"), str):
                raise BadBody("indexName is missing in a request of the batch")
            by_index.setdefault(each["indexName"], []).append(checked)
        done = {name: self._write(name, mine) for name, mine in by_index.items()}
        object_ids = [object_id for _, ids in done.values() for object_id in ids]
        return json_response({"taskID": {name: task for name, (task, _) in done.items()}, "objectIDs": object_ids})

    def _save(self, request: Request, values: Mapping[str, str]) -> Response:
        task_id, object_ids = self._write(values["index"], [Write("addObject", request.json())])
        return json_response({"createdAt": now_text(), "taskID": task_id, "objectID": object_ids[0]}, 201)

    def _put(self, request: Request, values: Mapping[str, str]) -> Response:
        return self._one(values, Write("updateObject", {**request.json(), "objectID": values["object_id"]}))

    def _partial(self, request: Request, values: Mapping[str, str]) -> Response:
        makes = request.query.get("createIfNotExists", "true") != "false"
        action = "partialUpdateObject" if makes else "partialUpdateObjectNoCreate"
        return self._one(values, Write(action, {**request.json(), "objectID": values["object_id"]}))

    def _one(self, values: Mapping[str, str], change: Write) -> Response:
        task_id, _ = self._write(values["index"], [change])
        return json_response({"taskID": task_id, "updatedAt": now_text(), "objectID": values["object_id"]})

    def _delete(self, _: Request, values: Mapping[str, str]) -> Response:
        task_id, _ids = self._write(values["index"], [Write("deleteObject", {"objectID": values["object_id"]})])
        return json_response({"taskID": task_id, "deletedAt": now_text()})

    def _clear(self, _: Request, values: Mapping[str, str]) -> Response:
        task_id, _ids = self._write(values["index"], [Write("clear", {})])
        return json_response({"taskID": task_id, "updatedAt": now_text()})

    def _delete_by(self, _: Request, _values: Mapping[str, str]) -> Response:
        raise NotSupported("deleteByQuery is not supported by this companion: delete by objectID")

    def _set_settings(self, request: Request, values: Mapping[str, str]) -> Response:
        own = request.json()
        if unknown := own.keys() - SETTINGS:
            raise NotSupported(f"The setting {min(unknown)} is not supported by this companion")
        with self._store.writing():
            index = self._store.ensure_index(values["index"])
            settings = {name: value for name, value in {**index.settings, **own}.items() if value is not None}
            self._store.store_settings(index, settings)
            is_read_anew = any(settings.get(name) != index.settings.get(name) for name in INDEXED_SETTINGS)
            task_id = self._store.add_task(index, [None] if is_read_anew else [])
        self._applier.wake()
        return json_response({"taskID": task_id, "updatedAt": now_text()})

    def _operation(self, request: Request, values: Mapping[str, str]) -> Response:
        asked = request.json()
        kind, destination = asked.get("operation"), asked.get("destination")
        if kind not in {"copy", "move"} or not isinstance(destination, str) or not destination:
            raise BadBody("operation must be copy or move, with a destination")
        with self._store.writing():
            source = self._store.index(values["index"])
            if source is None:
                # replaceAllObjects copies the settings of an index that may not exist yet.
                source = self._store.ensure_index(values["index"])
            replaced = self._drop(destination) if kind == "move" else None
            task_id = self._move(source, destination) if kind == "move" else self._copy(source, destination, asked)
        if replaced is not None:
            self._applier.drop(replaced)
        self._applier.wake()
        return json_response({"taskID": task_id, "updatedAt": now_text()})

    def _move(self, source: IndexRow, destination: str) -> int:
        self._store.rename_index(source, destination)
        return self._store.add_task(source, [])

    def _copy(self, source: IndexRow, destination: str, asked: JsonObject) -> int:
        scope = asked.get("scope")
        target = self._store.ensure_index(destination)
        if scope is None or "settings" in scope:
            self._store.store_settings(target, source.settings)
        if scope is None:
            self._store.clear(target)
            self._store.copy_objects(source, target)
        return self._store.add_task(target, [None])

    def _delete_index(self, _: Request, values: Mapping[str, str]) -> Response:
        with self._store.writing():
            dropped = self._drop(values["index"])
            task_id = 0 if dropped is None else self._store.add_task(dropped, [])
        if dropped is not None:
            self._applier.drop(dropped)
        return json_response({"taskID": task_id, "deletedAt": now_text()})

    def _drop(self, name: str) -> IndexRow | None:
        index = self._store.index(name)
        if index is not None:
            self._store.drop_index(index)
        return index
