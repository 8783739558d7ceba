"""``pelton restore``: a data folder from a snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.running import CANNOT_START, AsJson, print_json


def restore(
    file: Annotated[Path, typer.Argument(help="Snapshot to restore.")],
    data_dir: Annotated[Path, typer.Option("--data-dir", help="Data folder to make; it must hold no data.")] = Path(
        ".pelton"
    ),
    as_json: AsJson = False,
) -> None:
    """Make a data folder from a snapshot, and check it; a folder that holds data is never overwritten.

    Example: pelton restore backup.pelton --data-dir restored
    """
    # Heavy imports that no command beside a running Pelton needs.
    from pelton.cli.progress import progress
    from pelton.storage.copying import CannotCopy
    from pelton.storage.folder import DataFolderInUse, NetworkFileSystem
    from pelton.storage.restoring import restore as restore_storage
    from pelton.storage.schema import UnknownSchema
    from pelton.tables.backfilling import expected_rows

    try:
        with progress("restore") as told:
            report = restore_storage(file, data_dir, told, expected_rows)
    except (CannotCopy, DataFolderInUse, NetworkFileSystem, UnknownSchema, OSError) as error:
        typer.secho(f"pelton: {error}", fg="red", err=True)
        raise typer.Exit(CANNOT_START) from None
    counts = {"tables": report.tables, "items": report.items, "records": report.records}
    if as_json:
        print_json({"data_dir": str(data_dir), **counts})
    else:
        typer.echo(f"{data_dir}: whole; {', '.join(f'{count} {name}' for name, count in counts.items())}")
