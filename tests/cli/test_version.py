"""``pelton --version``."""

from __future__ import annotations

from typer.testing import CliRunner

from pelton import __version__
from pelton.cli import app


def test_the_version_is_printed() -> None:
    answer = CliRunner().invoke(app, ["--version"])

    assert (answer.exit_code, answer.stdout) == (0, f"pelton {__version__}\n")
