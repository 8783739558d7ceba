"""Group commit: what arrives while a commit is being synced joins the next transaction.

The rules that keep it honest: every answer computed on the writer waits for its batch's commit,
refusals and no-ops too, since they may have seen an earlier write of the batch; after any SQLite
error the whole batch has failed (SQLite may have rolled back already: going on would commit halves),
all of its requests get a retryable error, and memory is read from disk anew.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import apsw

from pelton.clock import Clock
from pelton.errors import InternalServerError
from pelton.storage.connection import is_capped
from pelton.storage.contents import Committed, load
from pelton.storage.drivers import Driver, Outcome
from pelton.storage.faults import Fault, classify
from pelton.storage.folder import has_room
from pelton.storage.writing import Writing

#: A decision and who hears how it ended.
Entry = tuple[Callable[[Writing], Any], Callable[[Any], None]]
#: Who hears, and what.
Answers = list[tuple[Callable[[Any], None], Any]]

_log = logging.getLogger("pelton.storage")


class Caps(Protocol):
    """How large a batch may grow before the rest waits for the next one."""

    @property
    def batch_bytes_max(self) -> int:
        """Bytes of bodies and images."""

    @property
    def batch_s_max(self) -> float:
        """Seconds that decisions of one batch may take on the loop's thread."""


class GroupCommit:
    """The writer: one batch at a time, decisions here, COMMIT where the driver puts it."""

    def __init__(
        self,
        connection: apsw.Connection,
        writing: Writing,
        *,
        clock: Clock,
        driver: Driver,
        caps: Caps,
        observer: Observer,
    ) -> None:
        self._connection = connection
        self._writing = writing
        self._clock = clock
        self._driver = driver
        self._caps = caps
        self._observer = observer
        self._queue: deque[Entry] = deque()
        #: How many decisions wait for a batch; the queue's own method, since every write asks.
        self.waiting: Callable[[], int] = self._queue.__len__
        self._is_busy = False  #: a batch is scheduled, being decided or being committed, or the writer is held
        self._is_scheduled = False
        self._holder: Callable[[], None] | None = None
        self._wal_pages = 0
        self._fatal: str | None = None

    def submit(self, entry: Entry) -> None:
        """Let the decision join the current or next batch."""
        if self._fatal is not None:
            entry[1](InternalServerError(self._fatal))
            return
        self._queue.append(entry)
        if not self._is_busy:
            self._is_busy = True
            self._schedule()

    def hold(self, holder: Callable[[], None]) -> None:
        """Call ``holder`` as soon as no batch is under way; none starts until ``release``."""
        assert self._holder is None, "the writer is held already"
        self._holder = holder
        if not self._is_busy:
            self._is_busy = True
            holder()

    def release(self) -> None:
        """Let batches go on after ``hold``."""
        self._holder = None
        self._next([])

    def finish(self) -> None:
        """Work off what waits, at once; the driver's lanes are closed and work in line."""
        if self._is_scheduled:
            self._run()

    def stop(self, message: str) -> None:
        """Refuse everything from now on, what waits included: the disk under us cannot be trusted."""
        self._fatal = message
        waiting = list(self._queue)
        self._queue.clear()
        _answer([(done, InternalServerError(message)) for _, done in waiting])

    def _schedule(self) -> None:
        self._is_scheduled = True
        self._driver.soon(self._run)

    def _run(self) -> None:
        if not self._is_scheduled:
            return
        self._is_scheduled = False
        answers: Answers = []
        try:
            self._writing.begin()
            self._decide(answers)
            committed = self._writing.finish()
            assert self._connection.in_transaction, "SQLite ended the transaction by itself"
        except Exception as error:  # any error at all: this batch must not commit, and its requests hear of it
            self._fail(error, answers)
            return
        if self._writing.changes == 0:
            self._connection.execute("ROLLBACK")
            self._next(answers)
            return
        self._driver.commit(self._commit, lambda outcome: self._committed(outcome, committed, answers))

    def _decide(self, answers: Answers) -> None:
        writing, queue = self._writing, self._queue
        bytes_max = self._caps.batch_bytes_max
        monotonic = self._clock.monotonic
        deadline = monotonic() + self._caps.batch_s_max
        while queue:
            decide, done = queue.popleft()
            changes = writing.changes
            try:
                answer = decide(writing)
            except apsw.Error:
                answers.append((done, None))
                raise
            except Exception as refusal:  # a refusal, or a fault of the decision: it belongs to its own request
                answers.append((done, refusal))
                if writing.changes != changes:
                    raise  # it has written a half: the batch cannot be kept
            else:
                answers.append((done, answer))
            if writing.batch_bytes >= bytes_max or monotonic() >= deadline:
                return

    def _commit(self) -> None:
        """Beside the loop: the one call that waits for the disk."""
        self._connection.execute("COMMIT")
        self._wal_pages = self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)[0]

    def _committed(self, outcome: Outcome, committed: Committed, answers: Answers) -> None:
        if outcome is not None:
            self._fail(outcome, answers)
            return
        try:
            has_records = self._observer.committed(committed, self._wal_pages)
        except apsw.Error as error:
            self._fail(error, answers)
            return
        self._next(answers, at_once=True)
        if has_records:
            self._observer.announce()

    def _next(self, answers: Answers, *, at_once: bool = False) -> None:
        """Start the next batch, or give the writer to who holds it; then send the answers, while it syncs."""
        if self._holder is not None:
            self._holder()
        elif not self._queue:
            self._is_busy = False
        elif at_once:
            self._is_scheduled = True
            self._run()
        else:
            self._schedule()
        _answer(answers)

    def _fail(self, error: BaseException, answers: Answers) -> None:
        """Undo the batch and answer all of its requests with a retryable error."""
        fault = classify(error, self._connection.system_errno if isinstance(error, apsw.Error) else 0)
        if (
            fault is Fault.DISK_FULL
            and is_capped(self._connection)
            and has_room(Path(self._connection.filename).parent)
        ):
            fault = Fault.DATA_FULL
        refusals = [(done, InternalServerError(fault.value)) for done, _ in answers]
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            committed = load(self._connection)
            self._writing.reset(committed)
            self._observer.rolled_back(committed)
        except apsw.Error as second:
            fault = Fault.FATAL
            error = second
        if fault is Fault.FATAL:
            message = f"{fault.value} ({type(error).__name__}: {error})"
            self._observer.fatal(message)  # First: the process ends here, with this line as its last.
            self.stop(message)
            _answer(refusals)
            return
        is_surprise = error if fault is Fault.RETRY else None
        _log.error("%d requests were not stored: %s", len(answers), error, exc_info=is_surprise)
        if not answers and self._queue:
            # BEGIN itself failed: without this the same entry would be tried for ever.
            refusals = [(done, InternalServerError(fault.value)) for _, done in self._queue]
            self._queue.clear()
        self._next(refusals)


class Observer(Protocol):
    """What the engine does around a batch."""

    def committed(self, committed: Committed, wal_pages: int) -> bool:
        """A batch is on disk: show it to readers. Returns whether the log has grown."""

    def announce(self) -> None:
        """Tell that the log has grown, after the answers."""

    def rolled_back(self, committed: Committed) -> None:
        """A batch failed; this is what the disk holds."""

    def fatal(self, message: str) -> None:
        """The disk cannot be trusted any more."""


def _answer(answers: Answers) -> None:
    for done, answer in answers:
        try:
            done(answer)
        except Exception:  # one listener's fault must not leave the others without an answer
            _log.exception("an answer could not be delivered")
