"""Updates: what they make of an item, what they answer, and what is refused in which words and order."""

from __future__ import annotations

import copy

import pytest

from pelton.errors import ValidationFailed
from pelton.expressions.faults import ExpressionFault
from pelton.expressions.parameters import Parameters
from pelton.expressions.update import Update, parse_update
from pelton.items.schema import KeyAttribute, KeySchema
from pelton.items.types import AttributeValue, Item
from pelton.items.values import NestedTooDeep

ITEM: Item = {
    "pk": {"S": "p"},
    "n": {"N": "10"},
    "word": {"S": "hello"},
    "tags": {"SS": ["a", "b"]},
    "l": {"L": [{"S": "0"}, {"S": "1"}, {"S": "2"}]},
    "m": {"M": {"n": {"N": "1"}, "l": {"L": [{"M": {"z": {"S": "q"}}}]}, "e": {"M": {}}}},
    "nothing": {"NULL": True},
}
VALUES: dict[str, AttributeValue] = {
    ":n": {"N": "2.5"},
    ":s": {"S": "x"},
    ":t": {"S": "y"},
    ":set": {"SS": ["b", "c"]},
    ":all": {"SS": ["a", "b", "c"]},
    ":numbers": {"NS": ["1"]},
    ":l": {"L": [{"S": "new"}]},
    ":empty": {"L": []},
    ":map": {"M": {}},
    ":big": {"N": "9" * 38},
    ":huge": {"N": "9" * 38 + "0" * 88},
    ":tiny": {"N": "0.1"},
}
NAMES = {"#n": "n", "#name": "name"}


def update(text: str) -> Update:
    return parse_update(text, Parameters(NAMES, VALUES))


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("SET a = :s", {"a": {"S": "x"}}),
        ("set #n = :s", {"n": {"S": "x"}}),
        # Right-hand sides read the item as it was.
        ("SET n = :n, a = n", {"n": {"N": "2.5"}, "a": {"N": "10"}}),
        ("SET a = n + :n", {"a": {"N": "12.5"}}),
        ("SET a = :n - n", {"a": {"N": "-7.5"}}),
        ("SET a = (n + :n)", {"a": {"N": "12.5"}}),
        ("SET a = (n + :n) - n", {"a": {"N": "2.5"}}),
        ("SET a = if_not_exists(gone, :n) + n", {"a": {"N": "12.5"}}),
        ("SET a = if_not_exists(n, :n)", {"a": {"N": "10"}}),
        ("SET a = if_not_exists(nothing, :n)", {"a": {"NULL": True}}),
        ("SET a = if_not_exists(gone, if_not_exists(gone2, :s))", {"a": {"S": "x"}}),
        ("SET a = list_append(if_not_exists(gone, :empty), :l)", {"a": {"L": [{"S": "new"}]}}),
        ("SET l = list_append (:l , l)", {"l": {"L": [{"S": "new"}, {"S": "0"}, {"S": "1"}, {"S": "2"}]}}),
        ("SET l[1] = :s", {"l": {"L": [{"S": "0"}, {"S": "x"}, {"S": "2"}]}}),
        # Past the end: appended, in the order of the indexes.
        (
            "SET l[9] = :s, l[7] = :t",
            {"l": {"L": [{"S": "0"}, {"S": "1"}, {"S": "2"}, {"S": "y"}, {"S": "x"}]}},
        ),
        # Indexes mean the list as it was.
        ("SET l[0] = :s REMOVE l[1]", {"l": {"L": [{"S": "x"}, {"S": "2"}]}}),
        ("REMOVE l[0], l[2]", {"l": {"L": [{"S": "1"}]}}),
        ("REMOVE l[4] SET l[9] = :s, l[8] = :t", {"l": {"L": [*ITEM["l"]["L"], {"S": "y"}, {"S": "x"}]}}),
        ("REMOVE l[0], l[1], l[2]", {"l": {"L": []}}),
        ("REMOVE l[9], gone, m.gone", {}),
        (
            "SET m.n = :s, m.a = :t",
            {"m": {"M": {**ITEM["m"]["M"], "n": {"S": "x"}, "a": {"S": "y"}}}},
        ),
        ("SET m.e.extra = :s", {"m": {"M": {**ITEM["m"]["M"], "e": {"M": {"extra": {"S": "x"}}}}}}),
        ("SET m.l[0].z = :s", {"m": {"M": {**ITEM["m"]["M"], "l": {"L": [{"M": {"z": {"S": "x"}}}]}}}}),
        ("REMOVE m.l[0].z", {"m": {"M": {**ITEM["m"]["M"], "l": {"L": [{"M": {}}]}}}}),
        ("ADD n :n", {"n": {"N": "12.5"}}),
        ("ADD gone :n", {"gone": {"N": "2.5"}}),
        ("ADD m.n :n", {"m": {"M": {**ITEM["m"]["M"], "n": {"N": "3.5"}}}}),
        ("ADD tags :set", {"tags": {"SS": ["a", "b", "c"]}}),
        ("ADD gone :set", {"gone": {"SS": ["b", "c"]}}),
        ("DELETE tags :set", {"tags": {"SS": ["a"]}}),
        ("DELETE gone :set", {}),
        (
            "SET a = :s REMOVE gone ADD n :n DELETE tags :set",
            {"a": {"S": "x"}, "n": {"N": "12.5"}, "tags": {"SS": ["a"]}},
        ),
    ],
)
def test_an_update_changes_what_it_names(text: str, changed: Item) -> None:
    before = copy.deepcopy(ITEM)

    after = update(text).apply(before)

    assert after == {**ITEM, **changed}
    assert before == ITEM


