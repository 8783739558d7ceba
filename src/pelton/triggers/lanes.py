"""A lane: the records of one shard whose partition keys share it, delivered strictly in order.

A shard has as many lanes as its mapping's parallelization factor; lanes do not wait for each other. What a lane
does after a failure is here, and nothing of it does I/O:

    expired records           given up (RecordAgeExceeded), before every invocation
    partial answer            records before the first failed one are done; retries start anew
    function error            bisect and more than one record: first half, then second half, retries unchanged
                              retries used up: given up (RetryAttemptsExhausted); else wait and send the same again
    not invoked               wait and send the same again, retries unchanged

Source: Lambda guide, "Process DynamoDB records with Lambda"; order and counts as recorded from the service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.triggers.answers import Failed, Stopped, Succeeded, Verdict
from pelton.triggers.backoff import DELAY_MAX_MS, retry_delay_ms
from pelton.triggers.batching import BatchRules, RecordQueue, is_window_over
from pelton.triggers.done_before import DoneBefore, DoneShare
from pelton.triggers.failing import after_failure, aged, skipped
from pelton.triggers.lane_steps import Deliver, GiveUp, LaneView, WaitUntil
from pelton.triggers.mappings import MappingSettings
from pelton.triggers.piece_stack import PieceStack
from pelton.triggers.pieces import FailureNote, Piece, cut, piece_of
from pelton.triggers.protocols import SourceRecord
from pelton.triggers.windows import TumblingWindow, window_from_json, window_json, window_of


class Lane:
    """One lane. After ``Deliver`` it waits for ``answered`` or ``not_invoked``, after ``GiveUp`` for ``given_up``."""

    def __init__(self, done: DoneBefore, random: Random, hash_of: Callable[[SourceRecord], int]) -> None:
        self.done_before = done  #: what was done before this lane began
        self._hash_of = hash_of
        self._random = random
        self._queue = RecordQueue()
        self._pieces = PieceStack(hash_of)
        self._window: TumblingWindow | None = None
        self._retry_at_ms: int | None = None
        self._is_busy = False
        self._is_skipping = False  # What is tried now is given up if it fails again.

    @property
    def is_busy(self) -> bool:
        """Whether an invocation or a discard is under way."""
        return self._is_busy

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to deliver; an open tumbling window may still await its end."""
        return not len(self._pieces) and not len(self._queue)

    @property
    def has_window(self) -> bool:
        """Whether a tumbling window is open."""
        return self._window is not None

    @property
    def is_refilling(self) -> bool:
        """Whether restored pieces still wait for their records."""
        return self._pieces.is_refilling

    @property
    def queued(self) -> tuple[int, int]:
        """Records read and not yet in a batch, and the bytes of their events."""
        return len(self._queue), self._queue.bytes

    @property
    def waiting(self) -> int:
        """Records read and not done."""
        return len(self._queue) + sum(len(piece.records) for piece in self._pieces)

    @property
    def piece(self) -> Piece | None:
        """What is delivered, or delivered next."""
        return self._pieces.top

    @property
    def skippable(self) -> Piece | None:
        """What ``skip`` would give up: the record that the function named, else the whole piece that failed."""
        piece = self._pieces.top
        if piece is None or piece.note is None or piece.condition is not None or self._pieces.is_refilling:
            return None
        return skipped(piece)[0]

    @property
    def retry_at_ms(self) -> int | None:
        """When the failed piece is tried again; None when none waits."""
        return self._retry_at_ms

    def unfinished(self) -> Iterator[SourceRecord]:
        """Records read and not done, in no promised order, without those still in the queue but its oldest."""
        for piece in self._pieces:
            yield from piece.records
        if self._queue.head is not None:
            yield self._queue.head

    def done_through(self, read_through: SequenceNumber) -> SequenceNumber:
        """Every record of this lane up to here is done."""
        return self._done_through(read_through, without_top=False)

    def receive(self, record: SourceRecord, now_ms: int) -> None:
        """A record of this lane was read; those done before are passed over."""
        if record.number <= self.done_before.floor or self._pieces.take_back(record):
            return
        if not self.done_before.holds(record, self._hash_of):
            self._queue.append(record, now_ms)

    def refill(self, read_through: SequenceNumber, *, is_end: bool) -> bool:
        """Whether restored pieces have all their records, now that the shard was read up to there."""
        return self._pieces.finish_refill(read_through, is_end=is_end)

    def decide(self, now_ms: int, view: LaneView) -> Deliver | GiveUp | WaitUntil | None:
        """What to do now; None: nothing before more is read or an answer comes."""
        if self._is_busy or self._pieces.is_refilling:
            return None
        if self._pieces.top is None:
            self._retry_at_ms = None
            at_ms = self._form(now_ms, view)
            if self._pieces.top is None:
                return WaitUntil(at_ms) if at_ms is not None else None
        if self._pieces.top.condition is None:
            # Further away than any delay: the clock was set back.
            if self._retry_at_ms is not None and now_ms < self._retry_at_ms <= now_ms + DELAY_MAX_MS:
                return WaitUntil(self._retry_at_ms)
            self._put_back(aged(self._pieces.pop(), self._window, now_ms, view))
        return self._begin()

    def answered(self, verdict: Verdict, now_ms: int, settings: MappingSettings) -> None:
        """The delivered piece was answered."""
        piece = self._end()
        if isinstance(verdict, Failed):
            self._failed(piece, verdict.note, now_ms, settings)
        elif isinstance(verdict, Stopped):
            self._stopped(piece, verdict, now_ms)
        else:
            self._succeeded(piece, verdict, now_ms)

    def not_invoked(self, reason: str, now_ms: int) -> None:
        """The function was not called: the same piece waits, no retry is used up."""
        piece = self._end()
        note = piece.note or FailureNote(reason=reason, function_error=None)
        again = replace(piece, tries=piece.tries - 1, note=replace(note, reason=reason))
        if self._is_skipping:
            self._put_back(skipped(again))
        else:
            self._wait(again, now_ms)

    def given_up(self, now_ms: int) -> None:
        """The discarded piece is safely kept."""
        self._after(self._end(), now_ms)

    def reset_backoff(self) -> None:
        """Try what waits now; retries used up stay used up."""
        if self._retry_at_ms is not None and self._pieces.top is not None:
            self._retry_at_ms = None
            self._pieces.replace_top(replace(self._pieces.top, delays=0))

    def skip(self) -> Piece | None:
        """Give up what failed, now, or when the attempt under way fails too; returns it, None when nothing failed."""
        if (piece := self.skippable) is not None:
            self._is_skipping = self._is_busy
            if not self._is_busy:
                self._put_back(skipped(self._pieces.pop()))
        return piece

    def release(self) -> tuple[list[Piece], list[SourceRecord]]:
        """All that is not done, to be dealt out anew: pieces in the order of delivery, then records, oldest first."""
        assert not self._is_busy, "a lane gives its records away only between invocations"
        return self._pieces.release(), self._queue.drain()

    def take_over(self, pieces: Sequence[Piece], retry_at_ms: int | None) -> None:
        """Take pieces of other lanes, in the order of delivery; the lane is new."""
        self._put_back(pieces)
        self._retry_at_ms = retry_at_ms

    def json(self, read_through: SequenceNumber) -> JsonObject:
        """The durable state: numbers only, records are read again."""
        return self._json(read_through, self._window, without_top=False)

    def json_after_discard(self, read_through: SequenceNumber) -> JsonObject:
        """The durable state once the piece being given up is safely kept."""
        given_up = self._pieces.top
        assert given_up is not None, "something is being given up"
        return self._json(read_through, None if given_up.is_final else self._window, without_top=True)

    def restore(self, stored: JsonObject) -> None:
        """Take up a state as ``json`` gave it; its records come in by ``receive``."""
        shares = tuple(DoneShare(*share) for share in stored.get("done", ()))
        self.done_before = DoneBefore(SequenceNumber(stored["through"]), shares)
        self._pieces.restore(stored["pieces"])
        self._window = window_from_json(stored["window"]) if stored["window"] else None
        self._retry_at_ms = stored["retry_at"]

    def _done_through(self, read_through: SequenceNumber, *, without_top: bool) -> SequenceNumber:
        if self._pieces.is_refilling:
            return self.done_before.floor
        first = read_through + 1
        first = min(first, self._pieces.first_number(without_top=without_top) or first)
        if self._queue.head is not None:
            first = min(first, self._queue.head.number)
        return SequenceNumber(max(self.done_before.floor, first - 1))

    def _json(self, read_through: SequenceNumber, window: TumblingWindow | None, *, without_top: bool) -> JsonObject:
        through = self._done_through(read_through, without_top=without_top)
        return {
            "through": through,
            "done": self.done_before.beyond(through),
            "pieces": self._pieces.json(without_top=without_top),
            "window": window_json(window) if window is not None else None,
            "retry_at": self._retry_at_ms,
        }

    def _form(self, now_ms: int, view: LaneView) -> int | None:
        """Make the next piece if there is one; else when to look again, None when nothing is there."""
        head = self._queue.head
        length_s = view.settings.tumbling_window_s
        if self._window is None and length_s and head is not None:
            if not view.opens_windows:
                return None
            self._window = window_of(head.created_ms, length_s)
        if self._window is not None and is_window_over(self._window, head, now_ms, view):
            at = head.number if head is not None else SequenceNumber(view.read_through + 1)
            self._pieces.push(Piece(records=(), first=at, last=at, is_final=True))
            return None
        rules = BatchRules(batch_size=view.settings.batch_size, window_ms=view.settings.batching_window_s * 1000)
        ready_ms = self._queue.ready_at(rules, self._window, now_ms)
        if ready_ms is not None and (view.is_end or view.is_full):
            ready_ms = now_ms
        if self._window is not None:
            ready_ms = self._window.over_ms if ready_ms is None else min(ready_ms, self._window.over_ms)
        if ready_ms is not None and ready_ms <= now_ms and head is not None:
            self._pieces.push(piece_of(self._queue.take(rules, self._window)))
            return None
        return ready_ms if ready_ms is None or ready_ms > now_ms else None

    def _begin(self) -> Deliver | GiveUp:
        piece = self._pieces.top
        assert piece is not None, "there is something to begin"
        self._is_busy, self._is_skipping = True, False
        if piece.condition is not None:
            return GiveUp(piece)
        self._retry_at_ms = None
        piece = self._pieces.replace_top(replace(piece, tries=piece.tries + 1))
        return Deliver(piece, self._window)

    def _end(self) -> Piece:
        assert self._is_busy, "an answer without an invocation"
        self._is_busy = False
        return self._pieces.pop()

    def _succeeded(self, piece: Piece, verdict: Succeeded, now_ms: int) -> None:
        if self._window is not None and verdict.state is not None:
            self._window = self._window.with_state(verdict.state)
        self._after(piece, now_ms)

    def _after(self, piece: Piece, now_ms: int) -> None:
        """The piece is done with, one way or the other."""
        if piece.is_final:
            self._window = None
        if not len(self._pieces):
            self._queue.reopen(now_ms)

    def _stopped(self, piece: Piece, verdict: Stopped, now_ms: int) -> None:
        done = next(i for i, record in enumerate(piece.records) if record.number == verdict.first_failed)
        if self._window is not None and verdict.state is not None:
            self._window = self._window.with_state(verdict.state)
        rest = cut(piece, done)[1]
        self._wait(replace(rest, attempts=0, tries=0, delays=0, note=verdict.note), now_ms)

    def _failed(self, piece: Piece, note: FailureNote, now_ms: int, settings: MappingSettings) -> None:
        if self._is_skipping and piece.note is not None:  # As it was told: one record, or all.
            self._put_back(skipped(replace(piece, note=replace(note, is_first_named=piece.note.is_first_named))))
            return
        following = after_failure(piece, note, settings)
        if following.is_waiting:
            self._wait(following.pieces[0], now_ms)
        else:
            self._put_back(following.pieces)

    def _put_back(self, pieces: Sequence[Piece]) -> None:
        """On top, in the order of delivery; what is given up does not wait."""
        for piece in reversed(pieces):
            self._pieces.push(piece)
        if pieces and pieces[0].condition is not None:
            self._retry_at_ms = None

    def _wait(self, piece: Piece, now_ms: int) -> None:
        """Put the piece back, to be tried again after a while."""
        piece = replace(piece, delays=piece.delays + 1)
        self._pieces.push(piece)
        self._retry_at_ms = now_ms + retry_delay_ms(piece.delays, self._random)
