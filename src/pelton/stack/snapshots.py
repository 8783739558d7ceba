"""``pelton snapshot`` of a running Pelton: the engine's copy, told row by row."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from pelton.control.api import Refused
from pelton.operations import JsonObject
from pelton.storage.copying import CannotCopy, Copied
from pelton.storage.engine import Storage


def snapshot(storage: Storage, file: str) -> AsyncIterator[JsonObject]:
    """Begin a copy; rows of pages copied, then one that says how it ended. It goes on although nobody listens.

    Raises:
        Refused: the file is there, cannot be written, or another copy is under way.
    """
    path = Path(file)
    if not path.is_absolute():
        raise Refused(f"{file!r} is no absolute path (the command makes it one)")
    rows: asyncio.Queue[JsonObject] = asyncio.Queue()

    def told(copied: int, total: int) -> None:
        rows.put_nowait({"pages": copied, "total": total})

    def ended(result: Copied | Exception) -> None:
        end: JsonObject = {"file": file, "bytes": result.size} if isinstance(result, Copied) else {"error": str(result)}
        rows.put_nowait(end)

    try:
        storage.copy_to(path, told, ended)
    except CannotCopy as error:
        raise Refused(str(error)) from None
    return _until_the_end(rows)


async def _until_the_end(rows: asyncio.Queue[JsonObject]) -> AsyncIterator[JsonObject]:
    while True:
        row = await rows.get()
        yield row
        if "pages" not in row:
            return
