"""Amazon's command line, many commands in one process: each ``aws`` of its own costs a second of imports.

As a module it reads a command a line (a JSON list) and prints what came of it (a JSON object).
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, NamedTuple


class Ended(NamedTuple):
    """How one command ended."""

    returncode: int
    stdout: str
    stderr: str


class AwsShell:
    """The process; one command at a time."""

    def __init__(self, process: subprocess.Popen[str], options: tuple[str, ...]) -> None:
        """``options`` end each command."""
        self._process = process
        self._options = options

    def run(self, *arguments: str) -> Ended:
        """Run ``aws`` with these arguments."""
        assert self._process.stdin is not None and self._process.stdout is not None, "both are pipes"
        self._process.stdin.write(json.dumps([*arguments, *self._options]) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))

    def answer(self, *arguments: str) -> Any:
        """The parsed output of a command that must succeed; None: it printed nothing."""
        ended = self.run(*arguments)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout) if ended.stdout else None


@contextmanager
def aws_shell(environment: Mapping[str, str], *options: str) -> Iterator[AwsShell]:
    """A shell whose commands see this environment and end with these options."""
    command = [sys.executable, "-m", "tests.clients.aws_shell"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:
        yield AwsShell(process, options)
        process.terminate()


def main() -> None:
    from awscli.clidriver import create_clidriver

    for line in sys.stdin:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                code = create_clidriver().main(json.loads(line))
            except SystemExit as end:  # As its parser ends on what it does not know.
                code = end.code
        print(json.dumps({"returncode": code, "stdout": out.getvalue(), "stderr": err.getvalue()}), flush=True)


if __name__ == "__main__":
    main()
