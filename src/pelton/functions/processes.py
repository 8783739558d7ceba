"""The executor with worker processes: one run at a time in each, reused, under one cap over all functions.

Everything happens on the loop's thread. ``waiting.py`` says who is next, ``worker_process.py`` how a worker
lives and ends, ``workplace.py`` what it is launched with; this module hands out runs and starts and ends workers.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterable
from functools import partial
from random import Random

from pelton.clock import Clock
from pelton.functions.definition import Function
from pelton.functions.executor import Report, Run, Task
from pelton.functions.interpreter import Installation, ProgramMissing, installation, version_note
from pelton.functions.invocation import Draining, LogKind, Throttled
from pelton.functions.launch import Child
from pelton.functions.options import FunctionsOptions
from pelton.functions.orphans import WorkerList
from pelton.functions.platform_lines import init_end_lines, init_lines
from pelton.functions.sandbox import Ending, sandbox_run
from pelton.functions.waiting import GROW_AFTER_S, PATIENCE_S, FunctionPool, Waiter, in_turn, takes_turn, to_evict
from pelton.functions.watching import Watch
from pelton.functions.worker_process import WorkerProcess, WorkerState
from pelton.functions.workplace import Workplaces

#: How long killed workers may take to be gone when everything ends.
_GONE_S = 2.0


class ProcessExecutor:
    """Runs handlers in child processes of the project's interpreter. Needs a running loop."""

    def __init__(self, options: FunctionsOptions, *, clock: Clock, random: Random) -> None:
        self._options = options
        self._clock = clock
        self._random = random
        self._report: Report = _to_nobody
        self._list = WorkerList(options.data_dir)
        self._workplaces = Workplaces(options)
        self._workplaces.open()
        self._pools: dict[str, FunctionPool] = {}
        self._workers: dict[WorkerProcess, tuple[FunctionPool, int]] = {}  #: its pool and its workplace's number
        self._numbers = itertools.count()
        self._noted: set[str] = set()  #: runtimes whose difference to the interpreter was told
        self._is_draining = False
        self._grow_timer: asyncio.TimerHandle | None = None
        self._watch = Watch(self._workers, idle_s=options.idle_s)
        self._connecting: set[asyncio.Task[None]] = set()
        self._quiet = asyncio.Event()  #: set when a drain waits and no worker is busy, or none is left

    def report_to(self, report: Report) -> None:
        """Tell ``report`` what is not part of a run."""
        self._report = report

    def installation(self, function: Function) -> Installation:
        """The interpreter, and the file that lists the function's modules."""
        return installation(function, self._options)

    async def run(self, task: Task) -> Run:
        """Run the handler once, in an idle worker or when one is free.

        Raises:
            Throttled: ``workers_max`` is 0, or ``waiting_max`` invocations of the function wait already.
            Draining: Pelton is stopping.
        """
        if self._is_draining:
            raise Draining("Pelton is stopping")
        pool = self._pool(task.function)
        if len(pool.waiting) >= self._options.waiting_max or self._options.workers_max < 1:
            raise Throttled(f"function {task.function.key}: too many invocations wait for a worker")
        loop = asyncio.get_running_loop()
        waiter = Waiter(task=task, future=loop.create_future(), since=loop.time(), number=next(self._numbers))
        if pool.idle:
            self._start_run(pool.idle.pop(), waiter)
        else:
            pool.waiting.append(waiter)
            self._grow()
        return await waiter.future

    async def prewarm(self, function: Function) -> Run | None:
        """Have one worker ready, where the cap leaves room for it. The failed run, when it cannot be imported."""
        pool = self._pool(function)
        if self._is_draining or pool.idle or len(pool.workers) > pool.starting():
            return None
        if not pool.workers:
            if len(self._workers) >= self._options.workers_max:
                return None
            self._launch(pool)
        if not pool.workers:
            return pool.failure
        warming: asyncio.Future[Run | None] = asyncio.get_running_loop().create_future()
        pool.warming.append(warming)
        return await warming

    def retire(self, function: Function) -> None:
        """Let later runs start new workers; busy ones end after their run."""
        pool = self._pools.get(function.identity)
        if pool is not None:
            self._replace(pool, pool.function)

    async def drain(self, timeout_s: float) -> None:
        """Begin no more runs, wait that long for those under way, then end all workers and what they started."""
        self._is_draining = True
        for pool in self._pools.values():
            while pool.waiting:
                pool.waiting.popleft().fail()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._until_quiet(WorkerState.BUSY), timeout_s)
        for worker in list(self._workers):
            worker.end(Ending.RETIRED)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._until_quiet(*WorkerState), _GONE_S)
        self._watch.stop()
        if self._grow_timer is not None:
            self._grow_timer.cancel()
        self._workplaces.close()

    async def _until_quiet(self, *states: WorkerState) -> None:
        while any(worker.state in states for worker in self._workers):
            self._quiet.clear()
            await self._quiet.wait()

    # Pools.

    def _pool(self, function: Function) -> FunctionPool:
        pool = self._pools.get(function.identity)
        if pool is None:
            pool = self._pools[function.identity] = FunctionPool(function)
        elif pool.function is not function and pool.function != function:
            pool = self._replace(pool, function)
        return pool

    def _replace(self, pool: FunctionPool, function: Function) -> FunctionPool:
        """A new pool for those that wait in the old one, whose workers end when they have nothing to do."""
        pool.is_retired = True
        for worker in list(pool.workers):
            if worker.state is not WorkerState.BUSY:
                worker.end(Ending.RETIRED)
        pool.idle.clear()
        pool.settle_warming(None)
        new = self._pools[function.identity] = FunctionPool(function, waiting=pool.waiting)
        pool.waiting = type(pool.waiting)()
        self._grow_soon(0)
        return new

    def _start_run(self, worker: WorkerProcess, waiter: Waiter) -> None:
        waiter.task.start()
        worker.run(waiter.task, partial(self._end_run, worker, waiter))
        self._watch.on_busy()

    def _end_run(self, worker: WorkerProcess, waiter: Waiter, run: Run) -> None:
        if worker.ending is Ending.RETIRED:
            waiter.fail()
        elif not waiter.future.done():
            waiter.future.set_result(run)
        if worker.state is WorkerState.IDLE:
            self._free(worker)
        self._quiet.set()

    def _free(self, worker: WorkerProcess) -> None:
        """Give an idle worker its next run, or its place to a function in greater need, or rest."""
        pool, _ = self._workers[worker]
        now = asyncio.get_running_loop().time()
        if pool.is_retired:
            worker.end(Ending.RETIRED)
            return
        if len(self._workers) >= self._options.workers_max and not self._is_making_place():
            other = takes_turn(pool, self._pools.values(), now)
            if other is not None:
                worker.end(Ending.RETIRED)  # Its place is free when it is gone: ``_on_gone`` grows.
                return
        if pool.head() is not None:
            self._start_run(worker, pool.waiting.popleft())
            return
        worker.idle_since = now
        pool.idle.append(worker)
        self._watch.on_idle()
        if any(other.waiting for other in self._pools.values()):
            self._grow()

    # Workers.

    def _grow(self) -> None:
        """Start workers for those that wait, as far as the cap and idle workers of others allow."""
        now = asyncio.get_running_loop().time()
        for pool in in_turn(self._pools.values()):
            while pool.may_grow(now) and self._has_place(pool, now):
                self._launch(pool)
        short = in_turn(self._pools.values())
        if short:
            is_new = any((head := pool.head()) is not None and now - head.since < GROW_AFTER_S for pool in short)
            self._grow_soon(GROW_AFTER_S if is_new else PATIENCE_S)

    def _grow_soon(self, delay_s: float) -> None:
        if self._grow_timer is not None:
            self._grow_timer.cancel()
        self._grow_timer = asyncio.get_running_loop().call_later(delay_s, self._grow)

    def _has_place(self, pool: FunctionPool, now: float) -> bool:
        if len(self._workers) < self._options.workers_max:
            return True
        if self._is_making_place():
            return False
        victim = to_evict(self._pools.values(), pool, now)
        if victim is not None:
            self._workers[victim][0].idle.remove(victim)
            victim.end(Ending.RETIRED)
        return False  # The place is free when the victim is gone: ``_on_gone`` grows.

    def _is_making_place(self) -> bool:
        """True while an ended worker is not gone yet."""
        return any(worker.state is WorkerState.GONE for worker in self._workers)

    def _launch(self, pool: FunctionPool) -> None:
        """Start a worker; a failure to start one is the outcome of who waits longest."""
        function = pool.function
        if not function.code_root.is_dir():
            text = f"the code folder {function.code_root} does not exist: correct the function's path"
            self._on_failure(pool, sandbox_run("Runtime.InvalidWorkingDir", text))
            return
        number = self._workplaces.take(function)
        try:
            plan = self._workplaces.plan(function, number, now_ms=self._clock.now_ms(), random=self._random)
            child = Child(plan)
        except OSError as error:
            self._workplaces.give_back(function, number)
            told = f"the interpreter {self.installation(function).python} cannot be started: {error}"
            text = str(error) if isinstance(error, ProgramMissing) else told
            self._on_failure(pool, sandbox_run("Runtime.InvalidEntrypoint", text))
            return
        self._list.add(child.pid, plan.log_stream)
        self._tell(function, init_lines(function, self._clock.now_ms()))
        worker = WorkerProcess(
            function, child, on_ready=self._on_ready, on_gone=self._on_gone, log_outside=self._log_outside
        )
        pool.workers.add(worker)
        self._workers[worker] = (pool, number)
        connecting = asyncio.get_running_loop().create_task(worker.connect(plan.start, self._options.init_timeout_s))
        self._connecting.add(connecting)
        connecting.add_done_callback(self._connecting.discard)

    def _on_ready(self, worker: WorkerProcess) -> None:
        pool, _ = self._workers[worker]
        self._note_version(worker)
        self._tell(worker.function, init_end_lines(worker.function, None, worker.init_ms, self._clock.now_ms()))
        if pool.warming:
            worker.init_ms = None  # A prewarmed start is no invocation's cold start.
        pool.settle_warming(None)
        self._free(worker)

    def _on_gone(self, worker: WorkerProcess, failure: Run | None) -> None:
        pool, number = self._workers.pop(worker)
        pool.workers.discard(worker)
        if worker in pool.idle:
            pool.idle.remove(worker)
        self._workplaces.give_back(worker.function, number)
        self._list.remove(worker.pid)
        if failure is not None and not pool.is_retired:
            now_ms = self._clock.now_ms()
            self._tell(worker.function, init_end_lines(worker.function, failure, failure.duration_ms, now_ms))
            self._on_failure(pool, failure)
        self._quiet.set()
        if not self._is_draining:
            self._grow()

    def _on_failure(self, pool: FunctionPool, run: Run) -> None:
        """A worker could not start: the import error is the answer of who waits longest, or of the prewarming."""
        pool.failure = run
        if pool.head() is not None:
            pool.waiting.popleft().future.set_result(run)
        pool.settle_warming(run)

    def _log_outside(self, function: Function, text: str) -> None:
        self._report(function, text, LogKind.FUNCTION)

    def _tell(self, function: Function, lines: Iterable[str]) -> None:
        for line in lines:
            self._report(function, line, LogKind.PLATFORM)

    def _note_version(self, worker: WorkerProcess) -> None:
        function = worker.function
        if function.runtime in self._noted or (text := version_note(function, worker.python_version)) is None:
            return
        self._noted.add(function.runtime)
        self._report(function, f"{text} ({self.installation(function).python})", LogKind.ADVICE)


def _to_nobody(function: Function, text: str, kind: LogKind) -> None:
    """Nobody listens."""