def test_what_is_removed_is_gone() -> None:
    after = update("REMOVE n, m.e DELETE tags :all").apply(ITEM)

    assert "n" not in after
    assert "tags" not in after
    assert list(after["m"]["M"]) == ["n", "l"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SET gone.a = :s", "The document path provided in the update expression is invalid for update"),
        ("SET l.a = :s", "The document path provided in the update expression is invalid for update"),
        ("SET m[0] = :s", "The document path provided in the update expression is invalid for update"),
        ("SET l[7].a = :s", "The document path provided in the update expression is invalid for update"),
        ("REMOVE gone.a", "The document path provided in the update expression is invalid for update"),
        ("SET a = gone", "The provided expression refers to an attribute that does not exist in the item"),
        ("SET a = gone + :n", "The provided expression refers to an attribute that does not exist in the item"),
        (
            "SET a = list_append(gone, :l)",
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        ("SET a = word + :n", "An operand in the update expression has an incorrect data type"),
        ("SET a = list_append(n, :l)", "An operand in the update expression has an incorrect data type"),
        ("SET a = if_not_exists(gone, :s) + :n", "An operand in the update expression has an incorrect data type"),
        ("ADD word :n", "An operand in the update expression has an incorrect data type"),
        ("ADD tags :numbers", "An operand in the update expression has an incorrect data type"),
        ("DELETE n :set", "An operand in the update expression has an incorrect data type"),
        ("SET a = :big + :tiny", "Attempting to store more than 38 significant digits in a Number"),
        (
            "SET a = :huge + :huge",
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
    ],
)
def test_an_update_that_does_not_fit_the_item_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        update(text).apply(ITEM)

    assert caught.value.message == message
    assert not isinstance(caught.value, ExpressionFault)


def test_an_update_cannot_nest_deeper_than_an_item_may() -> None:
    deep: AttributeValue = {"M": {}}
    for _ in range(31):
        deep = {"M": {"a": deep}}
    inside = parse_update("SET m.a = deep", Parameters())

    with pytest.raises(NestedTooDeep):
        inside.apply({"m": {"M": {}}, "deep": deep})


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("SET n = :n", {"n": {"N": "10"}}, {"n": {"N": "2.5"}}),
        # Named is touched, though the value stays.
        ("SET word = word", {"word": {"S": "hello"}}, {"word": {"S": "hello"}}),
        ("SET a = :s", {}, {"a": {"S": "x"}}),
        ("REMOVE n, gone", {"n": {"N": "10"}}, {}),
        ("SET m.n = :n", {"m": {"M": {"n": {"N": "1"}}}}, {"m": {"M": {"n": {"N": "2.5"}}}}),
        (
            "SET l[2] = :s, l[0] = :t REMOVE l[1]",
            {"l": {"L": [{"S": "0"}, {"S": "1"}, {"S": "2"}]}},
            {"l": {"L": [{"S": "y"}, {"S": "x"}]}},
        ),
        ("SET l[9] = :s", {}, {"l": {"L": [{"S": "x"}]}}),
        (
            "ADD n :n DELETE tags :set",
            {"n": {"N": "10"}, "tags": {"SS": ["a", "b"]}},
            {"n": {"N": "12.5"}, "tags": {"SS": ["a"]}},
        ),
        ("DELETE tags :all", {"tags": {"SS": ["a", "b"]}}, {}),
        (
            "SET m.l[0].z = :s, m.n = :n",
            {"m": {"M": {"l": {"L": [{"M": {"z": {"S": "q"}}}]}, "n": {"N": "1"}}}},
            {"m": {"M": {"l": {"L": [{"M": {"z": {"S": "x"}}}]}, "n": {"N": "2.5"}}}},
        ),
    ],
)
def test_the_touched_paths_come_back_as_fragments(text: str, old: Item, new: Item) -> None:
    change = update(text)

    assert change.updated_old(ITEM) == old
    assert change.updated_new(ITEM) == new


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("FOO a", 'Syntax error; token: "FOO", near: "FOO a"'),
        ("SET", 'Syntax error; token: "<EOF>", near: "SET"'),
        ("SET a = :s,", 'Syntax error; token: "<EOF>", near: ","'),
        ("SET a = :n + :n + :n", 'Syntax error; token: "+", near: ":n + :n"'),
        ("ADD n m", 'Syntax error; token: "m", near: "n m"'),
        ("SET a = :s REMOVE", 'Syntax error; token: "<EOF>", near: "REMOVE"'),
        ("SET name = :s", "Attribute name is a reserved keyword; reserved keyword: name"),
        ("SET add = :s", "Attribute name is a reserved keyword; reserved keyword: add"),
        ("SET a = foo(n, :n)", "Invalid function name; function: foo"),
        (
            "SET a = attribute_exists(n)",
            "The function is not allowed to be used this way in an expression; function: attribute_exists",
        ),
        ("SET a = :s SET b = :s", 'The "SET" section can only be used once in an update expression;'),
        (
            "SET #gone = :s",
            "An expression attribute name used in the document path is not defined; attribute name: #gone",
        ),
        ("SET a = :gone", "An expression attribute value used in expression is not defined; attribute value: :gone"),
        (
            "SET m.n = :s, #n = :s REMOVE m",
            (
                "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                "path one: [m, n], path two: [m]"
            ),
        ),
        (
            "SET n = :s, #n = :s",
            (
                "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                "path one: [n], path two: [n]"
            ),
        ),
        (
            "SET m.b = :s, m[0] = :s",
            (
                "Two document paths conflict with each other; must remove or rewrite one of these paths; "
                "path one: [m, b], path two: [m, [0]]"
            ),
        ),
        (
            "SET a = :s + :n",
            "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        (
            "SET a = list_append(l, :l) - :n",
            "Incorrect operand type for operator or function; operator or function: -, operand type: L",
        ),
        (
            "SET a = list_append(l, :s)",
            "Incorrect operand type for operator or function; operator or function: list_append, operand type: S",
        ),
        (
            "SET a = list_append(l)",
            (
                "Incorrect number of operands for operator or function; "
                "operator or function: list_append, number of operands: 1"
            ),
        ),
        (
            "SET a = if_not_exists(:s, :n)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        (
            "ADD n :s",
            (
                "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, "
                "typeSet: ALLOWED_FOR_ADD_OPERAND"
            ),
        ),
        (
            "DELETE tags :l",
            (
                "Incorrect operand type for operator or function; operator: DELETE, operand type: LIST, "
                "typeSet: ALLOWED_FOR_DELETE_OPERAND"
            ),
        ),
        # Priorities: reserved word, unknown function, section, name, value, overlap, operand types, arguments.
        ("SET a = foo(n) SET name = :s", "Attribute name is a reserved keyword; reserved keyword: name"),
        ("SET a = :s SET b = foo(n)", "Invalid function name; function: foo"),
        ("SET a = :gone SET #gone = :s", 'The "SET" section can only be used once in an update expression;'),
        (
            "SET a = :gone, #gone = :s",
            "An expression attribute name used in the document path is not defined; attribute name: #gone",
        ),
        (
            "SET a = :s, a = :gone",
            "An expression attribute value used in expression is not defined; attribute value: :gone",
        ),
        (
            "SET a = list_append(l), b = :s + :n",
            "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
    ],
)
def test_a_faulty_update_is_refused_in_the_services_words(text: str, message: str) -> None:
    with pytest.raises(ExpressionFault) as caught:
        update(text)

    assert caught.value.message == f"Invalid UpdateExpression: {message}"


def test_siblings_do_not_overlap() -> None:
    assert update("SET m.a = :s, m.b = :s, l[0] = :s, l[1] = :s").attributes == {"m", "l"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "SET pk = pk",
            "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key",
        ),
        (
            "REMOVE sk.a",
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: sk",
        ),
    ],
)
def test_the_key_cannot_be_updated(text: str, message: str) -> None:
    schema = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "S"),))

    with pytest.raises(ValidationFailed) as caught:
        update(text).check_keys(schema)

    assert caught.value.message == message
