"""Functions of serverless.yml as Lambda resources, which ``resources`` may edit as it does on deployment.

Source: Serverless Framework documentation, Functions.
"""

from __future__ import annotations

from dataclasses import dataclass

from pelton.projects.documents import Block, Row, Unresolved, Value, block
from pelton.projects.known_keys import FUNCTION_DEPLOYMENT, FUNCTION_NOT_SERVED, FUNCTION_SERVED
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import Where
from pelton.projects.scalars import block_of
from pelton.projects.template import deep_merge

FUNCTION_TYPE = "AWS::Lambda::Function"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionDefaults:
    """What ``provider`` says about all functions."""

    stack: str  #: ``<service>-<stage>``: names start with it
    runtime: Value
    timeout: Value
    memory: Value
    environment: Block
    layers: Value
    logs: Value  #: ``provider.logs.lambda``


def function_resource(key: str, written: Block, defaults: FunctionDefaults) -> Block:
    """The Lambda resource that the Serverless Framework would generate."""
    where = written.where
    properties = Block(where)
    properties.put("FunctionName", written.get("name") or f"{defaults.stack}-{key}", written.at("name"))
    entries: tuple[tuple[str, str, Value], ...] = (
        ("Handler", "handler", None),
        ("Runtime", "runtime", defaults.runtime),
        ("Timeout", "timeout", defaults.timeout),
        ("MemorySize", "memorySize", defaults.memory),
        ("Description", "description", None),
        ("Layers", "layers", defaults.layers),
        ("ReservedConcurrentExecutions", "reservedConcurrency", None),
    )
    for name, source, default in entries:
        value = written.get(source)
        properties.put(name, default if value is None else value, written.at(source))
    logging = _logging(written, defaults.logs, key)
    if logging:
        properties.put("LoggingConfig", logging, logging.where)
    if written.get("onError") is not None:
        dead_letters = block(where, [("TargetArn", written["onError"])])
        properties.put("DeadLetterConfig", dead_letters, written.at("onError"))
    environment = block(where, [("Variables", _merged(defaults.environment, written, key))])
    properties.put("Environment", environment, written.at("environment"))
    resource = block(where, [("Type", FUNCTION_TYPE), ("Properties", properties)])
    if written.get("condition") is not None:
        resource.put("Condition", written["condition"], written.at("condition"))
    return resource


#: Keys of ``logs`` of a function and ``logs.lambda`` of the provider; a function's whole set wins.
_LOGS = {
    "logFormat": "LogFormat",
    "applicationLogLevel": "ApplicationLogLevel",
    "systemLogLevel": "SystemLogLevel",
    "logGroup": "LogGroup",
}


def _logging(written: Block, default: Value, key: str) -> Block:
    own = written.get("logs")
    where = written.at("logs")
    logs = block_of(default if own is None else own, where, f"functions.{key}.logs")
    made = Block(where if own is not None else logs.where)
    for name, value in logs.items():
        made.put(_LOGS.get(name, name), value, logs.at(name))
    return made


def _merged(base: Block, written: Block, key: str) -> Block:
    own = block_of(written.get("environment"), written.at("environment"), f"functions.{key}.environment")
    made = Block(written.at("environment"))
    for source in (base, own):
        for name, value in source.items():
            made.put(name, value, source.at(name))
    return made


def note_function_keys(key: str, written: Block, notes: Notes) -> None:
    """Warn of keys that have no effect here."""
    known = FUNCTION_SERVED | FUNCTION_DEPLOYMENT | FUNCTION_NOT_SERVED.keys()
    for name in written:
        if name in FUNCTION_NOT_SERVED:
            notes.warn(written.at(name), f"functions.{key}: {name} has no effect here", FUNCTION_NOT_SERVED[name])
        elif name not in known:
            notes.warn(written.at(name), f"functions.{key} has an unknown key {name}", did_you_mean(name, known))


def merged_functions(value: Value, where: Where) -> Block:
    """``functions`` as one mapping: a mapping, or a list of mappings merged in order; null functions are dropped."""
    parts = value if isinstance(value, Row) else [value]
    merged = Block(where)
    for part in parts:
        if not part and not isinstance(part, Unresolved):
            continue
        functions = block_of(part, where, "functions")
        for key, function in functions.items():
            if function is None:
                merged.pop(key, None)
                continue
            own = block_of(function, functions.at(key), f"functions.{key}")
            merged.put(key, deep_merge(Block(functions.at(key)), own), functions.at(key))
    return merged
