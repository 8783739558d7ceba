"""The AWS SDK for JavaScript, version 3, from npm: ``javascript/client.test.cjs`` against a running Pelton."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import environment

HERE = Path(__file__).parent / "javascript"
#: Outside of what is versioned, kept between runs; named after what is in it.
CACHE = Path(__file__).parents[2] / ".bench" / "npm"


def installed() -> Path:
    """The folder of the packages that ``package.json`` pins."""
    wanted = (HERE / "package.json").read_bytes()
    folder = CACHE / hashlib.sha256(wanted).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Several runs may be under way.
        if not (folder / "whole").exists():
            (folder / "package.json").write_bytes(wanted)
            command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
            subprocess.run(command, cwd=folder, check=True, timeout=300)
            (folder / "whole").touch()
    return folder / "node_modules"


@pytest.mark.node
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_the_sdk_for_javascript_finds_no_difference(url: str) -> None:
    variables = {**environment(url), "NODE_PATH": str(installed()), "AWS_REGION": "us-east-1", "NO_COLOR": "1"}

    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", str(HERE / "client.test.cjs")],
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 6" in done.stdout
