"""What a name in a template stands for: parameters, pseudo parameters, resources and their attributes.

Physical names and made-up ids are the same in every run, so that a restart finds the same table.
Source: CloudFormation user guide, ``Ref`` and ``Fn::GetAtt``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pelton.arns import function_arn, function_url_path
from pelton.projects.conditions import is_true
from pelton.projects.documents import Block, Row, Unresolved, Value, scalar_text
from pelton.projects.kinds import KINDS, TABLE_TYPES
from pelton.projects.names import function_name_in, generated_id, generated_name
from pelton.projects.notes import did_you_mean
from pelton.projects.project import Where, stream_token
from pelton.projects.template import Stack, Template


class References:
    """Answers references into one template; ``evaluate`` evaluates the values they lead to."""

    def __init__(
        self,
        template: Template,
        stack: Stack,
        overrides: Mapping[str, str],
        evaluate: Callable[[Value, Where], Value],
    ) -> None:
        self._template = template
        self._stack = stack
        self._overrides = overrides
        self._evaluate = evaluate
        self._pseudo = stack.pseudo_parameters()
        self._names: dict[str, Value] = {}
        self._open: list[str] = []
        self._made_up: list[str] = []

    def of_name(self, name: str, where: Where) -> Value:
        """What ``Ref`` gives for a name."""
        if name == "AWS::NotificationARNs":
            return Row(where)
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._template.parameters:
            return self._parameter(name, where)
        return self.of_resource(name, None, where)

    def take_made_up(self) -> list[str]:
        """Logical ids, since the last call, whose reference values had to be made up."""
        taken, self._made_up = self._made_up, []
        return taken

    def exists(self, logical_id: str) -> bool:
        """Whether the template has the resource and its Condition holds."""
        resource = self._template.resources.get(logical_id)
        if not isinstance(resource, Block):
            return False
        condition = resource.get("Condition")
        if not isinstance(condition, str):
            return True
        held = is_true(condition, self._template.conditions, self._evaluate, resource.at("Condition"))
        return held is True

    def physical_name(self, logical_id: str) -> Value:
        """The name the resource has when it runs: its own, or a generated one that stays the same."""
        if logical_id not in self._names:
            if logical_id in self._open:
                where = self._template.resources.at(logical_id)
                return Unresolved(where, f"the name of {logical_id} refers to itself", "give it a plain name")
            self._open.append(logical_id)
            self._names[logical_id] = self._name(logical_id)
            self._open.pop()
        return self._names[logical_id]

    def _name(self, logical_id: str) -> Value:
        kind = KINDS.get(self._template.type_of(logical_id) or "")
        resource = self._template.resources.get(logical_id)
        properties = resource.get("Properties") if isinstance(resource, Block) else None
        if kind is not None and kind.name_property is not None and isinstance(properties, Block):
            named = self._evaluate(properties.get(kind.name_property), properties.at(kind.name_property))
            if isinstance(named, Unresolved):
                return named
            if named is not None and not isinstance(named, Block | Row):
                return scalar_text(named)
        suffix = ".fifo" if isinstance(properties, Block) and self._is_fifo(properties) else ""
        return generated_name(self._stack.name, logical_id) + suffix

    def _is_fifo(self, properties: Block) -> bool:
        """Whether the resource is a FIFO queue (or topic), whose generated name says so."""
        value = self._evaluate(properties.get("FifoQueue"), properties.at("FifoQueue"))
        return isinstance(value, bool | str) and scalar_text(value).lower() == "true"

    def _parameter(self, name: str, where: Where) -> Value:
        declared = self._template.parameters[name]
        kind = scalar_text(declared.get("Type")) if isinstance(declared, Block) else "String"  # type: ignore[arg-type]
        value: Value = self._template.parameter_values.get(name)
        if value is None and isinstance(declared, Block):
            value = declared.get("Default")
        if value is None:
            choice = f" (one of {', '.join(allowed)})" if (allowed := _allowed_values(declared)) else ""
            cure = f"give --param {name}=…{choice}, or add a Default"
            return Unresolved(where, f"the parameter {name} has no value", cure)
        if kind.startswith("AWS::SSM::Parameter::Value"):
            key = f"ssm:{value}"
            cure = f"name its value under {self._stack.values_setting}, as {key!r}: value"
            return self._overrides.get(key) or Unresolved(where, f"the SSM parameter {value} has no value here", cure)
        if isinstance(value, str) and (kind == "CommaDelimitedList" or kind.startswith("List<")):
            items = Row(where)
            for item in value.split(","):
                items.add(item.strip(), where)
            return items
        return value

    def of_resource(self, logical_id: str, attribute: str | None, where: Where) -> Value:
        """What a resource gives for ``Ref`` (no attribute) or ``Fn::GetAtt``."""
        if not self.exists(logical_id):
            known = [*self._template.resources, *self._template.parameters]
            return Unresolved(where, f"{logical_id} is not in this template", did_you_mean(logical_id, known))
        name = self.physical_name(logical_id)
        if not isinstance(name, str):
            return name
        kind_name = self._template.type_of(logical_id) or ""
        if attribute in ("StreamArn", "LatestStreamArn") and kind_name in TABLE_TYPES:
            return self._stream(logical_id, name, where)
        if kind_name == "AWS::Lambda::Url" and attribute in (None, "FunctionArn", "FunctionUrl"):
            return self._function_url(logical_id, attribute)
        kind = KINDS.get(kind_name)
        form = None if kind is None else kind.ref if attribute is None else kind.attributes.get(attribute)
        if form is not None:
            return self._formatted(form, logical_id, name)
        self._made_up.append(logical_id if attribute is None else f"{logical_id}.{attribute}")
        if attribute is None:
            return name
        service = kind_name.split("::")[1].lower() if kind_name.count("::") == 2 else "cloudformation"
        return f"arn:aws:{service}:{self._stack.region}:{self._stack.account}:{name}"

    def _formatted(self, form: str, logical_id: str, name: str) -> str:
        stack = self._stack
        return form.format(
            name=name,
            id=generated_id(stack.name, logical_id),
            region=stack.region,
            account=stack.account,
            port=stack.port,
            http_port=stack.http_port,
        )

    def _function_url(self, logical_id: str, attribute: str | None) -> Value:
        """A function URL's own, or its function's ARN."""
        resource = self._template.resources[logical_id]
        properties = resource.get("Properties") if isinstance(resource, Block) else None
        target = properties.get("TargetFunctionArn") if isinstance(properties, Block) else None
        where = self._template.resources.at(logical_id)
        function = self._evaluate(target, where)
        if not isinstance(function, str):
            return Unresolved(where, f"the function of {logical_id} cannot be told", "name it as TargetFunctionArn")
        arn = function_arn(self._stack.region, self._stack.account, function_name_in(function))
        if attribute != "FunctionUrl":
            return arn
        return f"http://127.0.0.1:{self._stack.port}{function_url_path(arn)}"

    def _stream(self, logical_id: str, name: str, where: Where) -> Value:
        resource = self._template.resources[logical_id]
        properties = resource.get("Properties") if isinstance(resource, Block) else None
        if isinstance(properties, Block) and properties.get("StreamSpecification") is not None:
            return stream_token(name)
        cure = f"add StreamSpecification: {{StreamViewType: NEW_AND_OLD_IMAGES}} to {logical_id}"
        return Unresolved(where, f"the table {logical_id} has no stream", cure)


def _allowed_values(declared: Value) -> list[str]:
    """The values a parameter may have; empty: any."""
    values = declared.get("AllowedValues") if isinstance(declared, Block) else None
    return [str(value) for value in values] if isinstance(values, Row) else []
