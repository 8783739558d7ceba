"""Listening sockets, opened first of all: a port in use is one clear line before anything else happens."""

from __future__ import annotations

import errno
import socket


class PortRefused(Exception):
    """A port cannot be listened on: one line that names it, the cause and the cure."""


def listen(host: str, port: int, *, purpose: str, option: str) -> socket.socket:
    """A listening TCP socket; port 0 takes a free one.

    Args:
        host: address to bind to.
        port: 0 to 65535.
        purpose: what it is for, for the error's text: "AWS endpoint".
        option: the command-line option that chooses another: "--port".

    Raises:
        PortRefused: it is in use, or not ours to take.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise PortRefused(_reason(error, host, port, purpose, option)) from None
    listener.setblocking(False)
    return listener


def reserve(host: str) -> socket.socket:
    """A socket that keeps a free port from other programs: bound, not listening, so that a child may listen there.

    Linux lets a second socket with SO_REUSEADDR bind to such a port; other systems do not.
    """
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((host, 0))
    return held


def port_of(listener: socket.socket) -> int:
    """The port a listening socket got."""
    return int(listener.getsockname()[1])


def _reason(error: OSError, host: str, port: int, purpose: str, option: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} ({purpose}) is in use by another program (stop it, or choose another port with {option})"
    if error.errno == errno.EACCES:
        return f"port {port} ({purpose}) needs more rights than this user has (choose one above 1023 with {option})"
    return f"cannot listen on {host}:{port} ({purpose}): {error.strerror} (choose another with {option})"
