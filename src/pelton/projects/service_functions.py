"""Functions of serverless.yml: first as Lambda resources, then, evaluated, as declarations.

In between, ``resources`` may edit what was generated, as it does on deployment.
Source: Serverless Framework documentation, Functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pelton.projects.documents import Block, Row, Unresolved, Value, block, scalar_text
from pelton.projects.intrinsics import Evaluator
from pelton.projects.known_keys import FUNCTION_DEPLOYMENT, FUNCTION_NOT_SERVED, FUNCTION_SERVED
from pelton.projects.names import function_logical_id
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import FunctionDeclaration, ProjectRefused, Where
from pelton.projects.scalars import block_of, row_of, text_of, whole_number_of
from pelton.projects.template import deep_merge

FUNCTION_TYPE = "AWS::Lambda::Function"
_TIMEOUT_S = range(1, 901)
_MEMORY_MB = range(128, 10_241)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionDefaults:
    """What ``provider`` says about all functions."""

    stack: str  #: ``<service>-<stage>``: names start with it
    runtime: Value
    timeout: Value
    memory: Value
    environment: Block
    layers: Value


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
    if written.get("onError") is not None:
        dead_letters = block(where, [("TargetArn", written["onError"])])
        properties.put("DeadLetterConfig", dead_letters, written.at("onError"))
    environment = block(where, [("Variables", _merged(defaults.environment, written, key))])
    properties.put("Environment", environment, written.at("environment"))
    resource = block(where, [("Type", FUNCTION_TYPE), ("Properties", properties)])
    if written.get("condition") is not None:
        resource.put("Condition", written["condition"], written.at("condition"))
    return resource


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionReader:
    """Makes declarations of the evaluated resources."""

    evaluator: Evaluator
    resources: Block
    root: Path
    layers: Mapping[str, Path]  #: layer ARN to its folder
    extra_environment: Mapping[str, str]  #: ``custom.pelton.environment``: wins over everything declared
    notes: Notes

    def read(self, key: str, written: Block) -> FunctionDeclaration | None:
        """The function; None for one that does not run here (its notes say why).

        Raises:
            ProjectRefused: a value it needs is missing, wrong or cannot be told.
        """
        logical_id = function_logical_id(key)
        if not self.evaluator.references.exists(logical_id):
            return None
        resource = block_of(self.resources[logical_id], written.where, key)
        properties = block_of(resource.get("Properties"), resource.where, key)
        if not self._runs_here(key, written, properties):
            return None
        environment = block_of(properties.get("Environment"), properties.at("Environment"), f"{key}.environment")
        return FunctionDeclaration(
            key=key,
            name=text_of(self.evaluator.references.physical_name(logical_id), written.where, f"functions.{key}.name"),
            handler=_handler(self._value(properties, "Handler"), properties.at("Handler"), key),
            runtime=text_of(self._value(properties, "Runtime"), properties.at("Runtime"), f"functions.{key}.runtime"),
            code_root=self._code_root(key, written),
            environment=self._environment(key, environment),
            timeout_s=self._number(properties, "Timeout", _TIMEOUT_S, key),
            memory_mb=self._number(properties, "MemorySize", _MEMORY_MB, key),
            description=scalar_text(description)
            if isinstance(description := self._value(properties, "Description"), str)
            else "",
            layers=self._layers(key, properties),
            where=written.where,
        )

    def _value(self, properties: Block, name: str) -> Value:
        return self.evaluator.evaluate(properties.get(name), properties.at(name))

    def _number(self, properties: Block, name: str, allowed: range, key: str) -> int:
        return whole_number_of(self._value(properties, name), properties.at(name), f"functions.{key}: {name}", allowed)

    def _runs_here(self, key: str, written: Block, properties: Block) -> bool:
        if written.get("image") is not None:
            what = f"the function {key} is a container image and does not run here"
            self.notes.warn(written.at("image"), what, "give it a handler and a python runtime")
            return False
        runtime = self._value(properties, "Runtime")
        if runtime is None:
            raise ProjectRefused(written.where, f"functions.{key} has no runtime", "add provider.runtime: python3.12")
        if isinstance(runtime, str) and not runtime.startswith("python"):
            what = f"the function {key} ({runtime}) does not run here"
            self.notes.warn(properties.at("Runtime"), what, "Pelton runs Python functions; the others go on")
            return False
        return True

    def _code_root(self, key: str, written: Block) -> Path:
        module = written.get("module")
        if module is None:
            return self.root
        return self.root / text_of(module, written.at("module"), f"functions.{key}.module")

    def _environment(self, key: str, environment: Block) -> dict[str, str]:
        where = environment.at("Variables")
        self.evaluator.references.take_made_up()
        variables = block_of(self.evaluator.evaluate(environment.get("Variables"), where), where, f"{key}.environment")
        texts = {}
        for name, value in variables.items():
            if value is not None:
                texts[name] = text_of(value, variables.at(name), f"functions.{key}.environment.{name}")
        for made_up in self.evaluator.references.take_made_up():
            what = f"functions.{key}.environment uses {made_up}, whose value is made up here"
            self.notes.warn(where, what, "name the value under custom.pelton.environment")
        return {**texts, **self.extra_environment}

    def _layers(self, key: str, properties: Block) -> tuple[Path, ...]:
        where = properties.at("Layers")
        layers = row_of(self._value(properties, "Layers"), where, f"functions.{key}.layers")
        found = []
        for layer in layers:
            path = self.layers.get(layer) if isinstance(layer, str) else None
            if path is not None:
                found.append(path)
            elif not isinstance(layer, str) or "LambdaInsightsExtension" not in layer:
                name = layer.what if isinstance(layer, Unresolved) else layer
                what = f"functions.{key}: the layer {name} is not here"
                self.notes.warn(where, what, "install its packages beside the project's own")
        return tuple(found)


def _handler(value: Value, where: Where, key: str) -> str:
    if value is None:
        raise ProjectRefused(where, f"functions.{key} has no handler", "add handler: module.function")
    handler = text_of(value, where, f"functions.{key}.handler")
    module, _, function = handler.rpartition(".")
    if not module or not function or "/" in function:
        cure = "write the file without .py, a dot and the function's name: reactions/mail.on_change"
        raise ProjectRefused(where, f"functions.{key}: the handler {handler} names no function", cure)
    return handler


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
