"""``pelton service``: a systemd unit for a project, printed; nothing is installed."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from pelton.cli.running import AsJson, print_json

#: Restarts after a crash and after a failed disk (3); not when it cannot start as told (2). ``KillMode=mixed`` lets
#: Pelton end its workers itself. All but the data is read-only: functions may need more ``ReadWritePaths``.
UNIT = """\
[Unit]
Description=Pelton: {name}
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=300
StartLimitBurst=10

[Service]
User={user}
WorkingDirectory={directory}
ExecStart={command}
Restart=on-failure
RestartSec=1
RestartPreventExitStatus=2
KillMode=mixed
TimeoutStopSec=20
LimitNOFILE=65536
UMask=0077
NoNewPrivileges=true
PrivateTmp=true
ProtectSystem=strict
ProtectHome=read-only
ProtectKernelTunables=true
ProtectControlGroups=true
RestrictSUIDSGID=true
ReadWritePaths={writable}

[Install]
WantedBy=multi-user.target
"""


def service(
    project: Annotated[Path, typer.Argument(help="Folder of the project.")] = Path(),
    options: Annotated[list[str] | None, typer.Argument(help="Options of `pelton up`, after --.")] = None,
    data_dir: Annotated[Path, typer.Option("--data-dir", help="Data folder.")] = Path("/var/lib/pelton"),
    user: Annotated[str | None, typer.Option("--user", help="User to run as [default: you].")] = None,
    as_json: AsJson = False,
) -> None:
    """Print a systemd unit that runs a project; `sudo tee` puts it in its place.

    Example: pelton service /srv/app --data-dir /var/lib/pelton -- --host 0.0.0.0 --credentials /etc/pelton/keys.json
    """
    place = project.resolve()
    text = unit(place, data_dir.resolve(), user or getpass.getuser(), options or [])
    if as_json:
        print_json({"unit": text})
        return
    typer.echo(text, nl=False)
    typer.secho(
        f"# first: sudo install -d -o {user or getpass.getuser()} -m 700 {data_dir.resolve()}\n"
        "# then:  pelton service … | sudo tee /etc/systemd/system/pelton.service\n"
        "#        sudo systemctl enable --now pelton",
        err=True,
        dim=True,
    )


def unit(project: Path, data_dir: Path, user: str, options: list[str]) -> str:
    """The unit's text."""
    pelton = Path(sys.executable).with_name("pelton")
    words = [str(pelton), "up", str(project), "--no-watch", "--data-dir", str(data_dir), *options]
    return UNIT.format(
        name=_escaped(project.name),
        user=user,
        directory=_escaped(str(project if project.is_dir() else project.parent)),
        command=" ".join(_quoted(word) for word in words),
        writable=_quoted(str(data_dir)),
    )


def _escaped(text: str) -> str:
    """Percent signs are specifiers. Source: systemd.unit(5)."""
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    """A word of a command line. Source: systemd.service(5), COMMAND LINES."""
    escaped = _escaped(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{escaped}"' if escaped != word or not word or any(c.isspace() or c in "';" for c in word) else word
