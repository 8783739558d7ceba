"""The durable state of the rooms above: mappings, checkpoints, invocations, functions, discarded batches."""

from pathlib import Path

from pelton.storage.catalog import SequenceNumber
from pelton.storage.checkpoints import Checkpoint, checkpoint, checkpoints, put_checkpoint, remove_checkpoint
from pelton.storage.engine import Storage
from pelton.storage.failures import DiscardedBatch, add_failure, failure_records, failures, remove_failure
from pelton.storage.functions import (
    StoredFunction,
    function,
    function_code,
    functions,
    put_function,
    remove_function,
)
from pelton.storage.invocations import (
    InvocationRow,
    add_invocation,
    invocation_of_trace,
    invocations,
    invocations_of_record,
)
from pelton.storage.mappings import mapping, mapping_versions, mappings, put_mapping, remove_mapping
from tests.storage.storing import ACCOUNT, REGION, now, opened, orders, put

ONE, NINE = SequenceNumber(1), SequenceNumber(9)


def row(number: int, **changes: object) -> InvocationRow:
    fields = {
        "function": "index_users",
        "code_version": "c1",
        "mapping": "m",
        "mapping_version": 2,
        "shard": "s",
        "trace": f"Root={number}",
        "first": SequenceNumber(number),
        "last": SequenceNumber(number + 2),
        "records": 3,
        "attempt": 2,
        "parent": 7,
        "started_ms": 1000 + number,
        "duration_ms": 1.25,
        "outcome": "partial",
        "failed": ("5", "6"),
        "detail": {"error": "Boom"},
    }
    return InvocationRow(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_changed_definition_is_a_new_version_from_the_tip_on(storage: Storage) -> None:
    orders(storage)
    first = now(storage, lambda transaction: put_mapping(transaction, "m", {"BatchSize": 1}, 10))
    now(storage, put("a", "1"))

    second = now(storage, lambda transaction: put_mapping(transaction, "m", {"BatchSize": 2}, 20))
    same = now(storage, lambda transaction: put_mapping(transaction, "m", {"BatchSize": 2}, 30))

    assert (first.version, first.since, second.version, second.since) == (1, 0, 2, 1)
    assert same == second == mapping(storage.snapshot(), "m")
    assert mapping_versions(storage.snapshot(), "m") == [first, second]


def test_a_removed_mapping_takes_its_checkpoints_and_leaves_its_versions(storage: Storage) -> None:
    now(storage, lambda transaction: put_mapping(transaction, "m", {}, 10))
    now(storage, lambda transaction: put_checkpoint(transaction, "m", "s", Checkpoint(ONE)))

    now(storage, lambda transaction: remove_mapping(transaction, "m"))

    assert mappings(storage.snapshot()) == []
    assert checkpoints(storage.snapshot(), "m") == {}
    assert len(mapping_versions(storage.snapshot(), "m")) == 1


def test_a_mapping_made_again_goes_on_counting_its_versions(storage: Storage) -> None:
    now(storage, lambda transaction: put_mapping(transaction, "m", {}, 10))
    now(storage, lambda transaction: remove_mapping(transaction, "m"))

    again = now(storage, lambda transaction: put_mapping(transaction, "m", {}, 20))

    assert again.version == 2


def test_checkpoints_are_kept_by_mapping_and_shard(storage: Storage) -> None:
    now(storage, lambda transaction: put_checkpoint(transaction, "m", "s1", Checkpoint(ONE, b'{"attempt":1}')))
    now(storage, lambda transaction: put_checkpoint(transaction, "m", "s1", Checkpoint(NINE)))
    now(storage, lambda transaction: put_checkpoint(transaction, "m", "s2", Checkpoint(ONE, b"{}")))

    assert checkpoint(storage.snapshot(), "m", "s1") == Checkpoint(NINE)
    assert checkpoints(storage.snapshot(), "m") == {"s1": Checkpoint(NINE), "s2": Checkpoint(ONE, b"{}")}
    now(storage, lambda transaction: remove_checkpoint(transaction, "m", "s1"))
    assert checkpoint(storage.snapshot(), "m", "s1") is None


def test_invocations_come_back_whole_and_newest_first(storage: Storage) -> None:
    ids = [now(storage, lambda transaction, n=n: add_invocation(transaction, row(n))) for n in (1, 2, 3)]
    now(storage, lambda transaction: add_invocation(transaction, row(4, mapping=None, function="other", failed=())))

    found = invocations(storage.snapshot(), function="index_users", limit=2)

    assert found == [row(3, id=ids[2]), row(2, id=ids[1])]
    assert [kept.id for kept in invocations(storage.snapshot(), mapping="m", before=ids[1])] == [ids[0]]
    assert invocations(storage.snapshot())[0].failed == ()


def test_a_records_invocations_are_those_whose_batch_spans_it(storage: Storage) -> None:
    for number in (1, 2, 5):
        now(storage, lambda transaction, n=number: add_invocation(transaction, row(n)))

    found = invocations_of_record(storage.snapshot(), "m", SequenceNumber(4))

    assert [kept.first for kept in found] == [2]


def test_a_trace_names_its_invocation(storage: Storage) -> None:
    now(storage, lambda transaction: add_invocation(transaction, row(1)))

    found = invocation_of_trace(storage.snapshot(), "Root=1")

    assert found is not None
    assert found.function == "index_users"
    assert invocation_of_trace(storage.snapshot(), "Root=2") is None


def test_a_function_keeps_its_code_when_its_configuration_changes(storage: Storage) -> None:
    def stored(timeout: int) -> StoredFunction:
        return StoredFunction(
            account=ACCOUNT, region=REGION, name="f", configuration={"Timeout": timeout}, changed_ms=timeout
        )

    now(storage, lambda transaction: put_function(transaction, stored(3), b"PK zip"))
    now(storage, lambda transaction: put_function(transaction, stored(9)))

    assert functions(storage.snapshot(), ACCOUNT, REGION) == [stored(9)]
    assert function(storage.snapshot(), ACCOUNT, REGION, "f") == stored(9)
    assert function_code(storage.snapshot(), ACCOUNT, REGION, "f") == b"PK zip"
    assert now(storage, lambda transaction: remove_function(transaction, ACCOUNT, REGION, "f")) is True
    assert now(storage, lambda transaction: remove_function(transaction, ACCOUNT, REGION, "f")) is False
    assert function(storage.snapshot(), ACCOUNT, REGION, "f") is None


def test_a_discarded_batch_is_kept_with_its_records_over_a_restart(tmp_path: Path) -> None:
    batch = DiscardedBatch(
        mapping="m", shard="s", first=ONE, last=NINE, reason="too-old", detail={"to": "arn"}, discarded_ms=5
    )
    with opened(tmp_path) as storage:
        failure = now(storage, lambda transaction: add_failure(transaction, batch, [b'{"a":1}', b'{"b":2}']))

    with opened(tmp_path) as storage:
        (found,) = failures(storage.snapshot(), "m")
        records = failure_records(storage.snapshot(), failure)
        now(storage, lambda transaction: remove_failure(transaction, failure))
        left = failures(storage.snapshot())

    assert (found.id, found.detail, found.last) == (failure, {"to": "arn"}, 9)
    assert records == b'[{"a":1},{"b":2}]'
    assert left == []
