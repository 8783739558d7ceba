"""Which companions there are, and the variables that point the vendors' clients at them. Pure data.

A vendor's variables belong together: where a user has set any of ``claimed_by``, the real vendor is
meant, so that companion is not started and none of its variables is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

#: The key of pages: the search companion lets it read and nothing else. Every other key may write.
SEARCH_ONLY_KEY = "pelton-search-only"
#: Any key is accepted; these say in a log where they come from.
ANY_KEY = "pelton-companion"
#: Companions that speak HTTP listen on this many ports in a row.
CONSECUTIVE_PORTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """One companion: ``python -m {module} --port N --data DIR``.

    Attributes:
        port_offset: from ``--companions-port``; None: it has a port of its own (mail: ``--mail-port``).
        variables: host and port to the variables that are set when this companion is started.
        claimed_by: the variables of which any one, set by the user, means the real vendor.
        allows_site: whether the site's pages call it, so that it needs ``--allow-origin``.
        needs_http_port: its port is not HTTP's: ``--http-port`` is where health and control are.
    """

    name: str
    module: str
    port_offset: int | None
    variables: Callable[[str, int], Mapping[str, str]]
    claimed_by: frozenset[str]
    allows_site: bool = False
    needs_http_port: bool = False


def _search(host: str, port: int) -> Mapping[str, str]:
    return {
        "ALGOLIA_HOST": f"{host}:{port}",
        "ALGOLIA_APP_ID": "PELTON",
        "ALGOLIA_API_KEY": ANY_KEY,
        "ALGOLIA_SEARCH_KEY": SEARCH_ONLY_KEY,
    }


def _crm(host: str, port: int) -> Mapping[str, str]:
    return {"HUBSPOT_HOST": f"http://{host}:{port}", "HUBSPOT_ACCESS_TOKEN": ANY_KEY}


def _identification(host: str, port: int) -> Mapping[str, str]:
    return {"FULLCONTACT_URL": f"http://{host}:{port}", "FULLCONTACT_API_KEY": ANY_KEY}


def _chat(host: str, port: int) -> Mapping[str, str]:
    return {"SLACK_WEBHOOK_URL": f"http://{host}:{port}/services/T00000000/B00000000/pelton"}


def _mail(host: str, port: int) -> Mapping[str, str]:
    return {"SMTP_HOST": host, "SMTP_PORT": str(port)}


#: Every companion by the name a project uses, in the order of their ports.
COMPANIONS: Mapping[str, Registration] = {
    registration.name: registration
    for registration in (
        Registration(
            name="search",
            module="pelton_companions.search",
            port_offset=0,
            variables=_search,
            claimed_by=frozenset({"ALGOLIA_HOST", "ALGOLIA_APP_ID", "ALGOLIA_API_KEY", "ALGOLIA_SEARCH_KEY"}),
            allows_site=True,
        ),
        Registration(
            name="crm",
            module="pelton_companions.crm",
            port_offset=1,
            variables=_crm,
            claimed_by=frozenset({"HUBSPOT_HOST", "HUBSPOT_ACCESS_TOKEN"}),
        ),
        Registration(
            name="identification",
            module="pelton_companions.identification",
            port_offset=2,
            variables=_identification,
            claimed_by=frozenset({"FULLCONTACT_URL", "FULLCONTACT_API_KEY"}),
        ),
        Registration(
            name="chat",
            module="pelton_companions.chat",
            port_offset=3,
            variables=_chat,
            claimed_by=frozenset({"SLACK_WEBHOOK_URL"}),
        ),
        Registration(
            name="mail",
            module="pelton_companions.mail",
            port_offset=None,
            variables=_mail,
            claimed_by=frozenset({"SMTP_HOST", "SMTP_PORT", "SMTP_USER", "SMTP_PASSWORD"}),
            needs_http_port=True,
        ),
    )
}
