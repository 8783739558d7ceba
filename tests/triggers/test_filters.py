"""Filter patterns: what matches, what does not, and what is no pattern (section 5)."""

from __future__ import annotations

import orjson
import pytest

from pelton.triggers.filter_tests import PatternRefused
from pelton.triggers.filters import Filter

RECORD = {
    "eventName": "MODIFY",
    "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
    "dynamodb": {
        "Keys": {"sk": {"S": "ORDER#7"}},
        "NewImage": {
            "status": {"S": "shipped"},
            "count": {"N": "5"},
            "gone": {"NULL": True},
            "empty": {"S": ""},
            "tags": {"L": [{"S": "x"}, {"S": "y"}]},
            "set": {"SS": ["a", "b"]},
            "address": {"S": "10.0.0.9"},
        },
        "OldImage": {"status": {"S": "open"}},
        "SizeBytes": 53,
        "ApproximateCreationDateTime": 1761000000.0,
    },
}


def image(**tests: object) -> dict[str, object]:
    return {"dynamodb": {"NewImage": tests}}


def matches(*patterns: object) -> bool:
    return Filter(tuple(orjson.dumps(pattern).decode() for pattern in patterns))(orjson.dumps(RECORD))


MATCHING: list[object] = [
    {"eventName": ["INSERT", "MODIFY"]},
    {"userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]}},
    {"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "ORDER#"}]}}}},
    {"dynamodb": {"Keys": {"sk": {"S": [{"suffix": "#7"}]}}}},
    {"dynamodb": {"Keys": {"sk": {"S": [{"prefix": {"equals-ignore-case": "order#"}}]}}}},
    {"dynamodb": {"Keys": {"sk": {"S": [{"wildcard": "O*#*"}]}}}},
    image(status={"S": [{"equals-ignore-case": "SHIPPED"}]}),
    image(status={"S": [{"anything-but": ["open", "new"]}]}),
    image(status={"S": [{"anything-but": {"prefix": "op"}}]}),
    image(count={"N": ["5"]}),  # Numbers of items are strings.
    image(gone={"NULL": [True]}),
    image(empty={"S": [""]}),
    image(status={"S": [{"prefix": ""}]}),
    image(status={"S": [{"exists": True}]}),
    image(missing={"S": [{"exists": False}]}),
    image(status=[{"exists": False}]),  # A node that is no leaf never exists.
    image(tags={"L": {"S": ["y"]}}),
    image(set={"SS": ["b"]}),
    image(address={"S": [{"cidr": "10.0.0.0/24"}]}),
    {"dynamodb": {"SizeBytes": [{"numeric": [">", 50, "<=", 53]}]}},
    {"dynamodb": {"SizeBytes": [53.0]}},
    {"dynamodb": {"ApproximateCreationDateTime": [1761000000]}},
    {"dynamodb": {"ApproximateCreationDateTime": [{"numeric": ["=", 1761000000]}]}},
    {"$or": [{"eventName": ["REMOVE"]}, image(status={"S": ["shipped"]})]},
    {"dynamodb": {"NewImage": {"status": {"S": ["shipped"]}}, "OldImage": {"status": {"S": ["open"]}}}},
]
PASSING_BY: list[object] = [
    {"eventName": ["modify"]},
    {"eventname": ["MODIFY"]},
    image(count={"N": [5]}),
    image(count={"N": [{"numeric": ["=", 5]}]}),
    image(status=[{"exists": True}]),
    image(status={"S": [{"exists": False}]}),
    image(missing={"S": [{"exists": True}]}),
    image(missing={"S": [{"anything-but": ["x"]}]}),
    image(status={"S": [{"anything-but": ["shipped"]}]}),
    image(status={"S": [{"prefix": "hip"}]}),
    image(address={"S": [{"cidr": "10.0.1.0/24"}]}),
    image(gone={"NULL": [None]}),
    {"dynamodb": {"SizeBytes": ["53"]}},
    {"dynamodb": {"SizeBytes": [{"numeric": [">", 53]}]}},
    {"dynamodb": {"NewImage": {"status": {"S": ["shipped"]}}, "OldImage": {"status": {"S": ["shipped"]}}}},
    {"$or": [{"eventName": ["REMOVE"]}, {"eventName": ["INSERT"]}]},
]
REFUSED = [
    "", "null", "7", '"x"', "[]", "{}", '{"a":"x"}', '{"a":1}', '{"a":null}', '{"a":[]}', '{"a":{}}', '{"a":[[1]]}',
    '{"a":[{}]}', '{"a":[{"like":"x"}]}', '{"a":[{"prefix":"a","suffix":"b"}]}', '{"a":[{"numeric":[]}]}',
    '{"a":[{"numeric":["<"]}]}', '{"a":[{"numeric":["~",1]}]}', '{"a":[{"numeric":["<",1,">",2]}]}',
    '{"a":[{"anything-but":[]}]}', '{"a":[{"anything-but":true}]}', '{"a":[{"suffix":null}]}',
    '{"a":[{"equals-ignore-case":["x"]}]}', '{"a":[{"exists":1}]}', '{"a":[{"cidr":"10.0.0.0/40"}]}',
    '{"a":[{"wildcard":"a**"}]}', '{"a":[1]',
]  # fmt: skip


@pytest.mark.parametrize("pattern", MATCHING, ids=str)
def test_a_pattern_matches_what_the_service_matches(pattern: object) -> None:
    assert matches(pattern)


@pytest.mark.parametrize("pattern", PASSING_BY, ids=str)
def test_a_pattern_passes_by_what_the_service_passes_by(pattern: object) -> None:
    assert not matches(pattern)


def test_one_of_several_patterns_is_enough() -> None:
    assert matches({"eventName": ["REMOVE"]}, {"eventName": ["MODIFY"]})
    assert not matches({"eventName": ["REMOVE"]}, {"eventName": ["INSERT"]})


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(PatternRefused):
        Filter((text,))
