"""Text in the user's own editor: ``$VISUAL``, else ``$EDITOR``, else vi."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from pathlib import Path

import typer

from pelton.settings import process_environment


def edited(text: str) -> str:
    """The text as it was saved; an editor that fails ends the command."""
    environment = process_environment()
    editor = environment.get("VISUAL") or environment.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "records.json"
        file.write_text(text, encoding="utf-8")
        try:
            subprocess.run([*shlex.split(editor), str(file)], check=True)  # The user's own choice.
        except (OSError, subprocess.CalledProcessError) as error:
            raise typer.BadParameter(f"the editor {editor} failed: {error} (set EDITOR)") from None
        return file.read_text(encoding="utf-8")
