"""``pelton status``: what runs where."""

from __future__ import annotations

from pathlib import Path

import typer

from pelton.cli.running import AsJson, DataDir, print_json, running_pelton


def status(data_dir: DataDir = Path(".pelton"), as_json: AsJson = False) -> None:
    """Show the addresses, functions, tables and companions of the running Pelton.

    Example: pelton status --json
    """
    with running_pelton(data_dir) as pelton:
        state = pelton.get("state")
    if as_json:
        print_json(state)
        return
    for label, address in state["addresses"].items():
        typer.echo(f"{label:<24} {address}")
    for what in ("functions", "tables"):
        typer.echo(f"{what:<24} {', '.join(state[what]) or 'none'}")
    stopped = [name for name, companion in state["companions"].items() if companion == "stopped"]
    if stopped:
        typer.echo(f"{'stopped':<24} {', '.join(stopped)} (pelton companion NAME start)")
