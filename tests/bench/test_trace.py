"""The trace that is timed and counted: every request of it is answered."""

from __future__ import annotations

import asyncio

import pytest

from bench.trace import OPERATIONS, STEPS, replay


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_request_of_a_trace_is_answered(operation: str) -> None:
    times = asyncio.run(replay(operation, rounds=3, items=64))

    assert len(times) == 3
    assert all(len(steps) == len(STEPS) for steps in times)
