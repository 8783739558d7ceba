"""``pelton check``: is the data of a stopped Pelton whole?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.running import CANNOT_START, AsJson, print_json

DAMAGED = 1


def check(
    data_dir: Annotated[Path, typer.Option("--data-dir", help="Data folder to check.")] = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Check the data folder of a stopped Pelton; exit code 1 when something in it is damaged.

    Example: pelton check --data-dir .pelton
    """
    # SQLite's driver and the storage: heavy imports that no command beside a running Pelton needs.
    from pelton.storage.check import check as check_storage
    from pelton.storage.folder import DataFolderInUse, NetworkFileSystem
    from pelton.storage.schema import UnknownSchema
    from pelton.tables.backfilling import expected_rows

    try:
        report = check_storage(data_dir, expected_rows)
    except (FileNotFoundError, DataFolderInUse, NetworkFileSystem, UnknownSchema) as error:
        typer.secho(f"pelton: {error}", fg="red", err=True)
        raise typer.Exit(CANNOT_START) from None
    counts = {"tables": report.tables, "items": report.items, "records": report.records}
    if as_json:
        print_json({"consistent": report.is_consistent, **counts, "problems": list(report.problems)})
    else:
        _print(report.problems, ", ".join(f"{count} {name}" for name, count in counts.items()))
    if not report.is_consistent:
        raise typer.Exit(DAMAGED)


def _print(problems: tuple[str, ...], looked_at: str) -> None:
    for problem in problems:
        typer.secho(f"damaged: {problem}", fg="red")
    verdict, colour = ("damaged", "red") if problems else ("whole", "green")
    typer.secho(f"{verdict}: {looked_at}", fg=colour)
