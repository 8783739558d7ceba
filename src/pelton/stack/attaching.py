"""What a project says about its functions' events, concurrency and schedules, made true.

What the API attached to a function stays, where the project says nothing about it.
"""

from __future__ import annotations

from pelton.arns import DEFAULT_ACCOUNT, function_arn
from pelton.errors import WireError
from pelton.functions.asynchronous.settings import destination
from pelton.functions.attached import Attachment
from pelton.functions.definition import LATEST
from pelton.functions.urls import moment_text, url_config
from pelton.operations import JsonObject
from pelton.projects.project import FunctionDeclaration, Project, ScheduleDeclaration
from pelton.stack.core import Core
from pelton.stack.refusal import CannotStart
from pelton.triggers.cron import InvalidSchedule
from pelton.triggers.schedule_expressions import parse_schedule
from pelton.triggers.schedules import Schedule

#: Marks what a project has attached: it goes when the project says it no more.
_MADE_BY = {"MadeBy": "project"}


async def attach(core: Core, project: Project) -> None:
    """Attach what is declared, and take away what was declared before and is no more.

    Raises:
        CannotStart: a destination is not there, or an expression is none.
    """
    configured, reserved, urls = {}, {}, {}
    now_ms = core.ground.clock.now_ms()
    for function in project.functions:
        arn = function_arn(project.region, DEFAULT_ACCOUNT, function.name)
        await _check_destinations(core, function)
        if function.event_invoke:
            configured[arn] = {**function.event_invoke, "LastModified": now_ms / 1000}
        if function.reserved_concurrency is not None:
            reserved[arn] = {"ReservedConcurrentExecutions": function.reserved_concurrency}
        if function.url is not None:
            urls[arn] = url_config(function.url, moment_text(now_ms))
            core.reporting.note("project", f"{function.key} answers on {core.function_url(arn)}")
    await _replace(core, Attachment.URL, "", urls)
    await _replace(core, Attachment.EVENT_INVOKE, LATEST, configured)
    await _replace(core, Attachment.CONCURRENCY, "", reserved)
    for arn, _, body in core.asynchronous.attached.everywhere(Attachment.CONCURRENCY):
        core.functions.concurrency.reserve(arn, body["ReservedConcurrentExecutions"])
    core.schedules.declare([_schedule(project, schedule) for schedule in project.schedules])


async def _replace(core: Core, kind: Attachment, qualifier: str, declared: dict[str, JsonObject]) -> None:
    attached = core.asynchronous.attached
    for arn, place, body in attached.everywhere(kind):
        if "MadeBy" in body and place == qualifier and arn not in declared:
            await attached.change(arn, kind, qualifier, lambda _: None)
            if kind is Attachment.CONCURRENCY:
                core.functions.concurrency.reserve(arn, None)
    for arn, body in declared.items():
        await attached.change(arn, kind, qualifier, lambda _, body=body: {**body, **_MADE_BY})  # type: ignore[misc]


async def _check_destinations(core: Core, function: FunctionDeclaration) -> None:
    """Look for the queues; make the topics and buckets, unless they are there."""
    config = function.event_invoke or {}
    named = (function.dead_letter, destination(config, "OnSuccess"), destination(config, "OnFailure"))
    arns = [arn for arn in named if arn is not None and ":lambda:" not in arn]
    try:
        with core.storage.snapshot() as snapshot:
            for arn in arns:
                core.asynchronous.destinations.check(snapshot, arn)
        for arn in arns:
            await core.destinations.make(arn)
    except WireError as error:
        raise CannotStart(f"{function.where}: function {function.key}: {error.message}") from None


def _schedule(project: Project, declared: ScheduleDeclaration) -> Schedule:
    names = {function.key: function.name for function in project.functions}
    kind, resource = ("events", "rule") if declared.is_rule else ("scheduler", "schedule/default")
    try:
        following = parse_schedule(declared.expression, declared.timezone)
    except InvalidSchedule as error:
        raise CannotStart(f"{declared.where}: schedule of {declared.function_key}: {error}") from None
    return Schedule(
        name=declared.name,
        function_arn=function_arn(project.region, DEFAULT_ACCOUNT, names[declared.function_key]),
        function_key=declared.function_key,
        expression=declared.expression,
        next=following,
        arn=f"arn:aws:{kind}:{project.region}:{DEFAULT_ACCOUNT}:{resource}/{declared.name}",
        input=None if declared.input is None else declared.input.encode(),
        is_enabled=declared.is_enabled,
    )
