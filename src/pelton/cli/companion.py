"""``pelton companion``: stop, start or fail one of the local vendors, to see the application cope."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.running import AsJson, DataDir, print_json, running_pelton
from pelton.operations import JsonObject


class Action(StrEnum):
    """What to do with a companion."""

    STOP = "stop"
    START = "start"
    FAIL = "fail"
    HEAL = "heal"


def companion(
    name: Annotated[str, typer.Argument(help="search, crm, identification, chat or mail.")],
    action: Annotated[Action, typer.Argument(help="What to do with it.")],
    status: Annotated[int, typer.Option("--status", help="With fail: the HTTP status it answers.")] = 500,
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Stop or start a companion, or make it fail and heal.

    Example: pelton companion crm stop
    """
    faults: JsonObject = {"mode": "fail", "status": status} if action is Action.FAIL else {"mode": "ok"}
    with running_pelton(data_dir) as pelton:
        answer = pelton.post("companions", name, action.value, body=json.dumps(faults).encode())
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"{name}: {answer['state']}")
