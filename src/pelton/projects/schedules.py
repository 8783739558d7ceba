"""Schedules: rules and EventBridge Scheduler's own, as declarations.

A ``schedule`` event of serverless.yml becomes such a resource first. Source: CloudFormation template reference,
AWS::Events::Rule, AWS::Scheduler::Schedule; Serverless Framework documentation, Schedule.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pelton.projects.documents import Block, Row, Value, block, first_unresolved, row
from pelton.projects.intrinsics import Evaluator
from pelton.projects.names import function_logical_id, function_name_in, normalised
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import FunctionDeclaration, ProjectRefused, ScheduleDeclaration, Where
from pelton.projects.scalars import block_of, row_of, text_of, truth_of
from pelton.projects.template import Template

RULE_TYPE = "AWS::Events::Rule"
SCHEDULER_TYPE = "AWS::Scheduler::Schedule"

_EVENT_KEYS = frozenset(
    {
        *("rate", "enabled", "input", "inputPath", "inputTransformer", "name", "description", "method", "timezone"),
        *("groupName", "roleArn"),
    }
)
#: Options of a target that would change what the function receives.
_UNSUPPORTED = ("InputPath", "InputTransformer")


def put_schedules(function_key: str, event: Value, where: Where, resources: Block, notes: Notes) -> None:
    """Add the rules of a ``schedule`` event to the resources: one for each rate, numbered within the function.

    Raises:
        ProjectRefused: the event names no rate.
    """
    written = event if isinstance(event, Block) and not _is_intrinsic(event) else block(where, [("rate", event)])
    for key in written:
        if key not in _EVENT_KEYS:
            what = f"{function_key}: a schedule event has no key {key}, it has no effect"
            notes.warn(written.at(key), what, did_you_mean(key, _EVENT_KEYS))
    rates = written.get("rate")
    if rates is None:
        raise ProjectRefused(where, f"{function_key}: a schedule event without a rate", "add rate: rate(5 minutes)")
    prefix = f"{normalised(function_key)}EventsRuleSchedule"
    for rate in rates if isinstance(rates, Row) else row(written.at("rate"), [rates]):
        number = sum(name.startswith(prefix) for name in resources) + 1
        resources.put(f"{prefix}{number}", _resource(function_key, written, rate, where), where)


def _resource(function_key: str, written: Block, rate: Value, where: Where) -> Block:
    is_scheduler = written.get("method") == "scheduler"
    state = written.get("enabled")
    properties = Block(where)
    properties.put("ScheduleExpression", rate, written.at("rate"))
    properties.put("State", _state(state, written.at("enabled")), written.at("enabled"))
    for key, name in (("name", "Name"), ("timezone", "ScheduleExpressionTimezone")):
        if written.get(key) is not None:
            properties.put(name, written[key], written.at(key))
    arn = block(where, [("Fn::GetAtt", row(where, [function_logical_id(function_key), "Arn"]))])
    target = block(where, [("Arn", arn), ("Id", f"{function_key}Schedule")])
    for key, name in (("input", "Input"), ("inputPath", "InputPath"), ("inputTransformer", "InputTransformer")):
        value = written.get(key)
        if value is not None:
            target.put(name, _json(value) if key == "input" else value, written.at(key))
    if is_scheduler:
        properties.put("Target", target, where)
    else:
        properties.put("Targets", row(where, [target]), where)
    return block(where, [("Type", SCHEDULER_TYPE if is_scheduler else RULE_TYPE), ("Properties", properties)])


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleReader:
    """Reads the schedules of one template."""

    template: Template
    evaluator: Evaluator
    functions: tuple[FunctionDeclaration, ...]
    skipped: frozenset[str]  #: Lambda names of functions that do not run here
    notes: Notes

    def read(self) -> tuple[ScheduleDeclaration, ...]:
        """The schedules in the order written; targets that are no function of the project are noted and left out.

        Raises:
            ProjectRefused: a value is missing or cannot be told.
        """
        found: list[ScheduleDeclaration] = []
        for logical_id in self.template.resources:
            kind = self.template.type_of(logical_id)
            if kind in (RULE_TYPE, SCHEDULER_TYPE) and self.evaluator.references.exists(logical_id):
                found += self._schedules(logical_id, is_rule=kind == RULE_TYPE)
        return tuple(found)

    def _schedules(self, logical_id: str, *, is_rule: bool) -> Iterator[ScheduleDeclaration]:
        where = self.template.resources.at(logical_id)
        resource = block_of(self.template.resources[logical_id], where, logical_id)
        properties = block_of(self.evaluator.evaluate(resource.get("Properties"), where), where, logical_id)
        if properties.get("ScheduleExpression") is None:
            self.notes.warn(where, f"{logical_id}: event patterns are not served here", "invoke the function by name")
            return
        name = text_of(self.evaluator.references.physical_name(logical_id), where, f"{logical_id}.Name")
        timezone = properties.get("ScheduleExpressionTimezone")
        targets = properties.get("Targets") if is_rule else row(where, [properties.get("Target")])
        for target in row_of(targets, properties.at("Targets"), f"{logical_id}.Targets"):
            described = block_of(target, where, f"{logical_id}: a target")
            function_key = self._function_key(described, logical_id)
            if function_key is None:
                continue
            yield ScheduleDeclaration(
                function_key=function_key,
                name=name,
                expression=text_of(properties["ScheduleExpression"], where, f"{logical_id}.ScheduleExpression"),
                timezone="UTC" if timezone is None else text_of(timezone, where, f"{logical_id}: the time zone"),
                input=self._input(described, logical_id),
                is_enabled=text_of(properties.get("State") or "ENABLED", where, "State") != "DISABLED",
                is_rule=is_rule,
                where=where,
            )

    def _function_key(self, target: Block, logical_id: str) -> str | None:
        where = target.at("Arn")
        arn = text_of(target.get("Arn"), where, f"{logical_id}: the target's Arn")
        name = function_name_in(arn)
        for function in self.functions:
            if function.name == name:
                return function.key
        if name not in self.skipped:
            self.notes.warn(where, f"{logical_id}: the target {arn} is not served here", "name a function")
        return None

    def _input(self, target: Block, logical_id: str) -> str | None:
        for name in _UNSUPPORTED:
            if target.get(name) is not None:
                what = f"{logical_id}: {name} is not supported and would change what the function receives"
                self.notes.refuse_unsupported(
                    target.at(name), what, "write Input, or take what is needed in the handler"
                )
        value, where = target.get("Input"), target.at("Input")
        if value is None:
            return None
        text = text_of(value, where, f"{logical_id}.Input")
        try:
            json.loads(text)
        except ValueError as error:
            raise ProjectRefused(where, f"{logical_id}: Input is not JSON: {error}", "write JSON text") from None
        return text


def _json(value: Value) -> str:
    unresolved = first_unresolved(value)
    if unresolved is not None:
        raise unresolved.refusal()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _state(value: Value, where: Where) -> str:
    return "ENABLED" if value is None or truth_of(value, where, "enabled") else "DISABLED"


def _is_intrinsic(value: Block) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))
