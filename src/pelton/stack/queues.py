"""A project's queues, made true: dead-letter queues may stand after those that use them, so policies come last."""

from __future__ import annotations

from collections.abc import Mapping

from pelton.arns import DEFAULT_ACCOUNT
from pelton.errors import WireError
from pelton.projects.project import MappingDeclaration, Project, QueueDeclaration
from pelton.queues.attributes import FIFO, check_together, checked_attributes
from pelton.queues.definitions import bring_in_line, named
from pelton.queues.names import checked_name, parts_of_arn
from pelton.stack.core import Core
from pelton.stack.refusal import CannotStart
from pelton.triggers.parameters import FilterRefused

_POLICIES = ("RedrivePolicy", "RedriveAllowPolicy")


async def declare_queues(core: Core, project: Project) -> None:
    """Create the project's queues, or bring their attributes in line; messages are kept.

    Raises:
        CannotStart: a queue is refused.
    """
    for queue in project.queues:
        attributes = {name: value for name, value in queue.attributes.items() if name not in _POLICIES}
        await _declare(core, project.region, queue, attributes)
    for queue in project.queues:
        if any(name in queue.attributes for name in _POLICIES):
            await _declare(core, project.region, queue, queue.attributes)


def is_of_queue(mapping: MappingDeclaration) -> bool:
    """Whether a mapping's source is a queue."""
    return parts_of_arn(mapping.event_source) is not None


async def declare_queue_mappings(core: Core, project: Project) -> None:
    """Make the project's mappings of queues true; those it declares no more are deleted.

    Raises:
        CannotStart: a mapping is refused.
    """
    names = {function.key: function.name for function in project.functions}
    declared = set()
    for mapping in project.mappings:
        if not is_of_queue(mapping):
            continue
        name = names[mapping.function_key]
        members = {"FunctionName": name, "EventSourceArn": mapping.event_source, **mapping.settings}
        try:
            declared.add((await core.queue_triggers.declare(members)).uuid)
        except WireError as error:
            reason = f" ({error.reason})" if isinstance(error, FilterRefused) else ""
            raise CannotStart(f"{mapping.where}: this sqs event is refused: {error.message}{reason}") from None
    await core.queue_triggers.forget_others(declared)


async def _declare(core: Core, region: str, queue: QueueDeclaration, attributes: Mapping[str, str]) -> None:
    now_ms = core.ground.clock.now_ms()
    try:
        is_fifo = attributes.get(FIFO) == "true"
        identity = named(DEFAULT_ACCOUNT, region, checked_name(queue.name, is_fifo=is_fifo))
        checked = checked_attributes(attributes, queue.name)
        check_together(checked)
        await core.storage.write(lambda transaction: bring_in_line(transaction, identity, checked, queue.tags, now_ms))
    except WireError as error:
        raise CannotStart(f"{queue.where}: queue {queue.name}: {error.message} (correct its definition)") from None
