"""A disk that loses its power: what was not synced is lost, kept or torn, each write by itself and in no order.

Beside the real files it keeps what would surely be on the platter (each file as of its last sync) and the writes since.
``after_power_loss`` is a folder as it could be found then: of those writes any subset, each whole or some of its
sectors of 512 bytes. SQLite's log is written for such disks; the memory it shares (``-shm``) is gone in any case.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import apsw

_SECTOR = 512
_names = itertools.count()


class _Platter:
    """One file: as of its last sync, and the writes since (offset and bytes; None: cut off there)."""

    def __init__(self, synced: bytes) -> None:
        self.synced = bytearray(synced)
        self.pending: list[tuple[int, bytes | None]] = []

    def sync(self) -> None:
        for offset, data in self.pending:
            _apply(self.synced, offset, data)
        self.pending.clear()

    def found(self, random: Random) -> bytes:
        """The file after the loss of power."""
        content = bytearray(self.synced)
        luck = random.choice((0.0, 0.5, 0.9, 1.0))  # Whole losses and nearly whole successes are the interesting ones.
        for offset, data in self.pending:
            if random.random() < luck:
                _apply(content, offset, data)
            elif data is not None and random.random() < 0.5:
                for at in range(0, len(data), _SECTOR):
                    if random.random() < 0.5:
                        _apply(content, offset + at, data[at : at + _SECTOR])
        return bytes(content)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


class LossyDisk(apsw.VFS):
    """The default file layer, beside what is certain; ``look`` is called before each change of a file."""

    def __init__(self, name: str) -> None:
        self.look: Callable[[], None] = lambda: None
        self.platters: dict[str, _Platter] = {}
        super().__init__(name, "")

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        if name is None or not flags[0] & (apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_WAL):
            return apsw.VFSFile("", name, flags)
        path = Path(name if isinstance(name, str) else name.filename())
        platter = self.platters.get(path.name)
        if platter is None:
            platter = self.platters[path.name] = _Platter(path.read_bytes() if path.exists() else b"")
        return _LossyFile(name, flags, platter, self)

    def after_power_loss(self, folder: Path, random: Random) -> None:
        """Write into a new folder what could be found if the power went now."""
        folder.mkdir()
        for name, platter in self.platters.items():
            (folder / name).write_bytes(platter.found(random))


class _LossyFile(apsw.VFSFile):
    def __init__(self, name: apsw.URIFilename | str, flags: list[int], platter: _Platter, disk: LossyDisk) -> None:
        self._platter = platter
        self._disk = disk
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.look()
        self._platter.pending.append((offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.look()
        self._platter.pending.append((newsize, None))
        super().xTruncate(newsize)

    def xSync(self, _flags: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.look()
        self._platter.sync()  # The real file need not wait for the real disk.


@contextmanager
def lossy_disk() -> Iterator[tuple[str, LossyDisk]]:
    """Such a disk, and its name for ``StorageOptions.vfs``."""
    name = f"lossy-{next(_names)}"
    disk = LossyDisk(name)
    try:
        yield name, disk
    finally:
        disk.unregister()
