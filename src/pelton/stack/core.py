"""The core: every room wired together, minus sockets, threads and processes.

``Ground`` holds what differs between a server and a test: the clock, the randomness, the storage with
its driver and what runs handlers. Everything above it is the same, so a test that drives the core in
one thread under a virtual clock drives Pelton.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from pelton import functions, queues, streams, tables, triggers
from pelton.arns import DEFAULT_ACCOUNT, function_url_path
from pelton.clock import Clock
from pelton.functions.asynchronous.engine import AsyncInvocations
from pelton.functions.asynchronous.settings import destination
from pelton.functions.attached import Attached, Attachment
from pelton.functions.executor import Executor
from pelton.functions.invocation import Invocation, NotInvoked, Outcome
from pelton.functions.service import Functions
from pelton.functions.trace import new_trace
from pelton.operations import Access, JsonObject, Operation, RequestContext, Unfinished
from pelton.settings import Settings
from pelton.stack.events import EventLog
from pelton.stack.payloads import Payloads
from pelton.stack.recording import invocation_row
from pelton.stack.reporting import Reporting
from pelton.storage.catalog import SequenceNumber
from pelton.storage.engine import Storage
from pelton.storage.invocations import add_invocation
from pelton.streams.rolling import Rolling
from pelton.tables.backfilling import Backfilling
from pelton.tables.copying import Copying
from pelton.tables.expiring import Expiring
from pelton.tables.options import TableOptions
from pelton.triggers.destinations import Beside, Destinations
from pelton.triggers.elsewhere import Elsewhere, is_elsewhere
from pelton.triggers.event_destinations import RecordDestinations
from pelton.triggers.options import TriggerOptions
from pelton.triggers.protocols import NotInvoked as TriggerNotInvoked
from pelton.triggers.queue_runner import QueueSurroundings
from pelton.triggers.queue_service import QueueTriggers
from pelton.triggers.schedules import Schedules
from pelton.triggers.service import Triggers


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the core stands on."""

    settings: Settings
    clock: Clock
    random: Random
    storage: Storage
    executor: Executor
    endpoint_url: str  #: where functions find the AWS endpoint
    beside: Beside = asyncio.to_thread  #: runs what blocks beside the event loop
    elsewhere: Elsewhere | None = None  #: answers for SNS topics and S3 buckets; None: nothing does


