"""``GET /config.json``: what the page needs to search by itself, and never the key that writes."""

from __future__ import annotations

import json
import os
from typing import Any


def config(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Application id, search-only key and index; the host where it is not Algolia's own."""
    body = {
        "application_id": os.environ["ALGOLIA_APP_ID"],
        "search_only_key": os.environ["ALGOLIA_SEARCH_KEY"],
        "host": os.environ.get("ALGOLIA_HOST") or None,
        "index": os.environ.get("SEARCH_INDEX", "users"),
    }
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": 200, "headers": headers, "body": json.dumps(body)}
