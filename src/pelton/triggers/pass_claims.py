"""Claiming the next page of a pass, whichever its kind: within one transaction, with the row that says so."""

from __future__ import annotations

from dataclasses import replace

from pelton.storage.passes import RUNNING, Pass, find_pass, put_pass
from pelton.storage.transaction import WriteTransaction
from pelton.triggers.backfill_pages import claim_items
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
