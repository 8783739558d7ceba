"""Where Pelton listens, and who may reach it: loopback unless told otherwise, and then not without a decision.

The control API and what functions call never leave this machine. With TLS the AWS endpoint is spoken to in TLS only,
so functions get a plain listener of their own on loopback.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from pelton.server import Credential, CredentialsRefused, read_credentials
from pelton.settings import Settings
from pelton.stack.ports import PortRefused, listen, port_of
from pelton.stack.refusal import CannotStart

LOOPBACK = "127.0.0.1"
_WILDCARDS = ("0.0.0.0", "::")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """The sockets of one run, bound."""

    aws: socket.socket
    application: socket.socket
    control: socket.socket
    inner: socket.socket | None  #: the AWS endpoint for functions, where ``aws`` speaks TLS
    tls: ssl.SSLContext | None
    host: str

    @property
    def scheme(self) -> str:
        """What addresses begin with."""
        return "http" if self.tls is None else "https"

    @property
    def ports(self) -> tuple[int, int]:
        """Of the AWS endpoint and the application."""
        return port_of(self.aws), port_of(self.application)

    def functions_url(self) -> str:
        """Where functions find the AWS endpoint."""
        if self.inner is not None:
            return f"http://{LOOPBACK}:{port_of(self.inner)}"
        return f"http://{_in_url(LOOPBACK if self.host in _WILDCARDS else self.host)}:{port_of(self.aws)}"

    def addresses(self) -> dict[str, str]:
        """What to type on this machine."""
        host = _in_url(LOOPBACK if self.host in _WILDCARDS else self.host)
        return {
            "application": f"{self.scheme}://{host}:{port_of(self.application)}",
            "AWS endpoint": f"{self.scheme}://{host}:{port_of(self.aws)}",
        }


def open_ports(settings: Settings) -> Listening:
    """Take the ports.

    Raises:
        CannotStart: one is taken, the certificate cannot be used, or other machines would get in by nobody's decision.
    """
    if not is_loopback(settings.host) and settings.credentials is None and not settings.allows_anyone:
        raise CannotStart(
            f"--host {settings.host} lets other machines read and write everything "
            "(give --credentials FILE, or --allow-anyone when the network is trusted)"
        )
    tls = tls_context(settings)
    try:
        return Listening(
            aws=listen(settings.host, settings.port, purpose="the AWS endpoint", option="--port"),
            application=listen(settings.host, settings.http_port, purpose="the application", option="--http-port"),
            control=listen(LOOPBACK, 0, purpose="the control API", option=""),
            inner=None if tls is None else listen(LOOPBACK, 0, purpose="the functions' AWS endpoint", option=""),
            tls=tls,
            host=settings.host,
        )
    except PortRefused as error:
        raise CannotStart(str(error)) from None


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """TLS 1.2 or newer with the named certificate; None when none is named.

    Raises:
        CannotStart: one of the two files is missing, or they do not fit.
    """
    if settings.tls_cert is None and settings.tls_key is None:
        return None
    if settings.tls_cert is None or settings.tls_key is None:
        raise CannotStart("--tls-cert and --tls-key belong together (give both)")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        text = error.strerror or str(error)
        raise CannotStart(
            f"--tls-cert {settings.tls_cert}, --tls-key {settings.tls_key}: {text} (name a PEM certificate and its key)"
        ) from None
    return context


def accepted_keys(settings: Settings, random: Random) -> tuple[Mapping[str, Credential] | None, Credential]:
    """The keys that are accepted (None: any), and the one that functions are given: theirs for this run alone.

    Raises:
        CannotStart: the credentials are not in the documented form.
    """
    own = Credential(key=f"PELTON{random.getrandbits(70):018X}", secret=f"{random.getrandbits(256):064x}")
    if settings.credentials is None:
        return None, own
    try:
        return {**read_credentials(settings.credentials), own.key: own}, own
    except CredentialsRefused as error:
        raise CannotStart(str(error)) from None


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens on that address or name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
