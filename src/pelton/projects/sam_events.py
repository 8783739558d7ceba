"""Routes of a SAM template: ``Api`` and ``HttpApi`` events, and the paths of OpenAPI documents.

Source: AWS SAM specification, EventSource Api and HttpApi.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pelton.projects.api_keys import note_missing_keys, template_api_keys
from pelton.projects.authorizers import function_spellings
from pelton.projects.cross_origin import with_methods_of_paths
from pelton.projects.documents import Block, Value, block
from pelton.projects.files import FileReader
from pelton.projects.http_events import HttpDefaults, http_api_route, http_route
from pelton.projects.intrinsics import Evaluator
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.openapi import Definition, definition_routes
from pelton.projects.project import FunctionDeclaration, ProjectRefused, Route, Where
from pelton.projects.sam_apis import HTTP_TYPE, REST_TYPE, Api, SamApis
from pelton.projects.sam_authorizers import http_api_authorizer, rest_authorizer
from pelton.projects.sam_resources import FUNCTION_TYPE, ROUTES, events_of
from pelton.projects.scalars import block_of, row_of, text_of, truth_of, whole_number_of
from pelton.projects.service_events import unique_routes
from pelton.projects.template import Template

_API_KEYS = frozenset({"Path", "Method", "RestApiId", "Auth", "RequestParameters", "RequestModel", "TimeoutInMillis"})
_HTTP_API_KEYS = frozenset(
    {"Path", "Method", "ApiId", "PayloadFormatVersion", "Auth", "TimeoutInMillis", "RouteSettings"}
)
_REQUEST_KINDS = {"querystring": "querystrings", "header": "headers", "path": "paths"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What reading any part of a template needs."""

    template: Template
    evaluator: Evaluator
    root: Path
    files: FileReader
    notes: Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReader:
    """Reads the routes of one template."""

    of: Surroundings
    apis: SamApis
    functions: tuple[FunctionDeclaration, ...]

    def routes(self) -> tuple[Route, ...]:
        """The routes of the functions, in the order written.

        Raises:
            ProjectRefused: a route is wrong, or has an option that is not supported.
        """
        found = [
            self._route(function.key, kind, properties)
            for function in self.functions
            for _, kind, properties in self._events(function)
            if kind in ROUTES
        ]
        for kind in (REST_TYPE, HTTP_TYPE):
            for logical_id in self.apis.declared(kind):
                found += self._defined(self.apis.api(logical_id), kind)
        written = [route for route in found if route.kind == "httpApi" or (route.cors and route.cors.methods)]
        completed = iter(with_methods_of_paths([route for route in found if route not in written]))
        ordered = [route if route in written else next(completed) for route in found]
        return tuple(unique_routes(_without_repetitions(ordered), self.of.notes))

    def api_keys(self, routes: tuple[Route, ...]) -> tuple[str, ...]:
        """The keys of the template and of the APIs that the routes belong to."""
        of = self.of
        keys = template_api_keys(of.template, of.evaluator, self.apis.stack_name, of.notes) + self.apis.made_keys()
        note_missing_keys(routes, keys, of.notes)
        return keys

    def _events(self, function: FunctionDeclaration) -> list[tuple[str, str, Block]]:
        resource = self.of.template.resources[function.logical_id]
        is_sam = isinstance(resource, Block) and resource.get("Type") == FUNCTION_TYPE
        return events_of(function.logical_id, resource) if is_sam and isinstance(resource, Block) else []

    def _route(self, key: str, kind: str, properties: Block) -> Route:
        where = properties.where
        written = block_of(self.of.evaluator.evaluate(properties, where), where, f"{key}: the event")
        known = _API_KEYS if kind == "Api" else _HTTP_API_KEYS
        for name in written:
            if name not in known:
                what = f"{key}: an {kind} event has no property {name}, it has no effect"
                self.of.notes.warn(written.at(name), what, did_you_mean(name, known))
        return self._rest_route(key, written) if kind == "Api" else self._http_route(key, written)

    def _rest_route(self, key: str, written: Block) -> Route:
        api = self.apis.named(REST_TYPE, written.get("RestApiId"), written)
        event = self._event(written, api, key, is_rest=True)
        event.put("request", self._request(written, key), written.at("RequestParameters"))
        defaults = HttpDefaults(binary_types=api.binary_types, functions=self._spellings())
        return replace(http_route(key, event, written.where, defaults, self.of.notes), cors=api.cors)

    def _http_route(self, key: str, written: Block) -> Route:
        api = self.apis.named(HTTP_TYPE, written.get("ApiId"), written)
        event = self._event(written, api, key, is_rest=False)
        if written.get("Path", "$default") == "$default":
            event.put("path", "*", written.where)
            event.put("method", "*", written.where)
        timeout = event.pop("timeoutInMillis", None)
        defaults = HttpDefaults(
            payload=_payload(written, key),
            cors=api.cors,
            functions=self._spellings(),
            authorizers={
                name: http_api_authorizer(name, block_of(definition, api.authorizers.at(name), name))
                for name, definition in api.authorizers.items()
            },
            timeout_s=None if timeout is None else _timeout_s(timeout, written.at("TimeoutInMillis"), key),
        )
        return http_api_route(key, event, written.where, defaults, self.of.notes)

    def _event(self, written: Block, api: Api, key: str, *, is_rest: bool) -> Block:
        """The event as serverless.yml would write it."""
        event = Block(written.where)
        for name, own in (("Path", "path"), ("Method", "method"), ("TimeoutInMillis", "timeoutInMillis")):
            if written.get(name) is not None:
                event.put(own, written[name], written.at(name))
        auth = block_of(written.get("Auth"), written.at("Auth"), f"{key}: Auth")
        authorizer = auth.get("Authorizer", api.authorizer)
        if authorizer is not None and authorizer != "NONE":
            named = _authorizer(str(authorizer), api, is_rest=is_rest)
            event.put("authorizer", named, written.at("Auth"))
        needs_key = auth.get("ApiKeyRequired", api.needs_key)
        if truth_of(needs_key, written.at("Auth"), f"{key}: ApiKeyRequired"):
            event.put("private", True, written.at("Auth"))
        return event

    def _spellings(self) -> dict[str, str]:
        return function_spellings({function.key: function.name for function in self.functions})

    def _request(self, written: Block, key: str) -> Block:
        """Parameters that a request must have: they are checked where a validator is asked for."""
        model = block_of(written.get("RequestModel"), written.at("RequestModel"), f"{key}: RequestModel")
        if str(model.get("ValidateBody", False)).lower() == "true":
            what = f"{key}: RequestModel.ValidateBody is not supported, bodies would not be checked"
            self.of.notes.refuse_unsupported(written.at("RequestModel"), what, "check the body in the function")
        parameters = Block(written.where)
        if str(model.get("ValidateParameters", False)).lower() == "true":
            for place, name in self._required(written, key):
                kind = _REQUEST_KINDS[place]
                under = block_of(parameters.get(kind), written.where, kind)
                under.put(name, True, written.at("RequestParameters"))
                parameters.put(kind, under, written.at("RequestParameters"))
        return block(written.where, [("parameters", parameters)])

    def _required(self, written: Block, key: str) -> list[tuple[str, str]]:
        where = written.at("RequestParameters")
        found = []
        for item in row_of(written.get("RequestParameters"), where, f"{key}: RequestParameters"):
            if not isinstance(item, Block):
                continue  # A name alone is an optional parameter.
            for name, options in item.items():
                words = name.split(".", 3)
                is_required = str(block_of(options, where, name).get("Required", False)).lower() == "true"
                if is_required and len(words) == 4 and words[2] in _REQUEST_KINDS:
                    found.append((words[2], words[3]))
        return found

    def _defined(self, api: Api, kind: str) -> list[Route]:
        definition = Definition(
            api=api,
            is_rest=kind == REST_TYPE,
            evaluator=self.of.evaluator,
            notes=self.of.notes,
            functions=self.functions,
        )
        return definition_routes(definition, self.of.root, self.of.files)


