"""What else a template holds: outputs, and resources that do not run here."""

from __future__ import annotations

from collections.abc import Collection

from pelton.projects.documents import Block, Row, Unresolved, scalar_text
from pelton.projects.function_urls import URL_TYPE
from pelton.projects.intrinsics import Evaluator
from pelton.projects.kinds import FUNCTION_TYPES, QUEUE_TYPE, TABLE_TYPES
from pelton.projects.known_keys import RESOURCES_DEPLOYMENT
from pelton.projects.mappings import MAPPING_TYPE
from pelton.projects.notes import Notes
from pelton.projects.schedules import RULE_TYPE, SCHEDULER_TYPE
from pelton.projects.template import Template

_SERVED = frozenset({*TABLE_TYPES, QUEUE_TYPE, RULE_TYPE, SCHEDULER_TYPE, URL_TYPE})


def note_resources(template: Template, evaluator: Evaluator, running: Collection[str], notes: Notes) -> None:
    """Warn of resources that are not served here; those that matter to deployment alone are passed over.

    ``running`` are the logical ids of the project's functions.
    """
    for logical_id in template.resources:
        where = template.resources.at(logical_id)
        kind = template.type_of(logical_id)
        if logical_id in running or kind == MAPPING_TYPE or not evaluator.references.exists(logical_id):
            continue
        if kind is None:
            notes.warn(where, f"the resource {logical_id} has no Type", "add one, or remove the resource")
        elif kind in FUNCTION_TYPES:
            notes.warn(where, f"the function {logical_id} does not run here", "declare it under functions")
        elif kind not in _SERVED and not kind.startswith(RESOURCES_DEPLOYMENT):
            notes.warn(where, f"{logical_id} ({kind}) is not served here", "what refers to it gets a made-up name")


def read_outputs(template: Template, evaluator: Evaluator) -> dict[str, str]:
    """The template's outputs that can be told, by name."""
    found = {}
    for name, output in template.outputs.items():
        if not isinstance(output, Block):
            continue
        value = evaluator.evaluate(output.get("Value"), output.at("Value"))
        if value is not None and not isinstance(value, Block | Row | Unresolved):
            found[name] = scalar_text(value)
    return found
