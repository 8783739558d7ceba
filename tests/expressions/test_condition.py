"""Conditions: what they test, and what is refused before any item is looked at, in which words and order."""

from __future__ import annotations

import pytest

from pelton.expressions.condition import Condition, parse_condition
from pelton.expressions.faults import ExpressionFault, ExpressionKind
from pelton.expressions.parameters import Parameters
from pelton.items.types import AttributeValue, Item

ITEM: Item = {
    "pk": {"S": "p"},
    "n": {"N": "10"},
    "word": {"S": "hello"},
    "bin": {"B": "AQID"},
    "flag": {"BOOL": True},
    "nothing": {"NULL": True},
    "tags": {"SS": ["a", "b"]},
    "lows": {"NS": ["1", "2"]},
    "l": {"L": [{"S": "x"}, {"N": "2"}, {"L": [{"S": "deep"}]}]},
    "m": {"M": {"a": {"N": "1"}, "b.c": {"S": "dotted"}, "l": {"L": [{"M": {"z": {"S": "q"}}}]}}},
}
VALUES: dict[str, AttributeValue] = {
    ":n": {"N": "10"},
    ":five": {"N": "5"},
    ":s": {"S": "hello"},
    ":he": {"S": "he"},
    ":x": {"S": "x"},
    ":a": {"S": "a"},
    ":b": {"B": "AQ=="},
    ":true": {"BOOL": True},
    ":null": {"NULL": True},
    ":set": {"SS": ["b", "a"]},
    ":numbers": {"NS": ["2", "1"]},
    ":one": {"N": "1"},
    ":list": {"L": [{"S": "x"}]},
    ":map": {"M": {"a": {"N": "1"}}},
    ":type": {"S": "SS"},
    ":odd": {"S": "XX"},
}
NAMES = {"#m": "m", "#dotted": "b.c", "#name": "name", "#0": "n"}


def condition(text: str, kind: ExpressionKind = ExpressionKind.CONDITION) -> Condition:
    return parse_condition(text, Parameters(NAMES, VALUES), kind)


@pytest.mark.parametrize(
    "text",
    [
        "n = :n",
        "#0 = :n",
        ":n = n",
        "n > :five",
        "n >= :n AND n <= :n",
        "n BETWEEN :five AND :n",
        ":n BETWEEN m.a AND n",
        "n IN (:x, :n)",
        ":x IN (l[0], l[1])",
        # Missing, or of another type: only <> is true.
        "absent <> :n",
        "word <> :n",
        "absent <> gone",
        "NOT absent = :n",
        "NOT absent > :n",
        "NOT word > :n",
        "attribute_exists(nothing)",
        "attribute_not_exists(m.gone)",
        "attribute_not_exists(word.a)",
        "attribute_not_exists(l[9])",
        "attribute_not_exists(m[0])",
        "attribute_exists(m.#dotted)",
        "attribute_type(tags, :type)",
        "begins_with(word, :he)",
        "begins_with(bin, :b)",
        "begins_with(:s, :he)",
        "contains(word, :he)",
        "contains(bin, :b)",
        "contains(tags, :a)",
        "contains(lows, :one)",
        "contains(l, :x)",
        "contains(:list, l[0])",
        "tags = :set",
        "lows = :numbers",
        "size(word) = :five",
        "size(tags) < size(word)",
        "size(#m.l) = :one",
        "size(:set) < :five",
        "l[2][0] <> :x",
        "m.l[0].z <> :x",
        "nothing = :null",
        "flag = :true",
        # Precedence: NOT, then AND, then OR.
        "NOT n = :five AND n = :n",
        "n = :n OR n = :five AND n = :five",
        "NOT (n = :five AND n = :n)",
        "NOT NOT n = :n",
        "(n = :n)",
        "(n) = (:n)",
        "(n = :n) AND (word = :s OR word = :x)",
        # Spaces and line ends are allowed between any two tokens.
        "attribute_exists\n(\tm . a )",
        "n=:n and\r\nnot n in(:five)",
    ],
)
def test_the_item_meets_the_condition(text: str) -> None:
    assert condition(text)(ITEM) is True