def _timeout_s(value: Value, where: Where, key: str) -> float:
    return whole_number_of(value, where, f"{key}: TimeoutInMillis", range(50, 30_001)) / 1000


def _payload(written: Block, key: str) -> Literal["1.0", "2.0"]:
    where = written.at("PayloadFormatVersion")
    version = text_of(written.get("PayloadFormatVersion", "2.0"), where, f"{key}: PayloadFormatVersion")
    if version in ("1.0", "1"):
        return "1.0"
    if version in ("2.0", "2"):
        return "2.0"
    raise ProjectRefused(where, f"{key}: PayloadFormatVersion is {version}", "write '1.0' or '2.0'")


def _authorizer(name: str, api: Api, *, is_rest: bool) -> Value:
    """``AWS_IAM``, or the API's own authorizer of that name: a REST API's as its definition.

    Raises:
        ProjectRefused: the API has no such authorizer.
    """
    if name == "AWS_IAM":
        return "aws_iam"
    where = api.authorizers.where
    if name not in api.authorizers:
        raise ProjectRefused(where, f"the API has no authorizer {name}", did_you_mean(name, api.authorizers))
    definition = block_of(api.authorizers[name], api.authorizers.at(name), name)
    return rest_authorizer(name, definition) if is_rest else name


def _without_repetitions(routes: list[Route]) -> list[Route]:
    """The routes without those of a document that an event of the same function repeats."""
    kept: dict[tuple[str, str, str, str], Route] = {}
    for route in routes:
        kept.setdefault((route.kind, route.method, route.path, route.function_key), route)
    return list(kept.values())
