"""The project's site: static files of one folder, never anything outside it, never a hidden file.

Answers carry an ETag and ask to be checked again, so an edit shows at the next reload of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from urllib.parse import unquote

from pelton.gateway.answer import Answer

_TYPES = {
    ".html": "text/html",
    ".htm": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".csv": "text/csv",
    ".xml": "application/xml",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".ico": "image/x-icon",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".wasm": "application/wasm",
    ".pdf": "application/pdf",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
}
_WITH_CHARSET = ("text/", "application/json", "application/manifest+json", "application/xml", "image/svg+xml")
_SECURITY = (
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "SAMEORIGIN"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("content-security-policy", "object-src 'none'; base-uri 'self'; frame-ancestors 'self'"),
)


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A file to send, and the answer its bytes belong to (whose body is empty)."""

    answer: Answer
    path: Path
    size: int


class Site:
    """One folder of files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def find(self, raw_path: str, headers: Mapping[str, str]) -> SiteFile | Answer | None:
        """The file at a path, or the answer that stands for it; None when there is no such file.

        Args:
            raw_path: percent-encoded, without the query.
            headers: the request's, by lower-case name.
        """
        path = self._inside(raw_path)
        if path is None:
            return None
        try:
            if path.is_dir():
                if not raw_path.endswith("/"):
                    return Answer(308, (("location", _below(raw_path)), *_SECURITY), b"")
                path = path / "index.html"
            if not path.is_file() or not path.resolve().is_relative_to(self._folder):
                return None
            return _answered(path, headers)
        except OSError:
            return None  # A name longer than the file system takes, or a file that has just gone.

    def _inside(self, raw_path: str) -> Path | None:
        """The place in the folder that a path names; None for one that leaves it or names a hidden file."""
        segments = [unquote(segment) for segment in raw_path.split("/") if segment]
        for segment in segments:
            is_hidden = segment.startswith(".") and segment != ".well-known"
            if is_hidden or any(character in segment for character in "/\\\0:"):
                return None
        try:
            path = self._folder.joinpath(*segments).resolve()
        except (OSError, RuntimeError):
            return None  # Links in a circle, for one.
        return path if path.is_relative_to(self._folder) else None


def _answered(path: Path, headers: Mapping[str, str]) -> SiteFile | Answer:
    status = path.stat()
    etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
    shared = (
        ("etag", etag),
        ("last-modified", formatdate(status.st_mtime, usegmt=True)),
        ("cache-control", "no-cache"),
        *_SECURITY,
    )
    if _is_current(headers.get("if-none-match", ""), etag):
        return Answer(304, shared, b"")
    return SiteFile(Answer(200, (("content-type", content_type(path)), *shared), b""), path, status.st_size)


def content_type(path: Path) -> str:
    """The content type of a file, by its ending."""
    kind = _TYPES.get(path.suffix.lower(), "application/octet-stream")
    return f"{kind}; charset=utf-8" if kind.startswith(_WITH_CHARSET) else kind


def _is_current(if_none_match: str, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in tags or "*" in tags


def _below(raw_path: str) -> str:
    """The folder's own address; one slash in front, since two would name another host."""
    return f"/{raw_path.strip('/')}/"
