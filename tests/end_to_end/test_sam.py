"""A SAM project, end to end: its tables, API, stream event, globals and parameters, as ``pelton up`` runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.end_to_end.running import ROOT, Up, run_pelton, wait_for

ORDERS = ROOT / "examples" / "orders-sam"


def invoices(up: Up) -> list[dict[str, Any]]:
    """What the stream's function wrote."""
    tables = up.client("dynamodb")
    (name,) = [name for name in tables.list_tables()["TableNames"] if "-Invoices-" in name]
    items: list[dict[str, Any]] = tables.scan(TableName=name)["Items"]
    return items


def test_an_order_is_placed_over_http_and_invoiced_from_the_stream_also_after_a_restart(tmp_path: Path) -> None:
    with Up(ORDERS, tmp_path / "data", "--param", "Currency=USD", "--no-watch") as up:
        status, placed = up.request("POST", "/Prod/orders", {"total": 12.5})
        assert (status, up.request("GET", f"/orders/{placed['id']}")) == (200, (200, {"total": 12.5, **placed}))
        wait_for(lambda: invoices(up), "the invoice")
        up.kill()

    with Up(ORDERS, tmp_path / "data", "--param", "Currency=USD", "--no-watch") as again:
        status, second = again.request("POST", "/orders", {"total": 3})
        wait_for(lambda: len(invoices(again)) == 2, "the second invoice")
        amounts = {item["id"]["S"]: item["amount"]["S"] for item in invoices(again)}
        assert again.request("GET", "/health") == (200, "well")
        assert again.command("invoke", "Health").returncode == 0

    assert amounts == {placed["id"]: "12.5 USD", second["id"]: "3 USD"}


def test_a_parameter_that_is_no_pair_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    ended = run_pelton("up", str(ORDERS), "--param", "Currency", "--data-dir", str(tmp_path / "data"))

    assert ended.returncode == 2
    assert ended.stderr.strip() == "pelton: --param Currency: it is no pair (write Name=value)"
