"""moto's server as a child that ends with Pelton: ``python -m pelton.stack.moto_child PORT``."""

from __future__ import annotations

import sys

from pelton_companions.lifeline import die_with_parent


def main() -> None:
    """Answer on the port until the parent ends."""
    die_with_parent()
    from moto.server import main as serve  # The optional extra pelton[aws]; only this process needs it.

    serve(["-H", "127.0.0.1", "-p", sys.argv[1]])


if __name__ == "__main__":
    main()
