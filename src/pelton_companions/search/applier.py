"""Brings the engines up to date with the store, in groups: one commit for everything that waits.

Committing takes 15 to 30 ms, so it happens in a thread while requests go on. This is Algolia's own
asynchronous task model: a write is acknowledged when the store has it, published when this is done.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from pathlib import Path

from pelton_companions.search.engine import Engine
from pelton_companions.search.store import Change, IndexRow, Store

logger = logging.getLogger(__name__)

#: How long a first change waits for others to join its commit, seconds.
GROUP_S = 0.02
#: Changes in one commit at most.
GROUP_CHANGES_MAX = 2000
#: How long to wait after a failed commit (a full disk), seconds.
RETRY_S = 1.0
#: Records read at a time when a whole index is read anew.
REBUILD_PAGE = 1000


class Applier:
    """Owns the engines; ``wake`` it after every write."""

    def __init__(self, store: Store, data: Path) -> None:
        self._store = store
        self._data = data
        self._reader = Store(data / "search.db")
        self._engines: dict[int, Engine] = {}
        self._dropped: list[int] = []
        self._wakeup = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Open every index; those whose folder was lost are noted to be read anew."""
        with self._store.writing():
            for index in self._store.indices():
                if self.engine(index).was_made_anew:
                    self._store.add_task(index, [None])
        self.wake()
        self._task = asyncio.get_running_loop().create_task(self._run())

    def engine(self, index: IndexRow) -> Engine:
        """The engine of an index, opened when it is first asked for."""
        found = self._engines.get(index.id)
        if found is None:
            found = self._engines[index.id] = Engine(self._data / "indices" / str(index.id))
        return found

    def drop(self, index: IndexRow) -> None:
        """Remove the engine of an index that the store no longer has, once nothing is applied to it."""
        self._dropped.append(index.id)
        self.wake()

    def wake(self) -> None:
        """There may be something to apply."""
        self._wakeup.set()

    async def close(self) -> None:
        """Stop; what waits is applied by the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for engine in self._engines.values():
            engine.close()
        self._reader.close()

    async def _run(self) -> None:
        while True:
            await self._wakeup.wait()
            self._wakeup.clear()
            await asyncio.sleep(GROUP_S)
            try:
                while await self._apply_group():
                    pass
            except Exception:
                # The loop must outlive a full disk; the notes are still there.
                logger.exception("the index could not be written; trying again")
                await asyncio.sleep(RETRY_S)
                self._wakeup.set()

    async def _apply_group(self) -> bool:
        """Apply the oldest changes; whether there were any."""
        self._remove_dropped()
        changes = self._store.pending(GROUP_CHANGES_MAX)
        if not changes:
            return False
        indices = {index.id: index for index in self._store.indices()}
        for index_id in {change.index_id for change in changes}:
            index = indices.get(index_id)
            if index is not None:
                mine = [change for change in changes if change.index_id == index_id]
                await asyncio.to_thread(self._apply, self.engine(index), index, mine)
        with self._store.writing():
            self._store.remove_changes(changes)
        return True

    def _remove_dropped(self) -> None:
        while self._dropped:
            index_id = self._dropped.pop()
            engine = self._engines.pop(index_id, None)
            if engine is not None:
                engine.close()
            shutil.rmtree(self._data / "indices" / str(index_id), ignore_errors=True)

    def _apply(self, engine: Engine, index: IndexRow, changes: list[Change]) -> None:
        seqs = {change.seq for change in changes}
        if None in seqs:
            self._read_anew(engine, index)
        else:
            changed = [seq for seq in seqs if seq is not None]
            engine.apply(changed, self._reader.read(index.id, changed).items(), index.settings)
        engine.commit()

    def _read_anew(self, engine: Engine, index: IndexRow) -> None:
        engine.forget_all()
        after = 0
        while page := self._reader.page(index.id, after, REBUILD_PAGE):
            engine.apply([], page, index.settings)
            after = page[-1][0]
