"""Values that event source mappings of all kinds have. Source: Lambda API reference, CreateEventSourceMapping."""

from __future__ import annotations

import json
from collections.abc import Callable

from pelton.projects.documents import Value
from pelton.projects.project import ProjectRefused, Where
from pelton.projects.scalars import block_of, row_of, text_of, whole_number_of


def number_in(low: int, high: int) -> Callable[[Value, Where, str], object]:
    """Reads a whole number from ``low`` to ``high``."""
    return lambda value, where, what: whole_number_of(value, where, what, range(low, high + 1))


def response_types_of(value: Value, where: Where, what: str) -> object:
    """FunctionResponseTypes, of which there is one."""
    types = [text_of(item, where, what) for item in row_of(value, where, what)]
    if types not in ([], ["ReportBatchItemFailures"]):
        raise ProjectRefused(where, f"{what} is {', '.join(types)}", "only ReportBatchItemFailures is known")
    return types


def filters_of(value: Value, where: Where, what: str) -> object:
    """FilterCriteria, whose patterns are JSON objects."""
    criteria = block_of(value, where, what)
    filters = row_of(criteria.get("Filters"), where, f"{what}.Filters")
    return {
        "Filters": [{"Pattern": _pattern(item, place)} for item, place in zip(filters, filters.places, strict=True)]
    }


def _pattern(value: Value, where: Where) -> str:
    text = text_of(block_of(value, where, "a filter").get("Pattern"), where, "Pattern")
    try:
        pattern = json.loads(text)
    except ValueError as error:
        raise ProjectRefused(where, f"the filter pattern is not JSON: {error}", "write a JSON object") from None
    if not isinstance(pattern, dict):
        raise ProjectRefused(where, "the filter pattern is not a JSON object", "write a JSON object")
    return text
