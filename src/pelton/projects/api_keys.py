"""API keys: what routes with ``private: true`` take as ``x-api-key``.

A key without a value gets one here, the same in every run; a note tells it. Source: Serverless Framework
documentation, API Gateway, "Setting API keys for your Rest API"; CloudFormation, AWS::ApiGateway::ApiKey.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

from pelton.projects.documents import Block, Value
from pelton.projects.intrinsics import Evaluator
from pelton.projects.notes import Notes
from pelton.projects.project import Route, Where
from pelton.projects.scalars import block_of, row_of, text_of
from pelton.projects.template import Template

API_KEY_TYPE = "AWS::ApiGateway::ApiKey"


def service_api_keys(value: Value, where: Where, stack: str, notes: Notes) -> tuple[str, ...]:
    """``apiKeys``: names, mappings of name and value, and lists of both under a usage plan's name."""
    found: list[str] = []
    rows = row_of(value, where, "apiKeys")
    for item, place in zip(rows, rows.places, strict=True):
        if isinstance(item, Block) and "name" not in item and "value" not in item:
            for plan, keys in item.items():
                found += service_api_keys(keys, item.at(plan), stack, notes)
            continue
        entry = item if isinstance(item, Block) else Block(place)
        if str(entry.get("enabled", True)).lower() == "false":
            continue
        name = item if isinstance(item, str) else entry.get("name", f"key-{len(found)}")
        given = entry.get("value")
        if given is not None:
            found.append(text_of(given, entry.at("value"), "the value of an API key"))
        else:
            found.append(made_up_key(stack, text_of(name, place, "the name of an API key"), place, notes))
    return tuple(found)


def template_api_keys(template: Template, evaluator: Evaluator, stack: str, notes: Notes) -> tuple[str, ...]:
    """The values of the template's key resources."""
    found = []
    for logical_id in template.resources:
        if template.type_of(logical_id) != API_KEY_TYPE or not evaluator.references.exists(logical_id):
            continue
        where = template.resources.at(logical_id)
        resource = block_of(template.resources[logical_id], where, logical_id)
        properties = block_of(evaluator.evaluate(resource.get("Properties"), where), where, logical_id)
        if str(properties.get("Enabled", True)).lower() == "false":
            continue
        value = properties.get("Value")
        given = None if value is None else text_of(value, properties.at("Value"), f"{logical_id}.Value")
        found.append(given or made_up_key(stack, logical_id, where, notes))
    return tuple(found)


def note_missing_keys(routes: Iterable[Route], keys: Collection[str], notes: Notes) -> None:
    """Say it where a route needs a key and there is none."""
    for route in routes:
        if route.needs_key and not keys:
            what = (
                f"{route.function_key}: {route.method} {route.path} needs an API key and there is none: it answers 403"
            )
            notes.warn(route.where, what, "declare one under provider.apiGateway.apiKeys, or AWS::ApiGateway::ApiKey")


def made_up_key(stack: str, name: str, where: Where, notes: Notes) -> str:
    """The value of a key that has none: forty characters, the same in every run."""
    value = hashlib.sha256(f"{stack}/{name}".encode()).hexdigest()[:40]
    notes.tell(where, f"the API key {name} is {value} here", "send it as x-api-key")
    return value
