"""Unpacking an uploaded code archive: nothing outside its folder, nothing without bounds.

A folder is named by the archive's digest, so unpacking the same archive again does nothing, and a folder
that exists is whole: it is unpacked beside its place and then renamed.
"""

from __future__ import annotations

import errno
import hashlib
import io
import lzma
import shutil
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from pelton.functions.errors import InvalidParameterValue

#: Lambda's limits, bytes.
ARCHIVE_BYTES_MAX = 50 << 20
UNPACKED_BYTES_MAX = 262_144_000
#: More entries than any real archive has.
ENTRIES_MAX = 100_000

_BAD_ARCHIVE = "Could not unzip uploaded file. Please check your file, then try to upload again."


def code_folder(folder: Path, archive: bytes) -> Path:
    """Where that archive's content lies, or would lie, below ``folder``."""
    return folder / hashlib.sha256(archive).hexdigest()


def unpack(archive: bytes, folder: Path) -> Path:
    """The archive's content in a folder of its own below ``folder``.

    Raises:
        InvalidParameterValue: not a zip archive, too large, or an entry that is no plain file inside it.
    """
    target = code_folder(folder, archive)
    if target.is_dir():
        return target
    partial = target.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        _unpack_into(partial, archive)
    except BaseException as error:
        shutil.rmtree(partial)
        if _is_archives_fault(error):
            raise InvalidParameterValue(_BAD_ARCHIVE) from error
        raise
    partial.rename(target)
    return target


def _is_archives_fault(error: BaseException) -> bool:
    """True for what damaged or clashing entries cause; a full disk, say, is no fault of the archive."""
    if isinstance(error, OSError):  # Without a number: a decompressor's.
        return error.errno in (None, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)
    faults = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, ValueError, EOFError, RuntimeError)
    return isinstance(error, faults)


def _unpack_into(folder: Path, archive: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        entries = content.infolist()
        if len(entries) > ENTRIES_MAX or sum(entry.file_size for entry in entries) > UNPACKED_BYTES_MAX:
            raise InvalidParameterValue(f"Unzipped size must be smaller than {UNPACKED_BYTES_MAX} bytes")
        for entry in entries:
            _unpack_entry(content, entry, folder)


def _unpack_entry(content: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    path = PurePosixPath(entry.filename)
    mode = entry.external_attr >> 16
    is_unnamed = not entry.filename  # zipfile cannot say of one whether it is a folder.
    if is_unnamed or path.is_absolute() or ".." in path.parts or "\\" in entry.filename or stat.S_ISLNK(mode):
        raise InvalidParameterValue(f"{_BAD_ARCHIVE} Entry {entry.filename!r} is not a file inside the archive.")
    target = folder / path
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with content.open(entry) as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy)  # It reads no more than the size the entry declares.
    target.chmod(0o755 if mode & stat.S_IXUSR else 0o644)
