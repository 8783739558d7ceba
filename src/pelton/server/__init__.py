"""The AWS wire edge: HTTP, signatures, dispatch, validation by Amazon's own model, errors to bytes.

``serve`` listens; a ``Dispatcher`` answers. The dispatcher knows no sockets: a test may hand it a request and look at
the response.
"""

from pelton.server.credentials import Credential, CredentialsRefused, read_credentials
from pelton.server.dispatch import Dispatcher
from pelton.server.http import HttpRequest, HttpResponse
from pelton.server.options import ServerOptions
from pelton.server.serving import Server, serve

__all__ = [
    "Credential",
    "CredentialsRefused",
    "Dispatcher",
    "HttpRequest",
    "HttpResponse",
    "Server",
    "ServerOptions",
    "read_credentials",
    "serve",
]
