"""From the bytes a worker writes to log lines."""

from __future__ import annotations

#: A longer line is cut into several, as CloudWatch cuts events.
LINE_BYTES_MAX = 256 * 1024


class LineSplitter:
    """Collects bytes and hands out whole lines, without their ends; what is not UTF-8 is replaced."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that ``data`` completes."""
        *whole, rest = (self._rest + data).split(b"\n")
        while len(rest) > LINE_BYTES_MAX:
            whole.append(rest[:LINE_BYTES_MAX])
            rest = rest[LINE_BYTES_MAX:]
        self._rest = rest
        return [line.decode("utf-8", "replace").removesuffix("\r") for line in whole]

    def end(self) -> list[str]:
        """The line that no newline ended, if any; an invocation's output ends here."""
        rest, self._rest = self._rest, b""
        return [rest.decode("utf-8", "replace")] if rest else []
