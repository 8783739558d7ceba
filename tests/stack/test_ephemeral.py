from pathlib import Path

import pytest

from pelton.settings import Settings
from pelton.stack.ephemeral import data_folder
from pelton.stack.refusal import CannotStart


def test_an_ephemeral_run_leaves_nothing_behind() -> None:
    with data_folder(Settings(is_ephemeral=True), is_named=False) as settings:
        (settings.data_dir / "pelton.db").write_text("x")
        folder = settings.data_dir

    assert not folder.exists()


def test_an_ephemeral_run_refuses_a_folder_that_holds_data(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")

    with (
        pytest.raises(CannotStart, match="holds data"),
        data_folder(Settings(is_ephemeral=True, data_dir=tmp_path), is_named=True),
    ):
        pass

    assert (tmp_path / "mine").read_text() == "precious"


def test_a_durable_run_keeps_its_folder(tmp_path: Path) -> None:
    with data_folder(Settings(data_dir=tmp_path / "data"), is_named=True) as settings:
        assert settings.data_dir.is_dir()

    assert (tmp_path / "data").is_dir()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with (
        pytest.raises(CannotStart, match="--data-dir"),
        data_folder(Settings(data_dir=tmp_path / "file" / "data"), is_named=True),
    ):
        pass
