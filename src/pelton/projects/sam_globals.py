"""``Globals`` of a SAM template: what every resource of a type has unless it says otherwise.

Scalars are replaced by the resource's own, mappings merge, and lists are joined, the global part first.
Source: AWS SAM specification, Globals section.
"""

from __future__ import annotations

from pelton.projects.documents import Block, Row, Value
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.scalars import block_of

_TYPES = {
    "Function": "AWS::Serverless::Function",
    "Api": "AWS::Serverless::Api",
    "HttpApi": "AWS::Serverless::HttpApi",
    "SimpleTable": "AWS::Serverless::SimpleTable",
    "LayerVersion": "AWS::Serverless::LayerVersion",
    "StateMachine": "AWS::Serverless::StateMachine",
    "CapacityProvider": "AWS::Serverless::CapacityProvider",
}
#: APIs that exist when an event names none.
IMPLICIT_APIS = {"ServerlessRestApi": "AWS::Serverless::Api", "ServerlessHttpApi": "AWS::Serverless::HttpApi"}
#: Lambda's own defaults, which differ from the Serverless Framework's.
_FUNCTION_DEFAULTS = {"Timeout": 3, "MemorySize": 128}
_FUNCTION_TYPES = ("AWS::Serverless::Function", "AWS::Lambda::Function")


def with_globals(resources: Block, written: Block, notes: Notes) -> Block:
    """The resources with the globals merged under them, the implicit APIs among them."""
    for name in written:
        if name not in _TYPES:
            notes.warn(written.at(name), f"Globals has no section {name}", did_you_mean(name, _TYPES))
    by_type = {
        kind: block_of(written[name], written.at(name), f"Globals.{name}")
        for name, kind in _TYPES.items()
        if name in written
    }
    made = Block(resources.where)
    for logical_id, resource in resources.items():
        where = resources.at(logical_id)
        made.put(logical_id, _merged_resource(block_of(resource, where, logical_id), by_type), where)
    for logical_id, kind in IMPLICIT_APIS.items():
        if logical_id not in made:
            implicit = Block(resources.where)
            implicit.put("Type", kind, resources.where)
            made.put(logical_id, _merged_resource(implicit, by_type), resources.where)
    return made


def _merged_resource(resource: Block, by_type: dict[str, Block]) -> Block:
    kind = resource.get("Type")
    above = block_of(resource.get("Properties"), resource.at("Properties"), "Properties")
    properties = merged(by_type[kind], above) if isinstance(kind, str) and kind in by_type else merged(above, above)
    for name, default in _FUNCTION_DEFAULTS.items() if kind in _FUNCTION_TYPES else ():
        if properties.get(name) is None:
            properties.put(name, default, resource.at("Properties"))
    made = Block(resource.where)
    for key, value in resource.items():
        made.put(key, value, resource.at(key))
    made.put("Properties", properties, resource.at("Properties"))
    return made


def merged(below: Block, above: Block) -> Block:
    """A new block of both."""
    made = Block(above.where)
    for key, value in below.items():
        made.put(key, value, below.at(key))
    for key, value in above.items():
        made.put(key, _joined(below.get(key), value) if below is not above else value, above.at(key))
    return made


def _joined(below: Value, above: Value) -> Value:
    if isinstance(below, Block) and isinstance(above, Block) and not (_is_function(below) or _is_function(above)):
        return merged(below, above)
    if isinstance(below, Row) and isinstance(above, Row):
        joined = Row(above.where)
        for part in (below, above):
            for item, place in zip(part, part.places, strict=True):
                joined.add(item, place)
        return joined
    return above


def _is_function(value: Block) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))
