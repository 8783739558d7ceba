"""Who waits for a worker, and who is next. Pure bookkeeping: it starts and ends nothing.

Invocations wait in the order they came. A freed worker goes to its own function's first; but when another
function's invocation came earlier and has no worker at all, or has waited long, its turn is now: the
worker's place is given to it. So one busy function cannot keep another out, and workers are not
restarted for every turn.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from pelton.functions.definition import Function
from pelton.functions.executor import Run, Task
from pelton.functions.invocation import Draining
from pelton.functions.worker_process import WorkerProcess, WorkerState

#: After it, an invocation's turn comes even if a worker must be restarted for it.
PATIENCE_S = 1.0
#: A function with busy workers gets another when an invocation has waited this long: most are shorter.
GROW_AFTER_S = 0.025


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Waiter:
    """An invocation and the future of its run."""

    task: Task
    future: asyncio.Future[Run]
    since: float  #: loop time
    number: int  #: order of arrival

    def fail(self) -> None:
        """Tell the caller that nothing runs any more."""
        if not self.future.done():
            self.future.set_exception(Draining("Pelton is stopping"))


@dataclass(slots=True, eq=False)
class FunctionPool:
    """Workers of one definition of a function, and who waits for them."""

    function: Function
    workers: set[WorkerProcess] = field(default_factory=set)  #: starting, idle and busy
    idle: list[WorkerProcess] = field(default_factory=list)  #: the last used is last
    waiting: deque[Waiter] = field(default_factory=deque)
    warming: list[asyncio.Future[Run | None]] = field(default_factory=list)  #: prewarm calls
    is_retired: bool = False
    failure: Run | None = None  #: why the last worker that could not start did not

    def head(self) -> Waiter | None:
        """Who has waited longest; those whose caller gave up are forgotten."""
        while self.waiting and self.waiting[0].future.done():
            self.waiting.popleft()
        return self.waiting[0] if self.waiting else None

    def settle_warming(self, run: Run | None) -> None:
        """Tell those that have a worker made ready what came of it."""
        for warming in self.warming:
            if not warming.done():
                warming.set_result(run)
        self.warming.clear()

    def starting(self) -> int:
        """Workers that will be ready soon."""
        return sum(worker.state is WorkerState.STARTING for worker in self.workers)

    def shortage(self) -> int:
        """How many wait beyond the workers that are starting."""
        return 0 if self.head() is None else len(self.waiting) - self.starting()

    def may_grow(self, now: float) -> bool:
        """True when who waits should not wait for the busy workers any longer."""
        head = self.head()
        if head is None or self.shortage() <= 0:
            return False
        return now - head.since >= GROW_AFTER_S or len(self.workers) == self.starting()


def in_turn(pools: Iterable[FunctionPool]) -> list[FunctionPool]:
    """Pools that are short of workers, the one whose head came first at the front."""
    short = [(head.number, pool) for pool in pools if (head := pool.head()) is not None and pool.shortage() > 0]
    return [pool for _, pool in sorted(short, key=lambda entry: entry[0])]


def takes_turn(pool: FunctionPool, pools: Iterable[FunctionPool], now: float) -> FunctionPool | None:
    """The other pool that gets the place of a worker freed in ``pool``; None: the worker stays."""
    own = pool.head()
    first = next((other for other in in_turn(pools) if other is not pool), None)
    head = first.head() if first is not None else None
    if first is None or head is None:
        return None
    if own is not None and own.number < head.number:
        return None
    return first if not first.workers or now - head.since >= PATIENCE_S else None


def to_evict(pools: Iterable[FunctionPool], requester: FunctionPool, now: float) -> WorkerProcess | None:
    """The idle worker that has to go for ``requester``: the least recently used of the surplus ones.

    A function's last one goes only for a function that has none, or has waited long.
    """
    head = requester.head()
    is_urgent = not requester.workers or (head is not None and now - head.since >= PATIENCE_S)
    others = [pool for pool in pools if pool is not requester and pool.idle]
    surplus = [pool.idle[0] for pool in others if len(pool.workers) > 1]
    last = [pool.idle[0] for pool in others] if is_urgent else []
    return min(surplus or last, key=lambda worker: worker.idle_since, default=None)
