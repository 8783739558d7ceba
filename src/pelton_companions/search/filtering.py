"""Filters as tantivy queries over the facet field."""

from __future__ import annotations

import tantivy

from pelton_companions.search.engine import Engine
from pelton_companions.search.filters import AllOf, AnyOf, Equals, Filter, Not, Within


def filter_query(engine: Engine, wanted: Filter) -> tantivy.Query:
    """The query that finds exactly the records for which the filter holds."""
    match wanted:
        case AllOf(parts):
            return _combined(engine, parts, tantivy.Occur.Must) if parts else tantivy.Query.all_query()
        case AnyOf(parts):
            return _combined(engine, parts, tantivy.Occur.Should)
        case Not(part):
            everything = (tantivy.Occur.Must, tantivy.Query.all_query())
            return tantivy.Query.boolean_query([everything, (tantivy.Occur.MustNot, filter_query(engine, part))])
        case Equals(name, value):
            return _equals(engine, name, value)
        case Within():
            return _within(engine, wanted)


def _combined(engine: Engine, parts: tuple[Filter, ...], occur: tantivy.Occur) -> tantivy.Query:
    return tantivy.Query.boolean_query([(occur, filter_query(engine, part)) for part in parts])


def _equals(engine: Engine, name: str, value: str) -> tantivy.Query:
    """Text, and the number or boolean that the text reads as: a filter does not know the type."""
    meant: list[object] = [value]
    if value in {"true", "false"}:
        meant.append(value == "true")
    try:
        number = float(value)
    except ValueError:
        pass
    else:
        meant += [int(number), number] if number.is_integer() else [number]
    ways = [tantivy.Query.term_query(engine.schema, f"f.{name}", each, index_option="basic") for each in meant]
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, way) for way in ways])


def _within(engine: Engine, wanted: Within) -> tantivy.Query:
    low = "*" if wanted.low is None else _number_text(wanted.low)
    high = "*" if wanted.high is None else _number_text(wanted.high)
    opening = "[" if wanted.low_included else "{"
    closing = "]" if wanted.high_included else "}"
    path = "".join(f"\\{c}" if c in " :\\+-()[]{}\"'^~*?" else c for c in f"f.{wanted.name}")
    return engine.index.parse_query(f"{path}:{opening}{low} TO {high}{closing}", ["f"])


def _number_text(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)
