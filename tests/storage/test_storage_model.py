"""The table equals a dict, and the replayed stream equals the table: after every step, across restarts."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pelton.storage.catalog import Stream
from pelton.storage.check import check
from pelton.storage.transaction import WriteTransaction
from pelton.testing.clock import ManualClock
from tests.storage.storing import delete, now, open_inline, orders, put, replayed, stored, table_of

IDENTIFIERS = st.sampled_from([f"k{number}" for number in range(12)])
VALUES = st.text(max_size=40)


class TableMachine(RuleBasedStateMachine):
    """Drives a real storage beside a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="pelton-model-"))
        self.clock = ManualClock()
        self.storage = open_inline(self.folder, self.clock)
        self.model: dict[str, str] = {}

    @initialize(shards=st.sampled_from([1, 4]))
    def make(self, shards: int) -> None:
        orders(self.storage, shards=shards)

    @rule(identifier=IDENTIFIERS, value=VALUES)
    def put(self, identifier: str, value: str) -> None:
        if self.model.get(identifier) != value:
            now(self.storage, put(identifier, value))
        self.model[identifier] = value

    @rule(identifier=IDENTIFIERS)
    def delete(self, identifier: str) -> None:
        now(self.storage, delete(identifier))
        self.model.pop(identifier, None)

    @rule(identifiers=st.lists(IDENTIFIERS, unique=True, max_size=5), value=VALUES)
    def put_many(self, identifiers: list[str], value: str) -> None:
        def decide(transaction: WriteTransaction) -> None:
            for identifier in identifiers:
                if self.model.get(identifier) != value:
                    put(identifier, value)(transaction)

        now(self.storage, decide)
        self.model.update(dict.fromkeys(identifiers, value))

    @rule(which=st.integers(0, 20), is_split=st.booleans())
    def change_shards(self, which: int, is_split: bool) -> None:
        stream = self.stream()
        open_shards = [shard for shard in stream.shards if shard.ending is None]
        shard = open_shards[which % len(open_shards)]

        def decide(transaction: WriteTransaction) -> None:
            change = transaction.split_shard if is_split else transaction.roll_shard
            change(stream.id, shard.id, self.clock.now_ms())

        now(self.storage, decide)

    @rule()
    def restart(self) -> None:
        before = (self.storage.snapshot().tip(), self.stream())
        self.storage.close()
        assert check(self.folder).problems == ()
        self.storage = open_inline(self.folder, self.clock)
        assert before == (self.storage.snapshot().tip(), self.stream())

    @invariant()
    def table_is_the_model(self) -> None:
        if self.storage.snapshot().tables("000000000000", "us-east-1"):
            assert stored(self.storage) == self.model
            assert self.storage.snapshot().counts(table_of(self.storage.snapshot()))[0] == len(self.model)

    @invariant()
    def stream_is_the_table(self) -> None:
        if self.storage.snapshot().tables("000000000000", "us-east-1"):
            assert replayed(self.storage, self.stream()) == self.model

    def stream(self) -> Stream:
        stream = table_of(self.storage.snapshot()).stream
        assert stream is not None
        return stream

    def teardown(self) -> None:
        self.storage.close()
        shutil.rmtree(self.folder)


TableMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestTableIsTheModel = TableMachine.TestCase
