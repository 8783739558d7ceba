"""``pelton check``: is the data of a stopped Pelton whole?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.running import CANNOT_START, AsJson, print_json
from pelton.control.run_file import NotRunning, read_run_file

DAMAGED = 1


def check(
    data_dir: Annotated[Path, typer.Option("--data-dir", help="Data folder to check.")] = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Check the data folder of a stopped Pelton; exit code 1 when something in it is damaged.

    Example: pelton check --data-dir .pelton
    """
    from pelton.storage.check import check as check_storage  # SQLite's driver: only this command opens the file.

    _refuse_if_running(data_dir)
    file = data_dir / "pelton.db"
    if not file.exists():
        typer.secho(f"pelton: no data in {data_dir} (name its folder with --data-dir)", fg="red", err=True)
        raise typer.Exit(CANNOT_START)
    report = check_storage(file)
    if as_json:
        print_json({"ok": report.ok, "problems": list(report.problems), "counts": dict(report.counts)})
    else:
        _print_report(ok=report.ok, problems=report.problems, counts=report.counts)
    if not report.ok:
        raise typer.Exit(DAMAGED)


def _refuse_if_running(data_dir: Path) -> None:
    try:
        run = read_run_file(data_dir)
    except NotRunning:
        return
    typer.secho(
        f"pelton: process {run.pid} runs on {data_dir} (stop it first: check reads a folder at rest)",
        fg="red",
        err=True,
    )
    raise typer.Exit(CANNOT_START)


def _print_report(*, ok: bool, problems: tuple[str, ...], counts: dict[str, int]) -> None:
    for problem in problems:
        typer.secho(f"damaged: {problem}", fg="red")
    what = ", ".join(f"{count} {name}" for name, count in counts.items())
    typer.secho(f"{'whole' if ok else 'damaged'}: {what}", fg="green" if ok else "red")
