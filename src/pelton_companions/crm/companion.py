"""The CRM companion: HubSpot's contact routes over the contacts.

The path's version is not looked at (``v3`` or a dated one): contacts look the same in all of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from pelton_companions.crm import batches
from pelton_companions.crm.contacts import Conflict, Contact, Contacts
from pelton_companions.crm.searching import find
from pelton_companions.crm.shapes import DEFAULT_PROPERTIES, BadRequest, found_contact, read_properties, shown
from pelton_companions.messages import BadBody, JsonObject, Request, Response, json_response
from pelton_companions.router import Route, find_route

#: Contacts on one page at most.
PAGE_MAX = 100


class CrmCompanion:
    """Answers for one data folder."""

    name = "crm"
    paths_without_faults: frozenset[str] = frozenset()

    def __init__(self, data: Path) -> None:
        self._contacts = Contacts(data / "crm.db")
        self._routes = [
            route
            for base in ("/crm/v3/objects/contacts", "/crm/objects/{version}/contacts")
            for route in self._under(base)
        ]

    async def start(self) -> None:
        """Nothing to do: the contacts are open."""

    async def handle(self, request: Request) -> Response:
        """Answer one request of HubSpot's client."""
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return _error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found")
        found = find_route(self._routes, request)
        if found is None:
            return _error(501, "NOT_SUPPORTED", f"{request.method} {request.path} is not supported by this companion")
        action, values = found
        try:
            with self._contacts.writing():
                return action(request, values)
        except (BadBody, BadRequest) as error:
            return _error(400, "VALIDATION_ERROR", str(error))
        except Conflict as error:
            return _error(409, "CONFLICT", str(error))

    def failure(self, status: int) -> Response:
        """HubSpot's shape of an error."""
        if status == 429:
            limit = {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
            return _error(429, "RATE_LIMITS", "You have reached your limit.", limit).with_headers({"retry-after": "1"})
        return _error(status, "INTERNAL_ERROR", "fault on demand")

    def state(self) -> JsonObject:
        """Counts of contacts."""
        return self._contacts.counts()

    async def close(self) -> None:
        """Close the contacts."""
        self._contacts.close()

    def _under(self, base: str) -> list[Route]:
        return [
            Route("POST", f"{base}/batch/create", self._batch_create),
            Route("POST", f"{base}/batch/upsert", self._batch_upsert),
            Route("POST", f"{base}/batch/read", self._batch_read),
            Route("POST", f"{base}/batch/update", self._batch_update),
            Route("POST", f"{base}/batch/archive", self._batch_archive),
            Route("POST", f"{base}/search", self._search),
            Route("POST", base, self._create),
            Route("GET", base, self._list),
            Route("GET", f"{base}/{{key}}", self._get),
            Route("PATCH", f"{base}/{{key}}", self._update),
            Route("DELETE", f"{base}/{{key}}", self._archive),
        ]

    def _create(self, request: Request, _: Mapping[str, str]) -> Response:
        body = request.json()
        if body.get("associations"):
            raise BadRequest("associations are not supported by this companion")
        return json_response(shown(self._contacts.create(read_properties(body))), 201)

    def _get(self, request: Request, values: Mapping[str, str]) -> Response:
        query = request.query
        archived = query.get("archived") == "true"
        contact = found_contact(self._contacts, values["key"], query.get("idProperty"), archived=archived)
        return _missing() if contact is None else json_response(shown(contact, _names(request)))

    def _update(self, request: Request, values: Mapping[str, str]) -> Response:
        properties = read_properties(request.json())
        contact = found_contact(self._contacts, values["key"], request.query.get("idProperty"))
        return _missing() if contact is None else json_response(shown(self._contacts.update(contact, properties)))

    def _archive(self, _: Request, values: Mapping[str, str]) -> Response:
        contact = found_contact(self._contacts, values["key"], None)
        if contact is not None:
            self._contacts.archive(contact.id)
        return Response(status=204)

    def _list(self, request: Request, _: Mapping[str, str]) -> Response:
        query = request.query
        limit, after = _whole(query.get("limit", "10"), "limit"), _whole(query.get("after", "0"), "after")
        if not 1 <= limit <= PAGE_MAX:
            raise BadRequest(f"limit must be from 1 to {PAGE_MAX}")
        page = self._contacts.page(after, limit + 1, archived=query.get("archived") == "true")
        return json_response(_page(page, limit, lambda last: str(last.id), _names(request)))

    def _search(self, request: Request, _: Mapping[str, str]) -> Response:
        asked = request.json()
        limit, after = _whole(asked.get("limit", 10), "limit"), _whole(asked.get("after") or 0, "after")
        found = find(self._contacts.all(), asked)
        names = asked.get("properties") or DEFAULT_PROPERTIES
        page = _page(found[after : after + limit + 1], limit, lambda _last: str(after + limit), names)
        return json_response({"total": len(found), **page})

    def _batch_create(self, request: Request, _: Mapping[str, str]) -> Response:
        return _batch(batches.create(self._contacts, request.json()), [], 201)

    def _batch_upsert(self, request: Request, _: Mapping[str, str]) -> Response:
        return _batch(batches.upsert(self._contacts, request.json()), [])

    def _batch_read(self, request: Request, _: Mapping[str, str]) -> Response:
        return _batch(*batches.read(self._contacts, request.json()))

    def _batch_update(self, request: Request, _: Mapping[str, str]) -> Response:
        return _batch(*batches.update(self._contacts, request.json()))

    def _batch_archive(self, request: Request, _: Mapping[str, str]) -> Response:
        batches.archive(self._contacts, request.json())
        return Response(status=204)


def _names(request: Request) -> list[str]:
    """The properties asked for: names with commas between them, or the parameter again for each."""
    names = [name for value in request.query_values("properties") for name in value.split(",") if name]
    return names or list(DEFAULT_PROPERTIES)


def _page(
    found: list[Contact], limit: int, after: Callable[[Contact], str], names: list[str] | tuple[str, ...]
) -> JsonObject:
    """The first ``limit`` contacts, and where the next page begins when there are more."""
    results = [shown(contact, names) for contact in found[:limit]]
    return {
        "results": results,
        **({"paging": {"next": {"after": after(found[limit - 1])}}} if len(found) > limit else {}),
    }


def _whole(value: object, name: str) -> int:
    if isinstance(value, int) or (isinstance(value, str) and value.isdigit()):
        return int(value)
    raise BadRequest(f"{name} must be a number")


def _batch(results: list[JsonObject], errors: list[JsonObject], status: int = 200) -> Response:
    now = results[-1]["updatedAt"] if results else "1970-01-01T00:00:00.000Z"
    body = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if errors:
        return json_response({**body, "numErrors": len(errors), "errors": errors}, 207)
    return json_response(body, status)


def _missing() -> Response:
    return _error(404, "OBJECT_NOT_FOUND", "resource not found")


def _error(status: int, category: str, message: str, more: JsonObject | None = None) -> Response:
    body = {"status": "error", "message": message, "correlationId": str(uuid.uuid4()), "category": category}
    return json_response({**body, **(more or {})}, status)
