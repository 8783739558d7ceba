"""Paths of projections and updates into keys: refused, for keys are scalars, those of indexes too."""

from __future__ import annotations

from collections.abc import Iterable

from pelton.expressions.paths import check_scalar_keys
from pelton.expressions.syntax import Elements
from pelton.storage.catalog import Table


def check_key_paths(paths: Iterable[Elements], table: Table) -> None:
    """No path goes into a key attribute of the table or of one of its indexes.

    Raises:
        ValidationFailed: one does; the text names the attribute, and whose key it is of.
    """
    nested = [path for path in paths if len(path) > 1]
    if not nested:
        return
    check_scalar_keys(nested, table.schema)
    for index in table.indexes:
        check_scalar_keys(nested, index.schema, "IndexKey")
