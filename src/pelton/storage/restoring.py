"""A data folder from a copy: into an empty place only, of this version, and proved whole before it has the name."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import apsw

from pelton.storage.check import IndexRows, Report, check_file
from pelton.storage.connection import Durability, open_writer
from pelton.storage.copying import CannotCopy, Progress, room_for, sync_into_place
from pelton.storage.folder import DATABASE, open_folder
from pelton.storage.schema import check_not_newer, migrate

_CHUNK_BYTES = 4 << 20


def restore(file: Path, folder: Path, told: Progress, index_rows: IndexRows | None = None) -> Report:
    """Make the data folder of a stopped Pelton from a copy; what was found in it, when it is whole.

    Args:
        file: what ``Copying`` or ``copy_stopped`` made, of this version or an older one.
        folder: without data; it is made when it is not there.
        told: hears of bytes copied, and bytes in all.
        index_rows: as for ``check``.

    Raises:
        DataFolderInUse: the folder is not stopped.
        UnknownSchema: the file is of another program or a newer version.
        CannotCopy: the folder holds data, the file is damaged or no copy, or there is no room.
    """
    _check_source(file)
    lock = open_folder(folder)
    try:
        if (folder / DATABASE).exists():
            raise CannotCopy(f"{folder} holds data, which a restore does not overwrite (name another --data-dir)")
        if not room_for(file, folder):
            raise CannotCopy(f"there is no room for {file} in {folder} (make room, or name another --data-dir)")
        return _brought_in(file, folder, told, index_rows)
    finally:
        lock.release()


def _check_source(file: Path) -> None:
    """Look into the file without changing a byte of it, or making any beside it."""
    if not file.is_file():
        raise CannotCopy(f"there is no file {file}")
    connection = apsw.Connection(
        f"file:{quote(str(file.resolve()))}?immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    )
    try:
        check_not_newer(connection)
    except (apsw.NotADBError, apsw.CorruptError):
        raise CannotCopy(f"{file} is not a snapshot of Pelton, or it is damaged") from None
    finally:
        connection.close(True)


def _brought_in(file: Path, folder: Path, told: Progress, index_rows: IndexRows | None) -> Report:
    partial = folder / f"{DATABASE}.restoring"
    try:
        _copy(file, partial, told)
        connection = open_writer(partial, Durability.FULL, 1 << 20)
        migrate(connection)
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        connection.close(True)
        report = check_file(partial, index_rows)
        if not report.is_consistent:
            raise CannotCopy(f"{file} is damaged: {report.problems[0]} (take an older snapshot)")
        sync_into_place(partial, folder / DATABASE)
        return report
    except (OSError, apsw.Error) as error:
        raise CannotCopy(f"{file} could not be restored: {error}") from None
    finally:
        for left in folder.glob(f"{partial.name}*"):
            left.unlink()


def _copy(file: Path, partial: Path, told: Progress) -> None:
    total = file.stat().st_size
    partial.touch(mode=0o600)
    copied = 0
    with file.open("rb") as source, partial.open("wb") as target:
        while chunk := source.read(_CHUNK_BYTES):
            target.write(chunk)
            copied += len(chunk)
            told(copied, total)
