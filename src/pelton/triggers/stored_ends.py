"""Whether a shard is over for a mapping, by its stored checkpoint."""

from __future__ import annotations

import json

from pelton.storage.checkpoints import Checkpoint
from pelton.triggers.checkpoints import is_finished


def is_over(kept: Checkpoint | None) -> bool:
    """Whether that is the checkpoint of a shard that was read to its end."""
    return kept is not None and kept.state is not None and is_finished(json.loads(kept.state))
