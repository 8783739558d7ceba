"""Whose data folder it is, and where it may lie."""

import os
from pathlib import Path

import apsw
import pytest

from pelton.storage.check import check
from pelton.storage.faults import FolderUnusable
from pelton.storage.folder import DATABASE, DataFolderInUse, file_system, linux_mounts, macos_mounts
from pelton.storage.messages import receivable
from pelton.storage.schema import APPLICATION_ID, MIGRATIONS, UnknownSchema
from tests.storage.storing import open_inline, opened


def test_a_folder_is_opened_once(tmp_path: Path) -> None:
    with opened(tmp_path / "data"), pytest.raises(DataFolderInUse, match=f"in use by process {os.getpid()}"):
        open_inline(tmp_path / "data")


def test_a_closed_folder_can_be_opened_again(tmp_path: Path) -> None:
    open_inline(tmp_path).close()

    open_inline(tmp_path).close()


def test_a_check_waits_for_no_running_pelton(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(DataFolderInUse):
        check(tmp_path)


def test_data_of_a_newer_version_are_refused_by_number(tmp_path: Path) -> None:
    open_inline(tmp_path).close()
    connection = apsw.Connection(str(tmp_path / "pelton.db"))
    connection.pragma("user_version", len(MIGRATIONS) + 1)
    connection.close()

    with pytest.raises(UnknownSchema, match=f"schema version {len(MIGRATIONS) + 1}"):
        open_inline(tmp_path)


def test_messages_of_a_file_before_message_groups_are_still_there(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "pelton.db"))
    for statements in MIGRATIONS[:3]:
        for statement in statements:
            connection.execute(statement)
    connection.execute("INSERT INTO queues VALUES (1, 'a', 'r', 'q', 7, 60, '{}', '{}', 0, 0)")
    connection.execute("INSERT INTO messages VALUES (1, 7, 0, 5, 0, NULL, NULL, 'id', 'kept', NULL, '{}')")
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", 3)
    connection.close()

    with opened(tmp_path) as storage:
        (message,) = receivable(storage.snapshot(), 7, 10, 0, 10)

    assert (message.body, message.group) == ("kept", None)


def test_a_strangers_file_is_refused_untouched(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "pelton.db"))
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()

    with pytest.raises(UnknownSchema, match="not written by Pelton"):
        open_inline(tmp_path)


def test_a_refused_folder_is_not_held(tmp_path: Path) -> None:
    (tmp_path / "pelton.db").write_bytes(b"not a database at all" * 100)
    for _ in range(2):
        with pytest.raises(FolderUnusable, match="file is not a database"):
            open_inline(tmp_path)


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/home/x/data", "ext4"), ("/mnt/share/deep/data", "nfs4"), ("/mnt/shared", "ext4"), ("/mnt/my disk/x", "cifs")],
)
def test_the_deepest_mount_decides(folder: str, kind: str) -> None:
    mounts = linux_mounts(
        "/dev/sda1 / ext4 rw 0 0\nhost:/x /mnt/share nfs4 rw 0 0\n//host/y /mnt/my\\040disk cifs rw 0 0\n"
    )

    assert file_system(Path(folder), mounts) == kind


def test_mounts_are_read_from_the_macos_command() -> None:
    text = "/dev/disk1s1 on / (apfs, local, journaled)\n//me@host/x on /Volumes/x (smbfs, nodev, mounted by me)\n"

    assert macos_mounts(text) == [("/", "apfs"), ("/Volumes/x", "smbfs")]


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_data_of_every_older_version_become_current(tmp_path: Path, version: int) -> None:
    def schema(folder: Path) -> list[tuple[str, ...]]:
        with opened(folder) as storage:
            return list(storage.snapshot().select("SELECT name, sql FROM sqlite_schema ORDER BY name"))

    old = tmp_path / "old"
    old.mkdir()
    connection = apsw.Connection(str(old / DATABASE))
    for statements in MIGRATIONS[:version]:
        for statement in statements:
            connection.execute(statement)
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", version)
    connection.close()

    assert schema(old) == schema(tmp_path / "new")
