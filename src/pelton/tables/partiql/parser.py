"""The grammar of statements and their conditions.

    SELECT * | path, ... FROM "table"[."index"] [WHERE condition] [ORDER BY key [ASC | DESC]]
    INSERT INTO "table" VALUE {'name': value, ...}
    UPDATE "table" (SET path = operand, ... | REMOVE path, ...)+ WHERE condition [RETURNING ...]
    DELETE FROM "table" WHERE condition [RETURNING ALL OLD *]
    EXISTS(SELECT ...)

Source: DynamoDB developer guide, "PartiQL statements for DynamoDB".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pelton.errors import ValidationFailed
from pelton.items.types import AttributeValue
from pelton.tables.partiql.lexer import TokenKind, not_well_formed
from pelton.tables.partiql.reader import Reader
from pelton.tables.partiql.syntax import (
    Arithmetic,
    Between,
    Call,
    Comparison,
    Condition,
    Delete,
    Every,
    In,
    Insert,
    Is,
    Literal,
    Not,
    Operand,
    Path,
    Reference,
    Select,
    Some,
    Statement,
    Update,
)

COMPARATORS = frozenset(("=", "<>", "!=", "<", "<=", ">", ">="))
#: Functions that are conditions, and how many arguments they have.
TESTS = frozenset(("begins_with", "contains", "attribute_type"))
#: Functions that are operands.
OPERANDS = frozenset(("size", "list_append", "set_add", "set_delete", "if_not_exists"))
#: Options of IN, at most.
OPTIONS_MAX = 100


def parse_statement(text: str, parameters: Sequence[AttributeValue]) -> Statement:
    """What the statement says.

    Raises:
        ValidationFailed: it is not well formed, or the parameters are not as many as its ``?``.
    """
    reader = Reader(text, parameters)
    statement = _statement(reader)
    reader.end()
    return statement


def _statement(reader: Reader) -> Statement:
    if reader.skip_word("SELECT"):
        return _select(reader)
    if reader.skip_word("INSERT"):
        return _insert(reader)
    if reader.skip_word("UPDATE"):
        return _update(reader)
    if reader.skip_word("DELETE"):
        return _delete(reader)
    if reader.skip_word("EXISTS"):
        reader.expect("(")
        reader.expect_word("SELECT")
        found = replace(_select(reader), is_exists=True)
        reader.expect(")")
        return found
    raise not_well_formed("Expected data manipulation")


def _select(reader: Reader) -> Select:
    paths: list[Path] = []
    if reader.is_call():
        raise not_well_formed(f"Unexpected path component at {reader.token.place}")
    if not reader.skip("*"):
        paths.append(reader.path())
        while reader.skip(","):
            paths.append(reader.path())
    reader.expect_word("FROM")
    table, index = _target(reader)
    where = _where(reader)
    order = None
    if reader.skip_word("ORDER", "BY"):
        name = reader.name()
        order = (name, reader.skip_word("DESC"))
        if not order[1]:
            reader.skip_word("ASC")
    return Select(table=table, index=index, paths=tuple(paths), where=where, order=order)


def _target(reader: Reader) -> tuple[str, str | None]:
    table = reader.name()
    index = reader.name() if reader.skip(".") else None
    if reader.is_symbol("."):
        raise ValidationFailed("A path may contain at most 2 components in the FROM clause")
    return table, index


def _table(reader: Reader) -> str:
    table, index = _target(reader)
    if index is not None:
        raise ValidationFailed("This operation is not supported on an index")
    return table


def _insert(reader: Reader) -> Insert:
    reader.expect_word("INTO")
    place = reader.token.place
    table, index = _target(reader)
    if index is not None:
        raise ValidationFailed(
            f"FROM clause may only contain a single table name in data manipulation statements at {place}"
        )
    reader.expect_word("VALUE")
    value = reader.expect_value()
    if "M" not in value:
        raise not_well_formed("INSERT takes a map")
    return Insert(table, value["M"])


def _update(reader: Reader) -> Update:
    table = _table(reader)
    sets: list[tuple[Path, Operand]] = []
    removes: list[Path] = []
    while True:
        if reader.skip_word("SET"):
            sets.append(_assignment(reader))
            while reader.skip(","):
                sets.append(_assignment(reader))
        elif reader.skip_word("REMOVE"):
            removes.append(reader.path())
            while reader.skip(","):
                removes.append(reader.path())
        else:
            break
    if not sets and not removes:
        raise reader.unexpected()
    where = _where(reader)
    return Update(table=table, sets=tuple(sets), removes=tuple(removes), where=where, returning=_returning(reader))


def _assignment(reader: Reader) -> tuple[Path, Operand]:
    path = reader.path()
    reader.expect("=")
    return path, _operand(reader)


def _delete(reader: Reader) -> Delete:
    reader.expect_word("FROM")
    table = _table(reader)
    where = _where(reader)
    returning = _returning(reader)
    if returning not in (None, "ALL OLD"):
        raise ValidationFailed(
            f"Invalid returning clause: RETURNING {returning} *. "
            "Only RETURNING ALL OLD * is allowed in DELETE statements."
        )
    return Delete(table=table, where=where, returning=returning)


def _returning(reader: Reader) -> str | None:
    if not reader.skip_word("RETURNING"):
        return None
    for extent in ("ALL", "MODIFIED"):
        for age in ("OLD", "NEW"):
            if reader.skip_word(extent, age):
                reader.expect("*")
                return f"{extent} {age}"
    raise reader.unexpected()


def _where(reader: Reader) -> Condition | None:
    return _or(reader) if reader.skip_word("WHERE") else None


def _or(reader: Reader) -> Condition:
    conditions = [_and(reader)]
    while reader.skip_word("OR"):
        conditions.append(_and(reader))
    return conditions[0] if len(conditions) == 1 else Some(tuple(conditions))


def _and(reader: Reader) -> Condition:
    conditions = [_not(reader)]
    while reader.skip_word("AND"):
        conditions.append(_not(reader))
    return conditions[0] if len(conditions) == 1 else Every(tuple(conditions))


def _not(reader: Reader) -> Condition:
    if reader.skip_word("NOT"):
        return Not(reader.deeper(lambda: _not(reader)))
    if reader.skip("("):
        condition = reader.deeper(lambda: _or(reader))
        reader.expect(")")
        return condition
    return _comparison(reader)


def _comparison(reader: Reader) -> Condition:
    left = _operand(reader)
    if reader.token.kind is TokenKind.SYMBOL and reader.token.text in COMPARATORS:
        operator = reader.advance().text
        return Comparison("<>" if operator == "!=" else operator, left, _operand(reader))
    if reader.is_word("NOT", "BETWEEN") or reader.is_word("NOT", "IN"):
        reader.expect_word("NOT")
        return Not(_membership(reader, left))
    if reader.is_word("BETWEEN") or reader.is_word("IN"):
        return _membership(reader, left)
    if reader.is_word("IS"):
        return _is(reader, left)
    if isinstance(left, Call) and left.function in TESTS:
        return left
    raise reader.unexpected()


def _membership(reader: Reader, left: Operand) -> Condition:
    if reader.skip_word("BETWEEN"):
        low = _operand(reader)
        reader.expect_word("AND")
        return Between(left, low, _operand(reader))
    reader.expect_word("IN")
    return In(left, _options(reader))


def _options(reader: Reader) -> tuple[Operand, ...]:
    end = "]" if reader.skip("[") else ")"
    if end == ")":
        reader.expect("(")
    options = reader.row_of(lambda: _operand(reader), end)
    if not 1 <= len(options) <= OPTIONS_MAX:
        raise ValidationFailed(f"IN takes 1 to {OPTIONS_MAX} values")
    return tuple(options)


def _is(reader: Reader, left: Operand) -> Condition:
    reader.expect_word("IS")
    is_not = reader.skip_word("NOT")
    if not isinstance(left, Reference) or not (reader.is_word("MISSING") or reader.is_word("NULL")):
        raise reader.unexpected()
    condition = Is(left.path, reader.advance().text.upper())
    return Not(condition) if is_not else condition


def _operand(reader: Reader) -> Operand:
    operand = _atom(reader)
    while reader.is_symbol("+") or reader.is_symbol("-"):
        operator = reader.advance().text
        if isinstance(operand, Arithmetic):
            raise not_well_formed("one + or - in an operand")
        operand = Arithmetic(operator, operand, _atom(reader))
    return operand


def _atom(reader: Reader) -> Operand:
    if reader.is_call():
        return _call(reader)
    value = reader.value()
    return Reference(reader.path()) if value is None else Literal(value)


def _call(reader: Reader) -> Call:
    function = reader.advance().text.lower()
    if function not in TESTS | OPERANDS:
        raise not_well_formed(f"Unsupported function: {function}")
    reader.expect("(")
    return Call(function, tuple(reader.deeper(lambda: reader.row_of(lambda: _operand(reader), ")"))))
