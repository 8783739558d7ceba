"""``pelton invoke``: run one function with a payload and print what it returned."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.running import AsJson, DataDir, print_json, running_pelton

FUNCTION_FAILED = 1


def invoke(
    function: Annotated[str, typer.Argument(help="FUNCTION, the project's key or the full name.")],
    payload: Annotated[str, typer.Argument(help="JSON, @FILE, or - for standard input.")] = "{}",
    like: Annotated[
        str, typer.Option("--like", help="Request id of an invocation of this run, whose payload it gets.")
    ] = "",
    data_dir: DataDir = Path(".pelton"),
    as_json: AsJson = False,
) -> None:
    """Invoke a function; exit code 1 when it ends with an error.

    Example: pelton invoke create_user '{"body": "{}"}'
    """
    with running_pelton(data_dir) as pelton:
        outcome = pelton.post("invoke", function, body=_payload(payload), like=like)
    if as_json:
        print_json(outcome)
    else:
        typer.secho(base64.b64decode(outcome["log"]).decode(errors="replace").rstrip(), dim=True, err=True)
        typer.echo(outcome["payload"])
    if outcome["functionError"]:
        raise typer.Exit(FUNCTION_FAILED)


def _payload(argument: str) -> bytes:
    if argument == "-":
        return sys.stdin.buffer.read()
    if argument.startswith("@"):
        try:
            return Path(argument[1:]).read_bytes()
        except OSError as error:
            raise typer.BadParameter(f"{argument[1:]}: {error.strerror}") from None
    return argument.encode()
