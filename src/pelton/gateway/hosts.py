"""Whose pages may speak to the gateway: names this machine is known by, so that DNS rebinding gets nowhere.

An attacker's page reaches a loopback port by letting its own name resolve to 127.0.0.1; its Host header
still carries that name. A literal address is no name, so no page can own it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

_LOOPBACK_NAMES = frozenset({"localhost", "host.docker.internal"})


def is_known_host(host: str, allowed: Collection[str]) -> bool:
    """Whether a Host header (with or without port) is a loopback name, an address, or among ``allowed``."""
    name = _without_port(host.strip().lower())
    return name in _LOOPBACK_NAMES or name in allowed or name.endswith(".localhost") or _is_address(name)


def _without_port(host: str) -> str:
    return host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
