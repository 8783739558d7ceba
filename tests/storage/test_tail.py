"""The newest end of the log: what was touched, and that asking reads no more than what is new."""

from typing import Any

from pelton.storage.catalog import SequenceNumber
from pelton.storage.engine import Storage
from pelton.storage.tail import touched_shards
from tests.storage.storing import now, orders, put


def test_shards_with_new_records_and_closed_ones_are_touched(storage: Storage) -> None:
    stream = orders(storage, shards=2).stream
    assert stream is not None
    before = storage.snapshot().tip()

    now(storage, put("a", "1"))
    with_record = touched_shards(storage.snapshot(), before)
    tip = storage.snapshot().tip()
    now(storage, lambda transaction: transaction.split_shard(stream.id, stream.shards[1].id, 0))

    assert len(with_record) == 1
    assert touched_shards(storage.snapshot(), tip) == {stream.shards[1].number}
    assert touched_shards(storage.snapshot(), storage.snapshot().tip()) == set()


def test_what_was_touched_is_found_without_reading_the_log_before(storage: Storage) -> None:
    orders(storage)

    class Explaining:
        """A snapshot that notes how it would find the rows."""

        def __init__(self) -> None:
            self.plans: list[str] = []

        def tip(self) -> SequenceNumber:
            return SequenceNumber(9)

        def select(self, sql: str, bindings: Any = ()) -> Any:
            rows = storage.snapshot().select(f"EXPLAIN QUERY PLAN {sql}", bindings)
            self.plans.append(rows[0][3])
            return []

    explaining = Explaining()
    touched_shards(explaining, SequenceNumber(5))  # type: ignore[arg-type]

    assert explaining.plans[0] == "SEARCH log USING INTEGER PRIMARY KEY (rowid>?)"
