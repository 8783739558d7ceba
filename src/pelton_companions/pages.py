"""The readable pages of chat and mail: a list of messages, without scripts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from pelton_companions.messages import Response

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>{title}</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733; }}
  article {{ border: 1px solid #d5dde5; border-radius: .5rem; padding: .75rem 1rem; margin: .75rem 0; }}
  time {{ color: #5a6b7b; font-size: .85rem; }}
  pre {{ white-space: pre-wrap; overflow-wrap: anywhere; margin: .25rem 0 0; font: inherit; }}
  p.empty {{ color: #5a6b7b; }}
</style>
<h1>{title}</h1>
{content}
</html>
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message on a page."""

    when: str
    heading: str
    text: str


def page(title: str, entries: Sequence[Entry], empty: str) -> Response:
    """The page; ``empty`` says what to do while there is nothing."""
    shown = [
        f"<article><time>{escape(entry.when)}</time> <strong>{escape(entry.heading)}</strong>"
        f"<pre>{escape(entry.text)}</pre></article>"
        for entry in entries
    ]
    content = "\n".join(shown) or f'<p class="empty">{escape(empty)}</p>'
    body = _PAGE.format(title=escape(title), content=content)
    headers = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return Response(body=body.encode(), content_type="text/html; charset=utf-8", headers=headers)
