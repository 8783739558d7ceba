"""Why a function did, or did not, get a record: worked out when asked, from what is kept anyway. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pelton.storage.catalog import SequenceNumber
from pelton.storage.failures import DiscardedBatch
from pelton.storage.invocations import InvocationRow
from pelton.streams.numbers import parse_number
from pelton.triggers.events import ShardStatus
from pelton.triggers.filters import Filter
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.parameters import LATEST
from pelton.triggers.virtual_shards import replay_of


@dataclass(frozen=True, slots=True)
class Version:
    """A mapping as it held for records after a number."""

    since: SequenceNumber
    mapping: EventSourceMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one record and one mapping."""

    number: SequenceNumber
    event: bytes  #: the record as a function gets it, JSON
    versions: Sequence[Version]  #: oldest first, at least one
    invocations: Sequence[InvocationRow]  #: whose batch spanned the record, oldest first
    discards: Sequence[DiscardedBatch]  #: that spanned it
    status: ShardStatus | None  #: of its shard; None: the mapping has finished the shard


@dataclass(frozen=True, slots=True)
class Reason:
    """The answer: one word for programs, one sentence for people."""

    answer: str  #: delivered, discarded, filtered, failing, waiting, paused, disabled, before, skipped, passed
    text: str


def reason(facts: Facts) -> Reason:
    """Why the mapping's function did or did not get the record, and what replays have done with it."""
    again = [row for row in facts.invocations if replay_of(row.shard)]
    first = _reason(replace(facts, invocations=[row for row in facts.invocations if not replay_of(row.shard)]))
    if not again:
        return first
    return Reason(first.answer, f"{first.text}; sent again by {replay_of(again[-1].shard)}: {again[-1].outcome}")


def _reason(facts: Facts) -> Reason:
    held = _held(facts)
    failed = Filter(held.settings.filters).explain(facts.event)
    if failed:
        return Reason("filtered", "; ".join(map(str, failed)))
    if facts.discards:
        return Reason("discarded", _discarded(facts.discards[-1]))
    if facts.invocations:
        return _tried(facts)
    if not _is_done(facts):
        return _not_yet(facts)
    if facts.versions[0].mapping.starting_position == LATEST and facts.number <= facts.versions[0].since:
        return Reason("before", "written before the mapping was made, which begins at LATEST")
    return Reason(
        "passed",
        "done, and no invocation of it is kept: the trigger was moved past it, or the row came (or went) a moment ago",
    )


def _held(facts: Facts) -> EventSourceMapping:
    """The mapping as it held when the record was looked at."""
    by_version = {version.mapping.version: version.mapping for version in facts.versions}
    if facts.invocations and facts.invocations[-1].mapping_version in by_version:
        return by_version[facts.invocations[-1].mapping_version]
    if not _is_done(facts):
        return facts.versions[-1].mapping
    return [version for version in facts.versions if version.since < facts.number or version is facts.versions[0]][
        -1
    ].mapping


def _is_done(facts: Facts) -> bool:
    status = facts.status
    return status is None or (status.position is not None and parse_number(status.position) >= facts.number)


def _tried(facts: Facts) -> Reason:
    last = facts.invocations[-1]
    split = ", in a part of a batch that was cut in halves" if any(row.parent for row in facts.invocations) else ""
    if last.outcome == "succeeded" and _is_done(facts):
        again = f", attempt {last.attempt}" if last.attempt > 1 else ""
        return Reason("delivered", f"in {last.duration_ms:.0f} ms{again}{split}")
    error = _error(last)
    tries = f"{len(facts.invocations)} invocation{'s' if len(facts.invocations) > 1 else ''} so far{split}"
    if _is_done(facts):
        return Reason("skipped", f"{tries}, the last with: {error}; then the trigger was moved past it")
    waits = facts.status.waits_for if facts.status is not None else None
    return Reason("failing", f"{tries}, the last with: {error}" + (f"; next: {waits}" if waits else ""))


def _error(row: InvocationRow) -> str:
    detail = row.detail or {}
    told = ": ".join(str(detail[name]) for name in ("error_type", "error_message") if detail.get(name))
    if row.outcome == "succeeded":
        return "an answer that named it, or one before it, as failed"
    return told or row.outcome


def _discarded(batch: DiscardedBatch) -> str:
    destination = batch.detail.get("destination")
    to = f"; told to {destination}" if destination else "; kept in the failure store"
    return f"{batch.reason}{' (its destination has not taken it yet)' if batch.is_waiting else to}"


def _not_yet(facts: Facts) -> Reason:
    mapping, status = facts.versions[-1].mapping, facts.status
    assert status is not None, "a shard that is finished is done"
    if mapping.is_paused:
        return Reason("paused", "the trigger is paused: pelton triggers resume lets it go on")
    if not mapping.settings.is_enabled:
        return Reason("disabled", "the mapping is disabled: enable it")
    behind = f"after {status.position}" if status.position is not None else "at the beginning of its shard"
    if status.waits_for is not None:
        return Reason("waiting", f"the function stands {behind} and waits for {status.waits_for}")
    if status.state == "batching":
        return Reason("waiting", "its batching window is still open")
    return Reason("waiting", f"the function stands {behind}, {status.lag_records} records to go ({status.state})")
