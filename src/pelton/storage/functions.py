"""Functions made through the API and their versions: configuration as JSON, code as the archive that was uploaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from pelton.operations import JsonObject
from pelton.storage.transaction import Row, Snapshot, WriteTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFunction:
    """A function without its code, which may be large: ask ``function_code``."""

    account: str
    region: str
    name: str
    configuration: JsonObject  #: what only ``functions`` reads
    changed_ms: int = 0
    version: int | None = None  #: of a published version


def put_function(transaction: WriteTransaction, function: StoredFunction, code: bytes | None = None) -> None:
    """Make or change a function; without ``code`` it keeps what it has."""
    transaction.change(
        "INSERT INTO functions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (account, region, name) DO UPDATE SET "
        "configuration = excluded.configuration, code = coalesce(excluded.code, code), "
        "changed_ms = excluded.changed_ms",
        (
            function.account,
            function.region,
            function.name,
            orjson.dumps(function.configuration),
            code,
            function.changed_ms,
        ),
    )


def function(snapshot: Snapshot, account: str, region: str, name: str) -> StoredFunction | None:
    """The function of that name."""
    rows = snapshot.select(f"{_SELECT} WHERE account = ? AND region = ? AND name = ?", (account, region, name))
    return _function(rows[0]) if rows else None


def functions(snapshot: Snapshot, account: str | None = None, region: str | None = None) -> Sequence[StoredFunction]:
    """Functions of an account and region, or all, by name."""
    rows = snapshot.select(
        f"{_SELECT} WHERE (?1 IS NULL OR account = ?1) AND (?2 IS NULL OR region = ?2) ORDER BY name, account, region",
        (account, region),
    )
    return [_function(row) for row in rows]


def function_code(snapshot: Snapshot, account: str, region: str, name: str) -> bytes | None:
    """The function's zip archive; None when there is no such function or it has none."""
    sql = "SELECT code FROM functions WHERE account = ? AND region = ? AND name = ?"
    rows = snapshot.select(sql, (account, region, name))
    return rows[0][0] if rows else None


def remove_function(transaction: WriteTransaction, account: str, region: str, name: str) -> bool:
    """Remove a function with its versions; whether there was one."""
    transaction.change(
        "DELETE FROM function_versions WHERE account = ? AND region = ? AND name = ?", (account, region, name)
    )
    sql = "DELETE FROM functions WHERE account = ? AND region = ? AND name = ? RETURNING 1"
    return bool(transaction.change(sql, (account, region, name)))


def put_version(transaction: WriteTransaction, version: StoredFunction) -> None:
    """Publish: the configuration given, with the function's present code."""
    assert version.version is not None, "it is a version"
    transaction.change(
        "INSERT INTO function_versions SELECT account, region, name, ?, ?, code FROM functions "
        "WHERE account = ? AND region = ? AND name = ?",
        (version.version, orjson.dumps(version.configuration), version.account, version.region, version.name),
    )


def versions(snapshot: Snapshot) -> Sequence[StoredFunction]:
    """All published versions, oldest first."""
    return [_version(row) for row in snapshot.select(f"{_VERSIONS} ORDER BY version")]


def version(snapshot: Snapshot, of: StoredFunction, number: int) -> StoredFunction | None:
    """One published version of a function."""
    sql = f"{_VERSIONS} WHERE account = ? AND region = ? AND name = ? AND version = ?"
    rows = snapshot.select(sql, (of.account, of.region, of.name, number))
    return _version(rows[0]) if rows else None


def version_code(snapshot: Snapshot, version: StoredFunction) -> bytes:
    """A version's zip archive."""
    sql = "SELECT code FROM function_versions WHERE account = ? AND region = ? AND name = ? AND version = ?"
    rows = snapshot.select(sql, (version.account, version.region, version.name, version.version))
    return rows[0][0] or b""


def remove_version(transaction: WriteTransaction, account: str, region: str, name: str, number: int) -> None:
    """Remove one version."""
    sql = "DELETE FROM function_versions WHERE account = ? AND region = ? AND name = ? AND version = ?"
    transaction.change(sql, (account, region, name, number))


_VERSIONS = "SELECT account, region, name, version, configuration FROM function_versions"


def _version(row: Row) -> StoredFunction:
    account, region, name, number, configuration = row
    return StoredFunction(
        account=account, region=region, name=name, version=number, configuration=orjson.loads(configuration)
    )


_SELECT = "SELECT account, region, name, configuration, changed_ms FROM functions"


def _function(row: Row) -> StoredFunction:
    account, region, name, configuration, changed_ms = row
    return StoredFunction(
        account=account, region=region, name=name, configuration=orjson.loads(configuration), changed_ms=changed_ms
    )
