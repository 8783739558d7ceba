from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server.bodies import is_deeper_than


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


texts = st.text(alphabet='[]{}"\\ab', max_size=6)
json_values = st.recursive(
    st.none() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=30,
)


@given(value=json_values, limit=st.integers(1, 6))
def test_the_depth_is_that_of_the_parsed_value(value: Any, limit: int) -> None:
    assert is_deeper_than(orjson.dumps(value), limit) == (depth(value) > limit)


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 1_000_000,
        b'{"a":' * 300_000,
        b"[" * 1_000_000 + b"]" * 1_000_000,
        b"[{}" * 500_000,
    ],
)
def test_a_text_of_brackets_is_refused_quickly(text: bytes) -> None:
    assert is_deeper_than(text, 200)


def test_brackets_side_by_side_are_not_deep() -> None:
    assert not is_deeper_than(b"[" + b",".join([b'{"a":[]}'] * 100_000) + b"]", 3)
