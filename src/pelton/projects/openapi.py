"""Routes of an API's OpenAPI document: the operations whose integration is a function.

Source: API Gateway developer guide, "x-amazon-apigateway-integration object".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from pelton.projects.documents import Block, Value, block
from pelton.projects.files import FileReader
from pelton.projects.http_events import METHODS, HttpDefaults, http_api_route, http_route
from pelton.projects.intrinsics import Evaluator
from pelton.projects.notes import Notes
from pelton.projects.project import FunctionDeclaration, ProjectRefused, Route, Where
from pelton.projects.sam_apis import Api
from pelton.projects.scalars import block_of, row_of
from pelton.projects.yaml import parse_yaml

_INTEGRATION = "x-amazon-apigateway-integration"
_ANY = "x-amazon-apigateway-any-method"
_FUNCTION = re.compile(r":function:([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """Whose document is read, and with what."""

    api: Api
    is_rest: bool
    evaluator: Evaluator
    notes: Notes
    functions: tuple[FunctionDeclaration, ...]


def definition_routes(of: Definition, root: Path, files: FileReader) -> list[Route]:
    """The routes that the API's document declares; none when it has no document.

    Raises:
        ProjectRefused: the document is a file that cannot be read, or a route of it is wrong.
    """
    document = _document(of, root, files)
    if document is None:
        return []
    paths = block_of(document.get("paths"), document.at("paths"), f"{of.api.logical_id}: paths")
    found = []
    for path, item in paths.items():
        operations = block_of(item, paths.at(path), path)
        for method, operation in operations.items():
            is_any = method == _ANY
            if (is_any or method.upper() in METHODS) and isinstance(operation, Block):
                written = block(operations.at(method), [("path", path), ("method", "any" if is_any else method)])
                route = _route(of, written, operation)
                found += [] if route is None else [route]
    return found


def _document(of: Definition, root: Path, files: FileReader) -> Block | None:
    where = Where("")
    written: Value = of.api.definition
    if isinstance(written, Block):
        where = written.where
        include = written.get("Fn::Transform")
        if not isinstance(include, Block):
            return written
        parameters = block_of(include.get("Parameters"), include.where, "Fn::Transform")
        written = of.evaluator.evaluate(parameters.get("Location"), include.where)
    elif of.api.definition_file is not None:
        written = of.api.definition_file
    if written is None:
        return None
    data = files.read(root / written) if isinstance(written, str) and not written.startswith("s3://") else None
    if data is None:
        cure = "name a file beside the template"
        raise ProjectRefused(where, f"{of.api.logical_id}: the definition {written} is not here", cure)
    return block_of(parse_yaml(data, str(written)), Where(str(written)), "the definition")


def _route(of: Definition, written: Block, operation: Block) -> Route | None:
    """The route of one operation; None for one that no function answers, which its note says."""
    where = written.where
    name = f"{str(written['method']).upper()} {written['path']}"
    integration = block_of(of.evaluator.evaluate(operation.get(_INTEGRATION), where), where, name)
    kind = str(integration.get("type", "")).lower()
    if kind == "mock" and written["method"] == "options":
        return None  # The preflight answer of the API's own CORS setting.
    match = _FUNCTION.search(str(integration.get("uri", "")))
    function = next((function for function in of.functions if match and function.name == match[1]), None)
    if kind != "aws_proxy" or function is None:
        of.notes.warn(where, f"{name} is not served here: it is not a function's", "use an aws_proxy integration")
        return None
    if row_of(operation.get("security"), where, f"{name}: security"):
        written.put("authorizer", operation["security"], operation.at("security"))
    if not of.is_rest:
        payload = (
            HttpDefaults(payload="1.0") if str(integration.get("payloadFormatVersion")) == "1.0" else HttpDefaults()
        )
        return http_api_route(function.key, written, where, replace(payload, cors=of.api.cors), of.notes)
    defaults = HttpDefaults(binary_types=of.api.binary_types)
    return replace(http_route(function.key, written, where, defaults, of.notes), cors=of.api.cors)
