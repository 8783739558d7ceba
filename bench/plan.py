"""How much is measured: what ``bench.run`` was asked, handed to every family of rows."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.rows import Row

#: Beside the sources: a temporary folder may lie in memory, where a commit waits for nothing.
SCRATCH = Path(__file__).parents[1] / ".bench"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder on the sources' disk for one run, removed at its end."""
    SCRATCH.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=SCRATCH))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The size of a run."""

    folder: Path  #: scratch, of this run alone
    say: Callable[[str], None]  #: what is going on now, for a terminal
    seconds: float = 4.0  #: of each round
    rounds: int = 3
    tail_s: float = 60.0  #: of the paced load whose tail is measured
    is_whole: bool = False  #: as large as the budgets say, however long it takes

    def place(self, name: str) -> Path:
        """A new folder in the scratch folder."""
        place = self.folder / name
        place.mkdir(parents=True)
        return place


#: Measures some rows that belong together.
Family = Callable[[Plan], list[Row]]


class ProgressLine:
    """One line on a terminal that says what is being measured; nothing where there is no terminal."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._family = ""

    def begin(self, family: str) -> None:
        """A family begins."""
        self._family = family
        self.say("")

    def say(self, text: str) -> None:
        """Replace the line."""
        if self._is_terminal:
            print(f"\r\033[K{self._family}: {text}"[:100], end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Clear the line."""
        if self._is_terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
