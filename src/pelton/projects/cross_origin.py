"""CORS settings of ``http`` events and of ``provider.httpApi``.

Source: Serverless Framework documentation, API Gateway (REST and HTTP), CORS.
"""

from __future__ import annotations

from dataclasses import replace

from pelton.projects.documents import Block, Value, block
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import Cors, Route, Where
from pelton.projects.scalars import block_of, text_of, texts_of, truth_of, whole_number_of

#: The Serverless Framework's own list.
DEFAULT_HEADERS = (
    *("Content-Type", "X-Amz-Date", "Authorization", "X-Api-Key", "X-Amz-Security-Token", "X-Amz-User-Agent"),
    "X-Amzn-Trace-Id",
)
_ANY_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_HTTP_KEYS = ("origin", "origins", "headers", "methods", "allowCredentials", "maxAge", "cacheControl")
_HTTP_API_KEYS = (
    *("allowedOrigins", "allowedHeaders", "allowedMethods", "allowCredentials", "exposedResponseHeaders", "maxAge"),
)
_SECONDS = range(-1, 86_401)


def http_cors(value: Value, where: Where, notes: Notes) -> Cors | None:
    """``cors`` of one ``http`` event; its methods are those written, the path's own come later."""
    if value is None or value is False:
        return None
    written = Block(where) if value is True else block_of(value, where, "cors")
    _note_unknown(written, _HTTP_KEYS, notes)
    return Cors(
        origins=texts_of(written.get("origins", written.get("origin", "*")), where, "cors.origin"),
        methods=tuple(method.upper() for method in texts_of(written.get("methods"), where, "cors.methods")),
        headers=texts_of(written["headers"], where, "cors.headers") if "headers" in written else DEFAULT_HEADERS,
        has_credentials=truth_of(written.get("allowCredentials", False), where, "cors.allowCredentials"),
        max_age_s=_seconds(written),
        cache_control=_cache_control(written),
    )


def http_api_cors(value: Value, where: Where, notes: Notes) -> Cors | None:
    """``provider.httpApi.cors``; no methods written means OPTIONS and those in use."""
    if value is None or value is False:
        return None
    written = Block(where) if value is True else block_of(value, where, "cors")
    _note_unknown(written, _HTTP_API_KEYS, notes)
    headers = written.get("allowedHeaders")
    methods = texts_of(written.get("allowedMethods"), where, "cors.allowedMethods")
    return Cors(
        origins=texts_of(written.get("allowedOrigins", "*"), where, "cors.allowedOrigins"),
        methods=tuple(method.upper() for method in methods),
        headers=DEFAULT_HEADERS if headers is None else texts_of(headers, where, "cors.allowedHeaders"),
        exposed_headers=texts_of(written.get("exposedResponseHeaders"), where, "cors.exposedResponseHeaders"),
        has_credentials=truth_of(written.get("allowCredentials", False), where, "cors.allowCredentials"),
        max_age_s=_seconds(written),
    )


def with_methods_of_paths(routes: list[Route]) -> list[Route]:
    """The routes, each ``http`` path with one CORS setting that names the methods of all its routes.

    The HTTP API's setting names the methods in use, unless it names its own.
    """
    return [replace(route, cors=_completed(route.cors or _neighbour(route, routes), route, routes)) for route in routes]


def _neighbour(route: Route, routes: list[Route]) -> Cors | None:
    """The setting of another ``http`` route of the same path."""
    found = (other.cors for other in routes if other.kind == "http" and other.path == route.path and other.cors)
    return next(found, None) if route.kind == "http" else None


def _completed(cors: Cors | None, route: Route, routes: list[Route]) -> Cors | None:
    if cors is None or (route.kind == "httpApi" and cors.methods):
        return cors
    near = [
        other for other in routes if other.kind == route.kind and (route.kind == "httpApi" or other.path == route.path)
    ]
    methods = [method for other in near for method in (_ANY_METHODS if other.method == "ANY" else (other.method,))]
    return replace(cors, methods=tuple(dict.fromkeys(("OPTIONS", *cors.methods, *methods))))


def _seconds(written: Block) -> int | None:
    value = written.get("maxAge")
    return None if value is None else whole_number_of(value, written.at("maxAge"), "cors.maxAge", _SECONDS)


def _cache_control(written: Block) -> str | None:
    value = written.get("cacheControl")
    return None if value is None else text_of(value, written.at("cacheControl"), "cors.cacheControl")


def _note_unknown(written: Block, known: tuple[str, ...], notes: Notes) -> None:
    for key in written:
        if key not in known:
            notes.warn(written.at(key), f"cors has no key {key}", did_you_mean(key, known))


def sam_cors(value: Value, where: Where) -> Cors | None:
    """``Cors`` of an ``AWS::Serverless::Api``: an origin, or a mapping; its texts stand in single quotes.

    Source: AWS SAM specification, CorsConfiguration of AWS::Serverless::Api.
    """
    if value is None:
        return None
    written = value if isinstance(value, Block) else block(where, [("AllowOrigin", value)])
    return Cors(
        origins=_unquoted(written, "AllowOrigin") or ("*",),
        methods=tuple(method.upper() for method in _unquoted(written, "AllowMethods")),
        headers=_unquoted(written, "AllowHeaders"),
        has_credentials=truth_of(written.get("AllowCredentials", False), where, "Cors.AllowCredentials"),
        max_age_s=next((int(text) for text in _unquoted(written, "MaxAge") if text.isdecimal()), None),
    )


def sam_http_api_cors(value: Value, where: Where) -> Cors | None:
    """``CorsConfiguration`` of an ``AWS::Serverless::HttpApi``: true, or a mapping of lists."""
    if value is None or value is False:
        return None
    written = Block(where) if value is True else block_of(value, where, "CorsConfiguration")
    seconds = written.get("MaxAge")
    methods = texts_of(written.get("AllowMethods"), where, "CorsConfiguration.AllowMethods")
    return Cors(
        origins=texts_of(written.get("AllowOrigins", "*"), where, "CorsConfiguration.AllowOrigins"),
        methods=tuple(method.upper() for method in methods),
        headers=texts_of(written.get("AllowHeaders"), where, "CorsConfiguration.AllowHeaders"),
        exposed_headers=texts_of(written.get("ExposeHeaders"), where, "CorsConfiguration.ExposeHeaders"),
        has_credentials=truth_of(written.get("AllowCredentials", False), where, "CorsConfiguration.AllowCredentials"),
        max_age_s=None if seconds is None else whole_number_of(seconds, where, "CorsConfiguration.MaxAge", _SECONDS),
    )


def _unquoted(written: Block, name: str) -> tuple[str, ...]:
    """Words of a text such as ``'GET,POST'``: the inner quotes belong to the value's format."""
    if written.get(name) is None:
        return ()
    text = text_of(written[name], written.at(name), f"Cors.{name}").strip()
    if len(text) >= 2 and text[0] == text[-1] == "'":
        text = text[1:-1]
    return tuple(word.strip() for word in text.split(",") if word.strip())