@pytest.mark.parametrize(
    "text",
    [
        "n = :s",
        "absent = :n",
        "absent = gone",
        "absent < :n",
        "n < :he",
        "flag > gone",
        "tags >= lows",
        "absent BETWEEN :five AND :n",
        "absent IN (:x, :n)",
        "word IN (:n)",
        "attribute_type(absent, :type)",
        "begins_with(n, :he)",
        "begins_with(absent, :he)",
        "begins_with(bin, word)",
        "contains(n, :one)",
        "contains(m, :a)",
        "contains(tags, :one)",
        "contains(word, absent)",
        "size(n) = :one",
        "size(flag) = :one",
        "size(nothing) = :one",
        "size(absent) < :n",
        "l[9] = :x",
        "NOT absent <> :n",
    ],
)
def test_the_item_does_not_meet_the_condition(text: str) -> None:
    assert condition(text)(ITEM) is False


def test_an_item_that_does_not_exist_has_no_attributes() -> None:
    assert condition("attribute_not_exists(pk)")(None)
    assert not condition("attribute_exists(pk)")(None)


def test_size_of_a_string_counts_utf_16_units() -> None:
    assert condition("size(word) = :five")({"word": {"S": "ab€\U0001f600"}})


def test_a_condition_tells_what_it_looks_at() -> None:
    looks = condition("#m.l[0].z = :x OR size(word) IN (n, :n) AND NOT begins_with(pk, :x)")

    assert looks.paths == (("m", "l", 0, "z"), ("word",), ("n",), ("pk",))
    assert looks.attributes == {"m", "word", "n", "pk"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        (" \n", "The expression can not be empty;"),
        ("#m", 'Syntax error; token: "<EOF>", near: "#m"'),
        ("n", 'Syntax error; token: "<EOF>", near: "n"'),
        ("(n)", 'Syntax error; token: "<EOF>", near: ")"'),
        ("n = :n AND", 'Syntax error; token: "<EOF>", near: "AND"'),
        ("n != :n", 'Syntax error; token: "!", near: "n !="'),
        ("n == :n", 'Syntax error; token: "=", near: "== :n"'),
        ("n =  5 ", 'Syntax error; token: "5", near: "=  5"'),
        ("_n = :n", 'Syntax error; token: "_", near: "_n"'),
        ("n = :n)", 'Syntax error; token: ")", near: ":n)"'),
        ("n = :n = :n", 'Syntax error; token: "=", near: ":n = :n"'),
        ("l[-1] = :n", 'Syntax error; token: "-", near: "[-1"'),
        ("size() = :n", 'Syntax error; token: ")", near: "() ="'),
        ("n IN ()", 'Syntax error; token: ")", near: "()"'),
        ("n AND n = :n", 'Syntax error; token: "AND", near: "n AND n"'),
        ("n BETWEEN :n, :n", 'Syntax error; token: ",", near: ":n, :n"'),
        ("((n = :n))", "The expression has redundant parentheses;"),
        ("((n)) = :n", "The expression has redundant parentheses;"),
        ("name = :n", "Attribute name is a reserved keyword; reserved keyword: name"),
        ("m.Size = :n", "Attribute name is a reserved keyword; reserved keyword: Size"),
        ("and = :n", "Attribute name is a reserved keyword; reserved keyword: and"),
        ("not = :n", "Attribute name is a reserved keyword; reserved keyword: not"),
        ("foo(n)", "Invalid function name; function: foo"),
        ("Size(n) = :n", "Invalid function name; function: Size"),
        ("size(n)", "The function is not allowed to be used this way in an expression; function: size"),
        (
            "attribute_exists(n) = :n",
            "The function is not allowed to be used this way in an expression; function: attribute_exists",
        ),
        (
            "if_not_exists(n, :n)",
            "The function is not allowed to be used this way in an expression; function: if_not_exists",
        ),
        (
            "begins_with(n)",
            (
                "Incorrect number of operands for operator or function; "
                "operator or function: begins_with, number of operands: 1"
            ),
        ),
        (
            "attribute_exists(:n)",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "begins_with(n, :n)",
            "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
        ),
        (
            "n < :true",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
        ),
        (
            "n BETWEEN :set AND :set",
            "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: SS",
        ),
        (
            "size(:n) = :n",
            "Incorrect operand type for operator or function; operator or function: size, operand type: N",
        ),
        (
            "contains(:true, n)",
            "Incorrect operand type for operator or function; operator or function: contains, operand type: BOOL",
        ),
        (
            "attribute_type(n, n)",
            (
                "Incorrect operand type for operator or function; operator or function: attribute_type, "
                "operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
            ),
        ),
        (
            "attribute_type(n, :odd)",
            "Invalid attribute type name found; type: XX, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        (
            "contains(m.l[0], #m.l[0])",
            (
                "The first operand must be distinct from the remaining operands for this operator or function; "
                "operator: contains, first operand: [m, l, [0]]"
            ),
        ),
        (
            "n = n",
            (
                "The first operand must be distinct from the remaining operands for this operator or function; "
                "operator: =, first operand: [n]"
            ),
        ),
        (
            "n BETWEEN :s AND :n",
            (
                "The BETWEEN operator requires same data type for lower and upper bounds; "
                "lower bound operand: AttributeValue: {S:hello}, upper bound operand: AttributeValue: {N:10}"
            ),
        ),
        (
            "n BETWEEN :n AND :five",
            (
                "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
                "lower bound operand: AttributeValue: {N:10}, upper bound operand: AttributeValue: {N:5}"
            ),
        ),
        (
            "#undefined = :n",
            "An expression attribute name used in the document path is not defined; attribute name: #undefined",
        ),
        (
            "n = :undefined",
            "An expression attribute value used in expression is not defined; attribute value: :undefined",
        ),
        (
            f"n IN ({', '.join([':n'] * 101)})",
            "The IN operator is provided with too many operands; number of operands: 101",
        ),
        (
            "NOT " * 300 + "n = :n",
            "The expression contains too many operators; operator count: 301",
        ),
        ("n = :n OR " * 500, "Expression size has exceeded the maximum allowed size"),
        (
            ".".join(["a"] * 33) + " = :n",
            "The document path has too many nesting elements; nesting levels: 33",
        ),
        ("(" * 4000, "The expression has more than 100 parentheses within each other"),
        # Priorities: parentheses, unknown function, misused function, reserved word, then left to right.
        ("name = :n AND foo(n) AND size(n) AND ((n = :n))", "The expression has redundant parentheses;"),
        ("name = :n AND size(n) AND foo(n)", "Invalid function name; function: foo"),
        (
            "name = :n AND size(n)",
            "The function is not allowed to be used this way in an expression; function: size",
        ),
        (
            "begins_with(n, :n) AND n = :undefined",
            "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
        ),
        (
            "n = :undefined AND begins_with(n, :n)",
            "An expression attribute value used in expression is not defined; attribute value: :undefined",
        ),
    ],
)
def test_a_faulty_condition_is_refused_in_the_services_words(text: str, message: str) -> None:
    with pytest.raises(ExpressionFault) as caught:
        condition(text)

    assert caught.value.message == f"Invalid ConditionExpression: {message}"


def test_a_filter_names_itself_and_its_size() -> None:
    with pytest.raises(ExpressionFault) as caught:
        condition("a" * 4097, ExpressionKind.FILTER)

    assert caught.value.message == (
        "Invalid FilterExpression: Expression size has exceeded the maximum allowed size; expression size: 4097"
    )


def test_4096_bytes_pass() -> None:
    assert condition("n = :n".ljust(4096))(ITEM)


def test_300_operators_pass() -> None:
    assert condition("NOT " * 299 + "n = :n")(ITEM) is False
