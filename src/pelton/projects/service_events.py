"""Events of serverless.yml: routes for the gateway, mapping resources for streams and queues, notes for the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pelton.projects.authorizers import function_spellings, http_api_authorizers
from pelton.projects.cross_origin import http_api_cors, with_methods_of_paths
from pelton.projects.documents import Block, Unresolved, Value
from pelton.projects.http_events import HttpDefaults, http_api_route, http_route
from pelton.projects.known_keys import EVENTS_NOT_SERVED, EVENTS_SERVED
from pelton.projects.names import queue_mapping_logical_id, stream_mapping_logical_id
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import ProjectRefused, Route, Where
from pelton.projects.queue_events import queue_resource
from pelton.projects.scalars import block_of, row_of, text_of, texts_of, whole_number_of
from pelton.projects.schedules import put_schedules
from pelton.projects.service import Service
from pelton.projects.stream_events import stream_resource


def service_events(service: Service, functions: Block, notes: Notes) -> tuple[list[Route], Block]:
    """The routes, and the resources of mappings and schedules, of all functions' events.

    Raises:
        ProjectRefused: an event that is served here is wrong or not supported.
    """
    routes: list[Route] = []
    mappings = Block(functions.where)
    defaults = _http_defaults(service, functions, notes)
    for key, function in functions.items():
        written = block_of(function, functions.at(key), key)
        for kind, event, where in _listed(written, key):
            if kind == "http":
                routes.append(http_route(key, event, where, defaults, notes))
            elif kind == "httpApi":
                routes.append(http_api_route(key, event, where, _own_payload(written, key, defaults), notes))
            elif kind == "stream":
                resource = stream_resource(key, event, where, notes)
                if resource is not None:
                    mappings.put(stream_mapping_logical_id(key, str(len(mappings))), resource, where)
            elif kind == "sqs":
                resource = queue_resource(key, event, where, notes)
                mappings.put(queue_mapping_logical_id(key, str(len(mappings))), resource, where)
            elif kind == "schedule":
                put_schedules(key, event, where, mappings, notes)
            else:
                _note_event(key, kind, where, notes)
    return with_methods_of_paths(unique_routes(routes, notes)), mappings


def unique_routes(routes: list[Route], notes: Notes) -> list[Route]:
    """The routes without those that stand twice; the first of them is kept, as a warning says."""
    kept: dict[tuple[str, str, str], Route] = {}
    for route in routes:
        identity = (route.kind, route.method, route.path)
        if identity in kept:
            what = (
                f"the route {route.method} {route.path} stands twice, the one of {kept[identity].function_key} is kept"
            )
            notes.warn(route.where, what, "remove one of the two; deployment would refuse them")
        else:
            kept[identity] = route
    return list(kept.values())


def _listed(written: Block, key: str) -> list[tuple[str, Value, Where]]:
    events = row_of(written.get("events"), written.at("events"), f"functions.{key}.events")
    found: list[tuple[str, Value, Where]] = []
    for event, where in zip(events, events.places, strict=True):
        if isinstance(event, Unresolved):
            raise event.refusal()
        if isinstance(event, Block) and event:
            kind = next(iter(event))
            found.append((kind, event[kind], event.at(kind)))
        elif event is not None:
            found.append((text_of(event, where, f"functions.{key}.events"), None, where))
    return found


def _note_event(key: str, kind: str, where: Where, notes: Notes) -> None:
    if kind in EVENTS_NOT_SERVED:
        notes.warn(where, f"{key}: {kind} events are not served here", f"run it with: pelton invoke {key}")
    else:
        cure = did_you_mean(kind, [*EVENTS_SERVED, *EVENTS_NOT_SERVED])
        notes.warn(where, f"{key}: there is no event {kind}, it has no effect", cure)


def _http_defaults(service: Service, functions: Block, notes: Notes) -> HttpDefaults:
    variables, where = service.variables, service.main.at("provider")
    api = block_of(variables.at("provider", "httpApi"), where, "provider.httpApi")
    rest = block_of(variables.at("provider", "apiGateway"), where, "provider.apiGateway")
    timeout = api.get("timeout")
    return HttpDefaults(
        payload=_payload(api, "provider.httpApi.payload") or "2.0",
        cors=http_api_cors(api.get("cors"), api.at("cors"), notes),
        binary_types=texts_of(rest.get("binaryMediaTypes"), rest.at("binaryMediaTypes"), "apiGateway.binaryMediaTypes"),
        timeout_s=None if timeout is None else whole_number_of(timeout, api.at("timeout"), "timeout", range(1, 31)),
        functions=function_spellings({key: _name(service, key, functions) for key in functions}),
        authorizers=http_api_authorizers(api),
    )


def _name(service: Service, key: str, functions: Block) -> str:
    """The function's Lambda name, where it is written plainly."""
    function = functions[key]
    name = function.get("name") if isinstance(function, Block) else None
    return name if isinstance(name, str) else f"{service.name}-{service.stage}-{key}"


def _own_payload(written: Block, key: str, defaults: HttpDefaults) -> HttpDefaults:
    own = block_of(written.get("httpApi"), written.at("httpApi"), f"functions.{key}.httpApi")
    payload = _payload(own, f"functions.{key}.httpApi.payload")
    return replace(defaults, payload=payload) if payload else defaults


def _payload(api: Block, what: str) -> Literal["1.0", "2.0"] | None:
    value, where = api.get("payload"), api.at("payload")
    if value is None:
        return None
    text = f"{value:.1f}" if isinstance(value, int | float) else text_of(value, where, what)
    if text == "1.0":
        return "1.0"
    if text == "2.0":
        return "2.0"
    raise ProjectRefused(where, f"{what} is {text}", "write '1.0' or '2.0'")
