"""Opening what lies in the data folder: each way in which that can fail is one line with its cure."""

from __future__ import annotations

from pelton.clock import Clock
from pelton.control.run_file import RunFile, write_run_file
from pelton.settings import Settings
from pelton.stack.refusal import CannotStart
from pelton.storage.connection import Durability
from pelton.storage.drivers import ThreadDriver
from pelton.storage.engine import Storage, StorageOptions
from pelton.storage.faults import FolderUnusable
from pelton.storage.folder import DataFolderInUse, NetworkFileSystem
from pelton.storage.schema import UnknownSchema


def open_storage(settings: Settings, clock: Clock) -> Storage:
    """The storage of the data folder, on the running loop.

    Raises:
        CannotStart: it is in use, of a newer version, damaged, on a full or read-only disk.
    """
    durability = Durability.NONE if settings.is_ephemeral else Durability.FULL
    try:
        return Storage.open(
            settings.data_dir.resolve(),
            clock=clock,
            driver=ThreadDriver(),
            options=StorageOptions(durability=durability, data_bytes_max=settings.data_bytes_max),
        )
    except (DataFolderInUse, NetworkFileSystem, UnknownSchema, FolderUnusable) as error:
        raise CannotStart(str(error)) from None
    except OSError as error:
        raise CannotStart(_unwritable(settings, error)) from None


def announce(settings: Settings, run: RunFile) -> int:
    """Write the run file; the descriptor that keeps it.

    Raises:
        CannotStart: it cannot be written.
    """
    try:
        return write_run_file(settings.data_dir, run)
    except OSError as error:
        raise CannotStart(_unwritable(settings, error)) from None


def _unwritable(settings: Settings, error: OSError) -> str:
    return f"data folder {settings.data_dir}: {error.strerror} (make room or rights there, or name another --data-dir)"