class Core:
    """All rooms of one Pelton. Construct it, declare or restore what it shall run, then ``start``."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.storage = ground.storage
        self.events = EventLog()
        self._commit_waiters: list[asyncio.Future[None]] = []
        self.queues = queues.Queues(ground.storage, clock=ground.clock, random=ground.random)
        self.moving = queues.Moving(self.queues, ground.storage.snapshot)
        self.functions = Functions(ground.executor, clock=ground.clock, random=ground.random)
        self.reporting = Reporting(self.events, ground.clock, self.functions)
        self.destinations = Destinations(
            self.queues, random=ground.random, beside=ground.beside, elsewhere=ground.elsewhere
        )
        self.asynchronous = AsyncInvocations(
            self.functions,
            ground.storage,
            Attached(ground.storage),
            RecordDestinations(self.queues, self.destinations, ground.elsewhere, ground.random),
            self.reporting.on_event_trouble,
        )
        self.schedules = Schedules(self._accept, clock=ground.clock, random=ground.random)
        self.backfilling = Backfilling(ground.storage, ground.clock)
        self.expiring = Expiring(ground.storage, ground.clock)
        self.copying = Copying(ground.storage, ground.clock)
        self.rolling = Rolling(ground.storage, ground.clock, ground.settings.shard_age_max_ms)
        self.triggers = Triggers(
            ground.storage,
            self._execute,
            clock=ground.clock,
            random=ground.random,
            on_event=self.reporting.on_trigger,
            options=TriggerOptions(destinations=self.destinations, retention_ms=ground.settings.retention_ms),
        )
        self.queue_triggers = QueueTriggers(
            ground.storage,
            QueueSurroundings(
                queues=self.queues,
                execute=self._execute,
                clock=ground.clock,
                random=ground.random,
                workers_max=ground.settings.workers_max,
                on_event=self.reporting.on_trigger,
            ),
            clock=ground.clock,
            random=ground.random,
            timeout_of=self._timeout_of,
        )
        self.services = self._services()
        functions.restore(self.functions, self.storage, self.asynchronous)
        self._listen()

    def _listen(self) -> None:
        """Have what happens told and recorded."""
        self.functions.on_log(self.reporting.on_log)
        self.functions.on_outcome(self.reporting.on_outcome)
        self.functions.on_outcome(self._record)
        self.payloads = Payloads()
        self.functions.on_outcome(self.payloads.on_outcome)
        self.storage.on_commit(self._on_commit)

    def operation(self, name: str) -> Operation:
        """An operation of DynamoDB by name, for the stack's own use."""
        return self.services["DynamoDB_20120810"][name]

    async def start(self) -> None:
        """Begin to react: mappings resume at their checkpoints. What is older than the retention is trimmed."""
        self.storage.start_trimming(self.ground.settings.retention_ms)
        self.backfilling.start()
        self.expiring.start()
        self.copying.start()
        self.rolling.start()
        await self.triggers.start()
        self.queue_triggers.start()
        self.moving.start()
        self.asynchronous.start()
        self.schedules.start()

    async def quiesce(self, timeout_s: float) -> None:
        """Begin nothing more, let what is under way end for at most that long, and make all state durable."""
        self.queues.close()
        self.moving.close()
        self.schedules.close()
        self.backfilling.close()
        self.expiring.close()
        self.copying.close()
        self.rolling.close()
        await asyncio.gather(self.triggers.drain(timeout_s), self.queue_triggers.drain(timeout_s))
        ending = asyncio.ensure_future(self.asynchronous.drain())
        await self.functions.drain(timeout_s)
        await ending

    async def call(self, name: str, body: JsonObject, region: str) -> JsonObject:
        """Run one of DynamoDB's operations on the stack's own behalf, validated as a client's request is.

        Raises:
            WireError: as the operation would answer.
        """
        operation = self.operation(name)
        context = RequestContext(
            account=DEFAULT_ACCOUNT,
            region=region,
            now_ms=self.ground.clock.now_ms(),
            request_id="pelton",
        )
        access, decide = operation.access, operation.prepare(body, context)
        if access is Access.AS_PREPARED:
            access, decide = decide
        if access is Access.WRITE:
            answer: JsonObject = await self.storage.write(decide)
            return answer
        with self.storage.snapshot() as snapshot:
            found: JsonObject | Unfinished = decide(snapshot)
            while isinstance(found, Unfinished):
                found = found.go_on(snapshot)
        return found

    def function_url(self, arn: str) -> str:
        """The URL of the function with that unqualified ARN, where it has one."""
        return self.ground.endpoint_url + function_url_path(arn)

    def named_elsewhere(self) -> list[str]:
        """ARNs of the topics and buckets that mappings and functions name as destinations."""
        named = {mapping.settings.on_failure for mapping in self.triggers.mappings()}
        named |= {function.dead_letter for function in self.functions.list()}
        for _, _, config in self.asynchronous.attached.everywhere(Attachment.EVENT_INVOKE):
            named |= {destination(config, outcome) for outcome in ("OnSuccess", "OnFailure")}
        return sorted(arn for arn in named if arn is not None and is_elsewhere(arn))

    def tip(self) -> SequenceNumber:
        """Number of the newest committed change."""
        with self.storage.snapshot() as snapshot:
            return snapshot.tip()

    def outstanding(self, up_to: SequenceNumber, up_to_event: int | None = None) -> list[str]:
        """Reactions that are not done: to changes and asynchronous events up to those numbers, to all messages.

        One line each. None: to all events there are.
        """
        newest = self.asynchronous.newest() if up_to_event is None else up_to_event
        return [
            *self.triggers.outstanding(up_to),
            *self.queue_triggers.outstanding(),
            *self.moving.outstanding(),
            *self.asynchronous.outstanding(newest),
        ]

    def _services(self) -> Mapping[str, Mapping[str, Operation]]:
        settings, random = self.ground.settings, self.ground.random
        endpoint = self.ground.endpoint_url.removeprefix("http://")
        of_functions = functions.operations(self.functions, self.storage, self.asynchronous, self.ground.endpoint_url)
        return {
            "DynamoDB_20120810": tables.operations(
                TableOptions(
                    random=random,
                    shards=settings.shards,
                    on_index_created=self.backfilling.wake,
                    on_time_to_live=self.expiring.wake,
                    on_copies=self.copying.wake,
                    endpoint=lambda: endpoint,
                )
            ),
            "DynamoDBStreams_20120810": streams.operations(),
            "AmazonSQS": queues.operations(self.queues, self.moving),
            "lambda": {
                **of_functions,
                **triggers.operations(self.triggers, self.queue_triggers, self.functions),
                **triggers.tag_operations((self.triggers, self.queue_triggers), of_functions),
            },
        }

    async def _execute(self, function_name: str, event: bytes, origin: JsonObject) -> Outcome:
        invocation = Invocation(
            function_name=function_name, payload=event, trace=new_trace(self.ground.random), origin=origin
        )
        try:
            return await self.functions.invoke(invocation)
        except NotInvoked as error:
            raise TriggerNotInvoked(str(error)) from None

    def _timeout_of(self, arn: str) -> float | None:
        function = self.functions.get(arn)
        return None if function is None else function.timeout_s

    async def _accept(self, function: str, event: bytes) -> str:
        """Keep the event of a schedule; it is run as any asynchronous one, with its retries and destinations."""
        return await self.asynchronous.accept(function, "", event, None)

    def _record(self, invocation: Invocation, outcome: Outcome) -> None:
        """Leave a row of the invocation; it rides a commit that happens anyway."""
        row = invocation_row(invocation, outcome)
        self.storage.ride(lambda transaction: add_invocation(transaction, row))

    def next_commit(self) -> asyncio.Future[None]:
        """Done when the next change is committed."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._commit_waiters.append(waiter)
        return waiter

    def _on_commit(self, tip: SequenceNumber) -> None:
        self.triggers.wake(tip)
        waiters, self._commit_waiters = self._commit_waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
