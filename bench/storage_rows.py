"""What the lowest room can do without the wire: the rows that ``bench.storage`` measures."""

from __future__ import annotations

import json
import subprocess
import sys

from bench.plan import Plan
from bench.rows import Row

_PAGE_BYTES = 4096


def rows(plan: Plan) -> list[Row]:
    """Puts of 64 writers, gets, and what checkpoints have cost meanwhile."""
    command = [sys.executable, "-m", "bench.storage", str(plan.place("storage"))]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    stalls = f"{found['checkpoints']} checkpoints, the longest held the writer {found['stall_max_ms']:.0f} ms"
    return [
        Row(
            what="storage alone: put, 64 writers",
            measured=found["puts_per_s"],
            unit="/s",
            details=f"p99 {found['put_p99_ms']:.1f} ms, longest {found['put_max_ms']:.0f} ms; {stalls}; "
            f"WAL at most {found['wal_pages_max'] * _PAGE_BYTES / 1e6:.0f} MB",
        ),
        Row(what="storage alone: get", measured=found["gets_per_s"], unit="/s"),
    ]
