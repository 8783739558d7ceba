"""The unit that ``pelton service`` prints."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from pelton.cli.service import unit


def parsed(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment]
    parser.read_string(text)
    return parser


def test_the_unit_runs_the_project_and_may_write_its_data_alone(tmp_path: Path) -> None:
    service = parsed(unit(tmp_path, Path("/var/lib/pelton"), "app", ["--host", "0.0.0.0"]))["Service"]

    words = service["ExecStart"].split()
    assert words[0].endswith("/pelton")
    assert words[1:] == ["up", str(tmp_path), "--no-watch", "--data-dir", "/var/lib/pelton", "--host", "0.0.0.0"]
    assert (service["User"], service["ReadWritePaths"]) == ("app", "/var/lib/pelton")
    assert (service["Restart"], service["RestartPreventExitStatus"]) == ("on-failure", "2")


def test_words_with_spaces_and_specifiers_stay_one_word(tmp_path: Path) -> None:
    text = unit(tmp_path, Path("/srv/my data"), "app", ["--log-file", "/var/log/%p $HOME.log"])

    assert '--data-dir "/srv/my data"' in text
    assert '--log-file "/var/log/%%p $$HOME.log"' in text


def test_systemd_finds_no_fault_in_it(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("verifying a unit needs systemd-analyze")
    file = tmp_path / "pelton.service"
    file.write_text(unit(tmp_path, tmp_path / "my data", "root", ["--port", "9000"]))

    verified = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False)

    assert verified.stderr == ""
