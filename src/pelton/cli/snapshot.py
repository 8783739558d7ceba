"""``pelton snapshot``: a consistent copy of the data, while Pelton runs or when it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.running import CANNOT_START, AsJson, DataDir, print_json, running_pelton
from pelton.control.client import CallRefused
from pelton.control.run_file import NotRunning, read_run_file
from pelton.operations import JsonObject


def snapshot(
    file: Annotated[Path, typer.Argument(help="File to write; it must not exist.")],
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Write a consistent copy of the data to a file; a running Pelton goes on meanwhile.

    Example: pelton snapshot backup.pelton
    """
    from pelton.cli.progress import progress  # Heavy, as the storage below.

    with progress("snapshot") as told:
        row = _running(file, data_dir, told) if _runs(data_dir) else _stopped(file, data_dir, told)
    if as_json:
        print_json(row)
    else:
        typer.echo(f"{row['file']}: {row['bytes']:,} bytes")


def _runs(data_dir: Path) -> bool:
    try:
        read_run_file(data_dir)
    except NotRunning:
        return False
    return True


def _running(file: Path, data_dir: Path, told: Callable[[int, int], None]) -> JsonObject:
    with running_pelton(data_dir) as pelton:
        for row in pelton.post_lines("snapshot", file=str(file.resolve())):
            if "error" in row:
                raise CallRefused(row["error"])
            if "pages" not in row:
                return row
            told(row["pages"], row["total"])
        raise CallRefused("the running Pelton has ended before the snapshot was whole")


def _stopped(file: Path, data_dir: Path, told: Callable[[int, int], None]) -> JsonObject:
    from pelton.storage.copying import CannotCopy, copy_stopped
    from pelton.storage.folder import DataFolderInUse, NetworkFileSystem

    try:
        copied = copy_stopped(data_dir, file.resolve(), told)
    except (FileNotFoundError, CannotCopy, DataFolderInUse, NetworkFileSystem) as error:
        typer.secho(f"pelton: {error}", fg="red", err=True)
        raise typer.Exit(CANNOT_START) from None
    return {"file": str(copied.file), "bytes": copied.size}
