"""A program that writes until it is killed: ``crashing_writer.py FOLDER POINT COUNT``.

Prints the number of each write once it is acknowledged. POINT names an operation of SQLite's file layer,
such as ``sync-wal``: the process kills itself before the COUNT-th one. POINT ``none`` leaves that to others.
Each write changes two items in one transaction; they must stay equal.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from pelton.storage.checkpointing import CheckpointLimits
from pelton.storage.engine import StorageOptions
from pelton.storage.transaction import WriteTransaction
from tests.storage.faulty_disk import faulty_disk
from tests.storage.storing import now, open_inline, orders, put


def both(number: int) -> object:
    def decide(transaction: WriteTransaction) -> None:
        put("left", str(number) + "x" * 3000)(transaction)
        put("right", str(number) + "x" * 3000)(transaction)

    return decide


def main(folder: str, point: str, count: str) -> None:
    seen = 0
    is_armed = False

    def hook(action: str, file: str) -> None:
        nonlocal seen
        if is_armed and f"{action}-{file}" == point:
            seen += 1
            if seen == int(count):
                os.kill(os.getpid(), signal.SIGKILL)

    with faulty_disk(hook) as vfs:
        checkpoints = CheckpointLimits(start_pages=20, hold_pages_max=10)
        storage = open_inline(Path(folder), options=StorageOptions(vfs=vfs, checkpoints=checkpoints))
        orders(storage)
        print(0, flush=True)
        is_armed = True
        for number in range(1, 100_000):
            now(storage, both(number))  # type: ignore[arg-type]
            print(number, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
