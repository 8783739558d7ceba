"""``--log-file``: everything the terminal shows, and what it only counts, as JSON lines in files of bounded size.

A full file becomes ``FILE.1``, that one ``FILE.2`` and so on; the oldest goes. A disk without room costs lines, not
the run: how many is told in the first line that finds room again.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from pathlib import Path

from pelton.clock import Clock
from pelton.operations import JsonObject
from pelton.stack.events import Event
from pelton.stack.running import Display

#: A file is as large as this at most (bytes), and so many full ones are kept.
SIZE_MAX = 10 << 20
KEPT = 5


class LogFile:
    """A file that begins anew when it is full. Safe to be written by several threads."""

    def __init__(self, path: Path, *, size_max: int = SIZE_MAX, kept: int = KEPT) -> None:
        """Raises OSError: the file cannot be written."""
        self._path = path
        self._size_max = size_max
        self._kept = kept
        self._lock = threading.Lock()
        self.lost = 0  #: lines since the last that found room
        self._descriptor = self._opened()

    def write(self, row: JsonObject) -> None:
        """Append a row as one line, with one write."""
        with self._lock:
            if self.lost:
                row = {**row, "lines_lost_before": self.lost}
            line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"
            try:
                size = os.fstat(self._descriptor).st_size
                if size and size + len(line) > self._size_max:
                    self._begin_anew()
                os.write(self._descriptor, line)
            except OSError:
                self.lost += 1
            else:
                self.lost = 0

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)

    def _begin_anew(self) -> None:
        for number in range(self._kept, 0, -1):
            older = self._path if number == 1 else self._numbered(number - 1)
            if older.exists():
                older.replace(self._numbered(number))
        fresh = self._opened()
        os.close(self._descriptor)
        self._descriptor = fresh

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _opened(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)


class Logged:
    """A display that writes down beside what it shows."""

    def __init__(self, display: Display, file: LogFile, clock: Clock) -> None:
        self._display = display
        self._file = file
        self._clock = clock

    def ready(self, state: JsonObject, seconds: float) -> None:
        """Everything runs."""
        self._note(f"ready in {seconds:.1f} s", addresses=state["addresses"], version=state["version"])
        self._display.ready(state, seconds)

    def show(self, event: Event) -> None:
        """Something happened."""
        self._file.write(event.as_json())
        self._display.show(event)

    def say(self, text: str) -> None:
        """A line of talk."""
        self._note(text)
        self._display.say(text)

    def refuse(self, text: str) -> None:
        """Why it cannot go on."""
        self._note(text, is_problem=True)
        self._display.refuse(text)

    def _note(self, text: str, *, is_problem: bool = False, **more: object) -> None:
        row = {"at_ms": self._clock.now_ms(), "kind": "note", "subject": "pelton", "text": text}
        self._file.write({**row, "is_problem": is_problem, **more})


class LogHandler(logging.Handler):
    """Warnings of Pelton's own modules and of its libraries, into the same file."""

    def __init__(self, file: LogFile) -> None:
        super().__init__(logging.WARNING)
        self._file = file

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record down."""
        row = {"at_ms": int(record.created * 1000), "kind": "note", "subject": record.name, "text": self.format(record)}
        self._file.write({**row, "is_problem": True})
