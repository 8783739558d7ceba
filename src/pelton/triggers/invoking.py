"""Invoking: carries out one invocation that a shard's processor asked for, counts it, and tells what it came to."""

from __future__ import annotations

import logging

from pelton.triggers.answers import Failed, Stopped, done_records
from pelton.triggers.counting import Rate
from pelton.triggers.narration import Narrator
from pelton.triggers.particulars import origin_of
from pelton.triggers.payload import event_bytes
from pelton.triggers.processor import Invoke, ShardProcessor
from pelton.triggers.protocols import Answer, NotInvoked, Unread
from pelton.triggers.runner_context import RunnerContext
from pelton.triggers.shard_status import behind_records, standstill

_log = logging.getLogger("pelton.triggers")

#: Records counted anew behind a batch that failed, at most, for the line that tells of it.
_COUNTED_MAX = 10_000


class Invoking:
    """The invocations of one shard."""

    def __init__(self, shard_id: str, context: RunnerContext, processor: ShardProcessor, narrator: Narrator) -> None:
        self._shard_id = shard_id
        self._context = context
        self._processor = processor
        self._narrator = narrator
        self.rate = Rate()  #: of records that are done

    async def __call__(self, action: Invoke) -> None:
        """Invoke the function, wait for it, and give its answer to the processor."""
        context = self._context
        mapping = context.mapping()
        event = event_bytes(action.piece, action.window, shard_id=self._shard_id, stream_arn=mapping.stream_arn)
        origin = origin_of(mapping, self._shard_id, action.piece, context.source.number_text)
        context.counts.invoked += len(action.piece.records)
        try:
            answer = await context.execute(mapping.function_arn, event, origin)
        except NotInvoked as refusal:
            self._not_invoked(action, str(refusal))
        except Exception as error:  # a fault of ours must not use up the function's retries
            _log.exception("function %s could not be invoked", mapping.function_name)
            self._not_invoked(action, f"{type(error).__name__}: {error}")
        else:
            self._answered(action, answer)

    def _answered(self, action: Invoke, answer: Answer) -> None:
        clock = self._context.clock
        verdict = self._processor.answered(action.lane, answer, clock.now_ms())
        self._context.on_result(not isinstance(verdict, Failed))
        done = done_records(verdict, action.piece)
        self.rate.add(done, clock.monotonic())
        self._context.counts.failed_invoke += len(action.piece.records) - done
        if isinstance(verdict, Failed | Stopped):
            self._narrate_failure(action, verdict.note.reason)
        else:
            self._narrator.succeeded(action.lane)

    def _not_invoked(self, action: Invoke, reason: str) -> None:
        self._context.counts.failed_invoke += len(action.piece.records)
        self._processor.not_invoked(action.lane, reason, self._context.clock.now_ms())
        self._narrate_failure(action, reason)

    def _narrate_failure(self, action: Invoke, reason: str) -> None:
        lane, now_ms = self._processor.lanes[action.lane], self._context.clock.now_ms()
        unread = self._context.source.unread(self._shard_id, self._processor.read_after, _COUNTED_MAX)
        behind = behind_records(self._processor, lane, unread or Unread(0, None))
        holds_up = standstill(lane, self._processor, self._context.retention_ms, behind, now_ms)
        self._narrator.failed(action.lane, lane, (action.piece, reason), holds_up, now_ms)
