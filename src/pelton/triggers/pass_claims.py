"""Claiming the next page of a pass, whichever its kind: within one transaction, with the row that says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from pelton.clock import Clock
from pelton.storage.engine import Storage
from pelton.storage.passes import RUNNING, Pass, find_pass, put_pass
from pelton.storage.transaction import WriteTransaction
from pelton.triggers.backfill_pages import claim_items
from pelton.triggers.pages import Register
from pelton.triggers.pass_brake import PassBrake
from pelton.triggers.protocols import SourceRecord
from pelton.triggers.redrive_pages import claim_failures

#: The pass as it is then, the page's records by shard, and whether there may be more; None: it gives no more now.
Claimed = tuple[Pass, dict[str, tuple[SourceRecord, ...]], bool] | None


def claim_page(transaction: WriteTransaction, asked: tuple[int, str], limit: int, now_ms: int) -> Claimed:
    """Claim what comes next; ``asked``: of which pass, and for which shard."""
    pass_id, shard_id = asked
    row = find_pass(transaction, pass_id)
    if row is None or row.state != RUNNING:
        return None
    if row.kind == "backfill":
        body, parts = claim_items(transaction, row.body, shard_id, limit, now_ms)
    else:
        body, parts = claim_failures(transaction, row.body, limit, now_ms)
    has_more = len(body["flight"]) > len(row.body["flight"])  # A page of superseded failures has no records.
    row = replace(row, body=body)
    put_pass(transaction, row, now_ms)
    return row, parts, has_more


class Claiming:
    """Claims pages of any pass, each in a commit."""

    def __init__(self, storage: Storage, clock: Clock, brake: PassBrake, update: Callable[[Pass], None]) -> None:
        """``update`` hears of the row as it was committed."""
        self._storage = storage
        self._clock = clock
        self._brake = brake
        self._update = update

    async def __call__(self, pass_id: int, shard_id: str, limit: int, register: Register) -> bool:
        """Claim a page, registered in the moment of its commit; whether there may be another."""
        claimed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        took_s = 0.0

        def decide(transaction: WriteTransaction) -> Claimed:
            nonlocal took_s
            began_s = self._clock.monotonic()
            page = claim_page(transaction, (pass_id, shard_id), limit, self._clock.now_ms())
            took_s = self._clock.monotonic() - began_s
            return page

        def done(answer: Claimed | BaseException) -> None:
            if isinstance(answer, tuple):
                self._brake.bitten(took_s, sum(map(len, answer[1].values())))
                register(answer[1])
                self._update(answer[0])
            if claimed.done():
                return
            if isinstance(answer, BaseException):
                claimed.set_exception(answer)
            else:
                claimed.set_result(answer is not None and answer[2])

        self._storage.submit(decide, done)
        return await claimed
