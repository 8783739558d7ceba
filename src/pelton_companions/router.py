"""Routes as data: a method and a path pattern lead to a function.

A pattern is literal segments and ``{name}`` segments; values are percent-decoded. The first route
that matches wins, so literal routes stand before those with names. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote

from pelton_companions.messages import Request, Response

#: What a route leads to: the request and the values of the pattern's names.
Action: TypeAlias = Callable[[Request, Mapping[str, str]], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """One line of a companion's table; ``method`` ``*`` takes any."""

    method: str
    pattern: str
    action: Action

    def match(self, method: str, segments: list[str]) -> dict[str, str] | None:
        """The values of the pattern's names, or None when the route is for something else."""
        names = self.pattern.strip("/").split("/")
        if self.method not in {"*", method} or len(names) != len(segments):
            return None
        values = {}
        for name, segment in zip(names, segments, strict=True):
            if name.startswith("{"):
                values[name[1:-1]] = unquote(segment)
            elif name != unquote(segment):
                return None
        return values


def find_route(routes: list[Route], request: Request) -> tuple[Action, dict[str, str]] | None:
    """The first route for the request's method and path, with its values; None when there is none."""
    segments = request.path.strip("/").split("/")
    for route in routes:
        values = route.match(request.method, segments)
        if values is not None:
            return route.action, values
    return None
