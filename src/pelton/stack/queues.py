"""A project's queues, made true: dead-letter queues may stand after those that use them, so policies come last."""

from __future__ import annotations

from collections.abc import Mapping

from pelton.arns import DEFAULT_ACCOUNT
from pelton.errors import WireError
from pelton.projects.project import Project, QueueDeclaration
from pelton.queues.attributes import FIFO, check_together, checked_attributes
from pelton.queues.definitions import bring_in_line, named
from pelton.queues.names import checked_name
from pelton.stack.core import Core
from pelton.stack.refusal import CannotStart

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
