"""Functions of a template as declarations: what the Serverless Framework generates, SAM's and CloudFormation's own.

Source: CloudFormation template reference, AWS::Lambda::Function; AWS SAM specification, AWS::Serverless::Function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pelton.projects.documents import Block, Unresolved, Value, scalar_text
from pelton.projects.intrinsics import Evaluator
from pelton.projects.notes import Notes
from pelton.projects.project import FunctionDeclaration, ProjectRefused, Where
from pelton.projects.scalars import block_of, row_of, text_of, whole_number_of

_TIMEOUT_S = range(1, 901)
_MEMORY_MB = range(128, 10_241)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSource:
    """One function's resource, and what its kind of project says about it beside the resource."""

    key: str  #: the project's own key
    logical_id: str
    label: str  #: how messages name it: ``functions.index_users``, ``IndexUsers``
    code_root: Path
    runtime_cure: str  #: where a missing runtime is written
    inline_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionReader:
    """Makes declarations of the evaluated resources."""

    evaluator: Evaluator
    resources: Block
    layers: Mapping[str, Path]  #: layer ARN to its folder
    extra_environment: Mapping[str, str]  #: Pelton's own setting: wins over everything declared
    environment_setting: str  #: where that setting is written
    notes: Notes

    def read(self, source: FunctionSource) -> FunctionDeclaration | None:
        """The function; None for one that does not run here (its notes say why).

        Raises:
            ProjectRefused: a value it needs is missing, wrong or cannot be told.
        """
        if not self.evaluator.references.exists(source.logical_id):
            return None
        where = self.resources.at(source.logical_id)
        resource = block_of(self.resources[source.logical_id], where, source.label)
        properties = block_of(resource.get("Properties"), resource.where, source.label)
        if not self._runs_here(source, properties):
            return None
        environment = block_of(
            properties.get("Environment"), properties.at("Environment"), f"{source.label}.environment"
        )
        return FunctionDeclaration(
            key=source.key,
            name=text_of(self.evaluator.references.physical_name(source.logical_id), where, f"{source.label}.name"),
            handler=self._handler(properties, source.label),
            runtime=text_of(self._value(properties, "Runtime"), properties.at("Runtime"), f"{source.label}.runtime"),
            code_root=source.code_root,
            environment=self._environment(source.label, environment),
            timeout_s=self._number(properties, "Timeout", _TIMEOUT_S, source.label),
            memory_mb=self._number(properties, "MemorySize", _MEMORY_MB, source.label),
            description=scalar_text(description)
            if isinstance(description := self._value(properties, "Description"), str)
            else "",
            layers=self._layers(source.label, properties),
            logging=self._logging(properties, source.label),
            where=where,
            logical_id=source.logical_id,
            inline_code=source.inline_code,
        )

    def _handler(self, properties: Block, label: str) -> str:
        value, where = self._value(properties, "Handler"), properties.at("Handler")
        if str(self._value(properties, "Runtime")).startswith("provided") and value is not None:
            return text_of(value, where, f"{label}.handler")  # What a program makes of it is its own affair.
        return _handler(value, where, label)

    def _value(self, properties: Block, name: str) -> Value:
        return self.evaluator.evaluate(properties.get(name), properties.at(name))

    def _number(self, properties: Block, name: str, allowed: range, label: str) -> int:
        return whole_number_of(self._value(properties, name), properties.at(name), f"{label}: {name}", allowed)

    def _logging(self, properties: Block, label: str) -> dict[str, str]:
        where = properties.at("LoggingConfig")
        config = block_of(self._value(properties, "LoggingConfig"), where, f"{label}: LoggingConfig")
        found = {}
        for name, value in config.items():
            if name == "LogGroup" and isinstance(value, Unresolved):
                what = f"{label}: the log group {value.what} cannot be told, the function has its own"
                self.notes.warn(config.at(name), what, "write the group's name")
            elif value is not None:
                found[name] = text_of(value, config.at(name), f"{label}: {name}")
        return found

    def _runs_here(self, source: FunctionSource, properties: Block) -> bool:
        runtime = self._value(properties, "Runtime")
        if runtime is None:
            raise ProjectRefused(properties.where, f"{source.label} has no runtime", source.runtime_cure)
        if isinstance(runtime, str) and not runtime.startswith(("python", "nodejs", "provided")):
            what = f"the function {source.key} ({runtime}) does not run here"
            self.notes.warn(properties.at("Runtime"), what, "Pelton runs python, nodejs and provided; the others go on")
            return False
        return True

    def _environment(self, label: str, environment: Block) -> dict[str, str]:
        where = environment.at("Variables")
        self.evaluator.references.take_made_up()
        variables = block_of(
            self.evaluator.evaluate(environment.get("Variables"), where), where, f"{label}.environment"
        )
        texts = {}
        for name, value in variables.items():
            if value is not None and name not in self.extra_environment:
                texts[name] = text_of(value, variables.at(name), f"{label}.environment.{name}")
        for made_up in self.evaluator.references.take_made_up():
            what = f"{label}.environment uses {made_up}, whose value is made up here"
            self.notes.warn(where, what, f"name the value under {self.environment_setting}")
        return {**texts, **self.extra_environment}

    def _layers(self, label: str, properties: Block) -> tuple[Path, ...]:
        where = properties.at("Layers")
        layers = row_of(self._value(properties, "Layers"), where, f"{label}.layers")
        found = []
        for layer in layers:
            path = self.layers.get(layer) if isinstance(layer, str) else None
            if path is not None:
                found.append(path)
            elif not isinstance(layer, str) or "LambdaInsightsExtension" not in layer:
                name = layer.what if isinstance(layer, Unresolved) else layer
                what = f"{label}: the layer {name} is not here"
                self.notes.warn(where, what, "install its packages beside the project's own")
        return tuple(found)


def _handler(value: Value, where: Where, label: str) -> str:
    if value is None:
        raise ProjectRefused(where, f"{label} has no handler", "add handler: module.function")
    handler = text_of(value, where, f"{label}.handler")
    module, _, function = handler.rpartition(".")
    if not module or not function or "/" in function or function == "py":
        cure = "write the file without .py, a dot and the function's name: reactions/mail.on_change"
        raise ProjectRefused(where, f"{label}: the handler {handler} names no function", cure)
    return handler
