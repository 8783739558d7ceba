"""Fixtures of the storage tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pelton.storage.engine import Storage
from pelton.testing.clock import ManualClock
from tests.storage.storing import opened


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def storage(tmp_path: Path, clock: ManualClock) -> Iterator[Storage]:
    with opened(tmp_path / "data", clock) as storage:
        yield storage
