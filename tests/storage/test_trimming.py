"""Retention: what goes, in which steps, and what stays the same for ever."""

from pathlib import Path

from pelton.storage.check import check
from pelton.storage.engine import Storage
from pelton.storage.invocations import InvocationRow, add_invocation, invocations
from pelton.storage.trimming import trim_step
from pelton.testing.clock import ManualClock
from tests.storage.storing import ACCOUNT, REGION, START_MS, delete, now, opened, orders, put, records, stored

DAY_MS = 24 * 3600 * 1000


def trim(storage: Storage, now_ms: int) -> int:
    """Trim until nothing more remains; the number of steps."""
    steps = 1
    while now(storage, lambda transaction: trim_step(transaction, now_ms, DAY_MS)):
        steps += 1
    return steps


def test_records_go_at_their_age_and_the_horizon_follows(storage: Storage, clock: ManualClock) -> None:
    stream = orders(storage).stream
    assert stream is not None
    now(storage, put("a", "1"))
    clock.advance(3600)
    now(storage, put("b", "1"))

    trim(storage, START_MS + DAY_MS + 1)

    assert [record.sequence_number for record in records(storage, stream)] == [2]
    assert storage.snapshot().horizon() == 1
    assert len(stored(storage)) == 2


def test_nothing_young_goes(storage: Storage) -> None:
    orders(storage)
    now(storage, put("a", "1"))

    assert trim(storage, START_MS + DAY_MS) == 1
    assert storage.snapshot().horizon() == 0


def test_much_goes_in_small_steps(storage: Storage) -> None:
    orders(storage)

    def many(transaction: object) -> None:
        for number in range(1200):
            put(f"k{number}", "1")(transaction)  # type: ignore[arg-type]

    now(storage, many)

    assert trim(storage, START_MS + 2 * DAY_MS) == 3
    assert storage.snapshot().horizon() == 1200


def test_a_closed_shard_goes_with_its_time_and_its_child_still_names_it(storage: Storage) -> None:
    stream = orders(storage).stream
    assert stream is not None
    now(storage, put("a", "1"))
    now(storage, lambda transaction: transaction.split_shard(stream.id, stream.shards[0].id, START_MS + 5))

    trim(storage, START_MS + DAY_MS + 6)

    found = storage.snapshot().stream(stream.arn)
    assert found is not None
    assert [shard.parent for shard in found.shards] == [stream.shards[0].id] * 2


def test_a_closed_shard_stays_while_it_has_records_although_the_clock_was_set_back(
    storage: Storage, clock: ManualClock
) -> None:
    stream = orders(storage).stream
    assert stream is not None
    now(storage, put("a", "1"))
    clock.jump_wall(-2 * DAY_MS)
    now(storage, lambda transaction: transaction.split_shard(stream.id, stream.shards[0].id, clock.now_ms()))

    trim(storage, START_MS)

    assert [record.sequence_number for record in records(storage, stream)] == [1]


def test_an_ended_stream_goes_a_day_after_its_end(storage: Storage) -> None:
    table = orders(storage)
    now(storage, put("a", "1"))
    now(storage, lambda transaction: transaction.drop_table(table, START_MS + 10))

    trim(storage, START_MS + DAY_MS)
    remaining = len(storage.snapshot().streams(ACCOUNT, REGION))
    trim(storage, START_MS + DAY_MS + 11)

    assert remaining == 1
    assert storage.snapshot().streams(ACCOUNT, REGION) == []


def test_numbers_go_on_rising_after_a_full_trim_and_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as storage:
        table = orders(storage)
        for value in "123":
            now(storage, put("a", value))
        trim(storage, START_MS + 2 * DAY_MS)

    with opened(tmp_path) as storage:
        tip, horizon = storage.snapshot().tip(), storage.snapshot().horizon()
        number = now(storage, delete("a"))
        arn = storage.snapshot().table(ACCOUNT, REGION, "orders")

    assert (tip, horizon, number) == (3, 3, 4)
    assert arn is not None
    assert arn.latest_stream == table.latest_stream
    assert check(tmp_path).problems == ()


def test_rows_of_a_dropped_table_go_in_steps(storage: Storage) -> None:
    table = orders(storage)
    for number in range(20):
        now(storage, put(f"k{number}", "1"))
    now(storage, lambda transaction: transaction.drop_table(table, START_MS))

    trim(storage, START_MS + 1)

    names = storage.snapshot().select("SELECT name FROM sqlite_schema WHERE name = ?", (f"items_{table.id}",))
    assert list(names) == []
    assert list(storage.snapshot().select("SELECT * FROM discarded")) == []


def test_tokens_go_after_ten_minutes_and_invocations_with_the_log(storage: Storage) -> None:
    row = InvocationRow(function="f", code_version="1", started_ms=START_MS, duration_ms=1.5, outcome="succeeded")
    now(storage, lambda transaction: transaction.remember_token("s", "old", b"", b"", START_MS))
    now(storage, lambda transaction: transaction.remember_token("s", "new", b"", b"", START_MS + 1))
    now(storage, lambda transaction: add_invocation(transaction, row))

    trim(storage, START_MS + 10 * 60 * 1000 + 1)
    kept = len(invocations(storage.snapshot()))
    trim(storage, START_MS + DAY_MS + 1)

    assert now(storage, lambda transaction: transaction.token("s", "old")) is None
    assert kept == 1
    assert list(invocations(storage.snapshot())) == []


def test_trimming_comes_back_with_the_clock(storage: Storage, clock: ManualClock) -> None:
    orders(storage)
    now(storage, put("a", "1"))
    storage.start_trimming(retention_ms=1000, interval_s=60)

    clock.advance(61)

    assert storage.snapshot().horizon() == 1
