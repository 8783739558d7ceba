"""Trace ids: the text that names an invocation and the request it descends from.

``Root=1-8hex-24hex;Parent=16hex;Sampled=0`` as Lambda puts it into ``_X_AMZN_TRACE_ID``. Root stays the
same from the first request to the last reaction; Parent names the invocation, and SDKs send the
whole back as ``X-Amzn-Trace-Id``. Source: X-Ray developer guide, "Tracing header".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

_ROOT = re.compile(r"1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24}")
_PARENT = re.compile(r"[0-9a-fA-F]{16}")
#: Longer headers are not trace ids.
_LENGTH_MAX = 512


@dataclass(frozen=True, slots=True)
class Trace:
    """The parts of a trace header."""

    root: str
    parent: str | None  #: names an invocation; None: the header names only a root

    def __str__(self) -> str:
        middle = f";Parent={self.parent}" if self.parent else ""
        return f"Root={self.root}{middle};Sampled=0"


def new_trace(random: Random, root: str | None = None) -> str:
    """A trace header that names a new invocation, under ``root`` or a new root."""
    parent = f"{random.getrandbits(64):016x}"
    return f"Root={root or new_root(random)};Parent={parent};Sampled=0"


def new_root(random: Random) -> str:
    """A new root: ``1-8hex-24hex``."""
    bits = f"{random.getrandbits(128):032x}"
    return f"1-{bits[:8]}-{bits[8:]}"


def parse_trace(header: str | None) -> Trace | None:
    """The parts of a header; None when there is none or it holds no valid root (which is not an error)."""
    if not header or len(header) > _LENGTH_MAX:
        return None
    parts = dict(part.strip().split("=", 1) for part in header.split(";") if "=" in part)
    root = parts.get("Root", "")
    if not _ROOT.fullmatch(root):
        return None
    parent = parts.get("Parent", "")
    return Trace(root, parent if _PARENT.fullmatch(parent) else None)


def child_of(random: Random, header: str | None) -> str:
    """A new trace under the root of ``header``, or under a new root when it names none."""
    asker = parse_trace(header)
    return new_trace(random, asker.root if asker else None)
