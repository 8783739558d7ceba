"""Which route answers a request: exact segment before ``{name}`` before ``{name+}`` before ``$default``.

A REST API (``http``) first finds the resource, then its method; an HTTP API (``httpApi``) looks among the routes that
have the method, else ANY. REST paths answer with and without the stage in front, and with a slash at the end.
Source: API Gateway developer guide, "Develop REST APIs" and "Create routes for HTTP APIs".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from pelton.projects.project import Route

_EXACT, _VARIABLE, _GREEDY, _DEFAULT = range(4)


@dataclass(frozen=True, slots=True)
class Match:
    """A route and what the path says for its parameters, percent-encoded as sent."""

    route: Route
    parameters: tuple[tuple[str, str], ...]
    path: str  #: as matched: without the stage


@dataclass(frozen=True, slots=True)
class NoRoute:
    """Nothing answers; the kind of API that says so."""

    kind: Literal["http", "httpApi"]


@dataclass(frozen=True, slots=True)
class _Pattern:
    route: Route
    segments: tuple[str, ...]

    def parameters(self, segments: Sequence[str]) -> tuple[tuple[str, str], ...] | None:
        """The parameters that make the pattern equal the path; None when nothing does."""
        found: list[tuple[str, str]] = []
        for index, pattern in enumerate(self.segments):
            if pattern.endswith("+}"):
                rest = "/".join(segments[index:]).rstrip("/")
                return (*found, (pattern[1:-2], rest)) if rest else None
            if index >= len(segments):
                return None
            if pattern.startswith("{"):
                if not segments[index]:
                    return None
                found.append((pattern[1:-1], segments[index]))
            elif pattern != unquote(segments[index]):
                return None
        return tuple(found) if len(segments) == len(self.segments) else None

    def rank(self) -> tuple[int, ...]:
        """Sorts patterns that fit the same path: the first is the most specific."""
        return tuple(_rank(segment) for segment in self.segments)


def _rank(segment: str) -> int:
    if not segment.startswith("{"):
        return _EXACT
    return _GREEDY if segment.endswith("+}") else _VARIABLE


class RouteTable:
    """The routes of one project, ready to be asked."""

    def __init__(self, routes: Iterable[Route], stage: str) -> None:
        patterns = [_Pattern(route, _segments(route.path)) for route in routes]
        patterns.sort(key=_Pattern.rank)
        self._rest = [pattern for pattern in patterns if pattern.route.kind == "http"]
        self._http_api = [
            pattern for pattern in patterns if pattern.route.kind == "httpApi" and pattern.route.path != "$default"
        ]
        self._defaults = [pattern.route for pattern in patterns if pattern.route.path == "$default"]
        self._stage = stage

    def match(self, method: str, raw_path: str) -> Match | NoRoute:
        """The route that answers; ``raw_path`` is percent-encoded and starts with ``/``."""
        for find in self._attempts(method, raw_path):
            found = find()
            if found is not None:
                return found
        return NoRoute("httpApi" if self._http_api or self._defaults or not self._rest else "http")

    def of_path(self, raw_path: str) -> list[Route]:
        """Every route whose path fits, whatever its method: the most specific resource's of each kind."""
        rest = [*self._fitting(self._rest, _without_stage(raw_path, self._stage)), *self._fitting(self._rest, raw_path)]
        http_api = list(self._fitting(self._http_api, raw_path))
        return [pattern.route for pattern, _ in (*rest, *http_api)] + self._defaults

    def _attempts(self, method: str, raw_path: str) -> Iterator[Callable[[], Match | None]]:
        """In order of strength: routes that name the stage themselves, REST below the stage, the path as it is."""
        without = _without_stage(raw_path, self._stage)
        if without is not None:
            named = [pattern for pattern in self._rest if pattern.segments[:1] == (self._stage,)]
            yield lambda: self._rest_match(named, method, raw_path)
            yield lambda: self._http_api_match(method, raw_path, exact_first=True)
            yield lambda: self._rest_match(self._rest, method, without)
        yield lambda: self._best(method, raw_path)
        yield lambda: self._default(method, raw_path)

    def _best(self, method: str, raw_path: str) -> Match | None:
        """The more specific of the two APIs' answers; the HTTP API's when they are equal."""
        rest = self._rest_match(self._rest, method, raw_path)
        http_api = self._http_api_match(method, raw_path)
        if rest is None or http_api is None:
            return rest or http_api
        ranks = [tuple(_rank(segment) for segment in _segments(match.route.path)) for match in (rest, http_api)]
        return rest if ranks[0] < ranks[1] else http_api

    def _rest_match(self, patterns: Sequence[_Pattern], method: str, raw_path: str | None) -> Match | None:
        fitting = list(self._fitting(patterns, raw_path))
        if not fitting or raw_path is None:
            return None
        resource = fitting[0][0].segments
        of_resource = [(pattern, parameters) for pattern, parameters in fitting if pattern.segments == resource]
        for wanted in (method, "ANY"):
            for pattern, parameters in of_resource:
                if pattern.route.method == wanted:
                    return Match(pattern.route, parameters, raw_path)
        return None

    def _http_api_match(self, method: str, raw_path: str, *, exact_first: bool = False) -> Match | None:
        fitting = [
            (pattern, parameters)
            for pattern, parameters in self._fitting(self._http_api, raw_path)
            if pattern.route.method in (method, "ANY") and (not exact_first or pattern.segments[0] == self._stage)
        ]
        fitting.sort(key=lambda found: (found[0].rank(), found[0].route.method == "ANY"))
        return Match(fitting[0][0].route, fitting[0][1], raw_path) if fitting else None

    def _default(self, method: str, raw_path: str) -> Match | None:
        for route in self._defaults:
            if route.method in (method, "ANY"):
                return Match(route, (), raw_path)
        return None

    def _fitting(
        self, patterns: Sequence[_Pattern], raw_path: str | None
    ) -> Iterator[tuple[_Pattern, tuple[tuple[str, str], ...]]]:
        if raw_path is None:
            return
        exact = _segments(raw_path)
        lenient = _segments("/" + raw_path.strip("/"))
        for pattern in patterns:
            parameters = pattern.parameters(lenient if pattern.route.kind == "http" else exact)
            if parameters is not None:
                yield pattern, parameters


def _segments(path: str) -> tuple[str, ...]:
    """``/a/b`` gives ``a``, ``b``; ``/`` gives nothing; inner and trailing empties stay."""
    trimmed = path.removeprefix("/")
    return tuple(trimmed.split("/")) if trimmed else ()


def _without_stage(raw_path: str, stage: str) -> str | None:
    """The path below ``/<stage>``; None when it does not start so."""
    prefix = f"/{stage}"
    if raw_path == prefix:
        return "/"
    return raw_path.removeprefix(prefix) if raw_path.startswith(f"{prefix}/") else None
